"""
What the schema has to refuse, and what draft-07 cannot refuse. A mutation takes a valid report (a copy)
and spoils it: (what it does, name of the report, function).
"""


def of_status(report, status):
    return next(cluster for cluster in report["clusters"] if cluster["status"] == status)


def compared(report):
    return next(c for c in report["reconciliation"]["clusters"] if c["status"] == "compared")


def setting(value, *path):
    """A mutation that puts a value there."""
    def mutate(report):
        for key in path[:-1]:
            report = report[key]
        report[path[-1]] = value
    return mutate


def doubling(*path):
    """A mutation that repeats the first item of a list."""
    def mutate(report):
        for key in path:
            report = report[key]
        report.insert(1, dict(report[0]) if isinstance(report[0], dict) else report[0])
    return mutate


def of_cluster(status, /, **members):
    """A mutation of the first cluster that has this status."""
    return lambda report: of_status(report, status).update(members)


def of_project(cluster_status, project_status, /, **members):
    def mutate(report):
        for cluster in report["clusters"]:
            for project in cluster["projects"]:
                if (cluster["status"], project["status"]) == (cluster_status, project_status):
                    project.update(members)
                    return
        raise LookupError(f"no project is {project_status} in a cluster that is {cluster_status}")
    return mutate


def both(first, second):
    def mutate(report):
        first(report)
        second(report)
    return mutate


ERROR = {"class": "http", "message": "HTTP 500", "http_status": 500, "attempts": 1}
COUNTS = {"workloads": 1, "gpus_allocated": 1, "workloads_without_gpus": 0}
NO_COUNTS = {"workloads": None, "gpus_allocated": None, "workloads_without_gpus": None}
GROUP = {"key": "x", "workloads": 1, "gpus_allocated": 1, "workloads_without_gpus": 0}
TOO_MANY = 1000000000.000001
TIME_0000 = "0000-12-31T23:59:59Z"

REFUSED = [
    # Outcome, completeness, ratio: one judgement.
    ("complete, but not is_complete", "complete", setting(False, "coverage", "is_complete")),
    ("is_complete, but partial", "complete", setting("partial", "run", "outcome")),
    ("is_complete, but failed", "complete", setting("failed", "run", "outcome")),
    ("partial and is_complete", "researcher", setting(True, "coverage", "is_complete")),
    ("complete with a failed cluster", "researcher",
     both(setting(True, "coverage", "is_complete"), setting("complete", "run", "outcome"))),
    ("partial, and nothing is missing", "complete",
     both(setting(False, "coverage", "is_complete"), setting("partial", "run", "outcome"))),
    ("partial where no cluster answered", "failed", setting("partial", "run", "outcome")),
    ("failed where clusters answered", "researcher", setting("failed", "run", "outcome")),
    ("failed and is_complete", "failed", setting(True, "coverage", "is_complete")),
    ("failed where none was selected", "empty",
     both(setting("failed", "run", "outcome"), setting(False, "coverage", "is_complete"))),
    ("complete, but interrupted", "complete", setting("SIGTERM", "run", "interrupted_by")),
    ("interrupted clusters without a signal", "interrupted",
     setting(None, "run", "interrupted_by")),
    ("a signal that ends no run", "interrupted", setting("SIGKILL", "run", "interrupted_by")),
    ("complete without discovery", "undiscovered",
     both(setting(True, "coverage", "is_complete"), setting("complete", "run", "outcome"))),
    ("an outcome that is none", "complete", setting("ok", "run", "outcome")),
    # Coverage.
    ("ratio 1 with failures", "researcher", setting(1, "coverage", "ratio")),
    ("ratio 0 with answers", "researcher", setting(0, "coverage", "ratio")),
    ("ratio below 1 where all is ok", "complete", setting(0.5, "coverage", "ratio")),
    ("ratio above 0 without answers", "failed", setting(0.5, "coverage", "ratio")),
    ("ratio above 1", "complete", setting(1.5, "coverage", "ratio")),
    ("ratio below 0", "failed", setting(-0.5, "coverage", "ratio")),
    ("ratio 0 where none was selected", "empty", setting(0, "coverage", "ratio")),
    ("optional ones where none is away", "complete", setting(1, "coverage", "optional")),
    ("an optional cluster that nobody excused", "optional", setting(0, "coverage", "optional")),
    ("a cluster that coverage does not count as ok", "researcher", setting(0, "coverage", "ok")),
    ("... as partial", "researcher", setting(0, "coverage", "partial")),
    ("... as failed", "researcher", setting(0, "coverage", "failed")),
    ("... as skipped", "discovery", setting(0, "coverage", "skipped")),
    ("a skipped cluster that is not there", "researcher", setting(1, "coverage", "skipped")),
    ("none selected", "complete", setting(0, "coverage", "selected")),
    ("some selected, none of them in any status", "empty", setting(1, "coverage", "selected")),
    ("stale clusters", "complete", setting(1, "coverage", "stale")),
    ("a negative count", "complete", setting(-1, "coverage", "failed")),
    ("a count with a fraction", "complete", setting(1.5, "coverage", "ok")),
    ("no clusters", "complete", setting([], "clusters")),
    # Clusters.
    ("ok with an error", "complete", of_cluster("ok", error=ERROR)),
    ("ok with a reason", "complete", of_cluster("ok", reason="it was")),
    ("ok without counts", "complete", of_cluster("ok", **NO_COUNTS)),
    ("ok with a failed project", "complete",
     of_project("ok", "ok", status="failed", error=ERROR, workloads=None, gpus_allocated=None)),
    ("ok with a partial project", "complete",
     of_project("ok", "ok", status="partial", error=ERROR)),
    ("partial without an error", "researcher", of_cluster("partial", error=None)),
    ("partial without counts", "researcher", of_cluster("partial", **NO_COUNTS)),
    ("partial with a reason", "researcher", of_cluster("partial", reason="half")),
    ("failed without an error", "researcher", of_cluster("failed", error=None)),
    ("failed with counts", "researcher", of_cluster("failed", **COUNTS)),
    ("failed with no workloads", "researcher", of_cluster("failed", workloads=0)),
    ("failed with GPUs", "researcher", of_cluster("failed", gpus_allocated=0)),
    ("failed with a reason", "researcher", of_cluster("failed", reason="it did")),
    ("failed without address", "researcher", of_cluster("failed", url=None)),
    ("failed with a project that is ok", "researcher",
     of_project("failed", "failed", status="ok", error=None, workloads=0, gpus_allocated=0)),
    ("failed with a partial project", "researcher",
     of_project("failed", "failed", status="partial", workloads=0, gpus_allocated=0)),
    ("skipped with an error", "discovery", of_cluster("skipped", error=ERROR)),
    ("skipped without a reason", "discovery", of_cluster("skipped", reason=None)),
    ("skipped with an empty reason", "discovery", of_cluster("skipped", reason="")),
    ("skipped with counts", "discovery", of_cluster("skipped", **COUNTS)),
    ("skipped with projects", "discovery",
     lambda report: of_status(report, "skipped").update(
         projects=[dict(of_status(report, "ok")["projects"][0])])),
    ("skipped, but asked", "discovery", of_cluster("skipped", requests=1)),
    ("skipped, but answered", "discovery", of_cluster("skipped", requests=1, bytes=10)),
    ("skipped, but took time", "discovery", of_cluster("skipped", duration_ms=7)),
    ("retries without a request", "failed", of_cluster("failed", requests=0, retries=1)),
    ("bytes without a request", "failed", of_cluster("failed", requests=0, bytes=1)),
    ("a status that is none", "complete", of_cluster("ok", status="stale")),
    ("a cluster without a name", "complete", of_cluster("ok", name="")),
    ("a cluster's name that no configuration takes", "complete", of_cluster("ok", name="x" * 254)),
    ("a URL without scheme", "complete", of_cluster("ok", url="eu-1.example")),
    ("an API that is none", "complete", of_cluster("ok", api="rest")),
    ("a label without value", "complete", of_cluster("ok", labels=["tier"])),
    ("a label twice", "complete", of_cluster("ok", labels=["a=b", "a=b"])),
    ("an empty warning", "complete", of_cluster("ok", warnings=[""])),
    ("a cluster that is stale", "complete", of_cluster("ok", stale={"as_of": TIME_0000})),
    ("anonymous access, which nobody tried", "complete", of_cluster("ok", anonymous_access=False)),
    ("the same cluster twice", "complete", doubling("clusters")),
    ("the same project twice", "complete", doubling("clusters", 0, "projects")),
    ("workloads 0, GPUs not", "idle", of_cluster("ok", gpus_allocated=1)),
    ("workloads 0, some of them without GPUs", "idle", of_cluster("ok", workloads_without_gpus=1)),
    ("GPUs null though every workload has some", "complete",
     of_cluster("ok", gpus_allocated=None, workloads_without_gpus=0)),
    # Projects.
    ("a project that is ok with an error", "complete", of_project("ok", "ok", error=ERROR)),
    ("a project that is ok without counts", "complete", of_project("ok", "ok", workloads=None)),
    ("a failed project without an error", "researcher",
     of_project("partial", "failed", error=None)),
    ("a failed project with counts", "researcher", of_project("partial", "failed", workloads=0)),
    ("a failed project with GPUs", "researcher",
     of_project("partial", "failed", gpus_allocated=0)),
    ("a project that was skipped", "researcher", of_project("partial", "failed", status="skipped")),
    ("a project without workloads that has GPUs", "idle",
     of_project("ok", "ok", gpus_allocated=1)),
    ("a quota beyond 10^9", "complete", of_project("ok", "ok", gpus_quota=TOO_MANY)),
    # Errors.
    ("an error of no class", "failed", setting("oops", "clusters", 0, "error", "class")),
    ("an error without words", "failed", setting("", "clusters", 0, "error", "message")),
    ("an HTTP status below 100", "failed", setting(99, "clusters", 1, "error", "http_status")),
    ("an HTTP status of 0", "failed", setting(0, "clusters", 0, "error", "http_status")),
    ("attempts below 0", "failed", setting(-1, "clusters", 0, "error", "attempts")),
    # Totals.
    ("totals over no cluster with workloads", "failed",
     lambda report: report["totals"].update(COUNTS, by_phase=[GROUP | {"key": "running"}],
                                            by_type=[GROUP | {"key": "training"}],
                                            by_project=[GROUP], by_user=[GROUP])),
    ("totals over no cluster with repaired values", "failed", setting(1, "totals", "repaired")),
    ("totals over clusters that did not answer", "failed", setting(1, "totals", "clusters")),
    ("totals over no cluster though some answered", "complete", setting(0, "totals", "clusters")),
    ("totals of workloads without phases", "complete", setting([], "totals", "by_phase")),
    ("totals of no workloads with projects", "idle", setting([GROUP], "totals", "by_project")),
    ("GPUs null though no workload lacks a figure", "complete",
     lambda report: report["totals"].update(gpus_allocated=None, workloads_without_gpus=0)),
    ("stale totals", "complete", setting({}, "totals", "stale")),
    ("a phase twice", "complete", doubling("totals", "by_phase")),
    ("a type twice", "complete", doubling("totals", "by_type")),
    ("a project's total twice", "complete", doubling("totals", "by_project")),
    ("a user twice", "complete", doubling("totals", "by_user")),
    ("a phase that is none", "complete", setting("Running", "totals", "by_phase", 0, "key")),
    ("a type that is none", "complete", setting("batch", "totals", "by_type", 0, "key")),
    ("a group without workloads", "complete", setting(0, "totals", "by_user", 0, "workloads")),
    ("a group whose GPUs are missing without a reason", "complete",
     lambda report: report["totals"]["by_user"][0].update(gpus_allocated=None,
                                                          workloads_without_gpus=0)),
    ("negative GPUs", "complete", setting(-0.5, "totals", "gpus_allocated")),
    # Workloads.
    ("GPUs beyond 10^9", "complete", setting(TOO_MANY, "workloads", 0, "gpus_allocated")),
    ("requested GPUs beyond 10^9", "complete", setting(TOO_MANY, "workloads", 0, "gpus_requested")),
    ("idle GPUs beyond 10^9", "complete", setting(TOO_MANY, "workloads", 0, "gpus_idle")),
    ("a workload's negative GPUs", "complete", setting(-1, "workloads", 0, "gpus_allocated")),
    ("GPUs as text", "complete", setting("1", "workloads", 0, "gpus_allocated")),
    ("a workload's phase that is none", "complete", setting("Pending", "workloads", 0, "phase")),
    ("an id that is a number", "complete", setting(7, "workloads", 0, "id")),
    ("images that are no list", "complete", setting("a", "workloads", 0, "images")),
    ("an image that is null", "complete", setting([None, 1], "workloads", 0, "images")),
    ("no workload is listed", "complete", setting([], "workloads")),
    ("workloads that no total counts", "idle",
     setting([{"cluster": "a"}], "workloads")),
    ("times of some workloads only", "enrich",
     lambda report: [report["workloads"][0].pop(key)
                     for key in ("pending_seconds", "running_seconds")]),
    ("one of the two times", "enrich",
     lambda report: [workload.pop("running_seconds") for workload in report["workloads"]]),
    ("a negative time", "enrich", setting(-1, "workloads", 0, "pending_seconds")),
    # Times.
    ("a beginning in the year 0000", "complete", setting(TIME_0000, "run", "started_at")),
    ("a workload of the year 0000", "complete", setting(TIME_0000, "workloads", 0, "created_at")),
    ("the year 10000", "last_year", setting("10000-01-01T00:00:00Z", "run", "finished_at")),
    ("no end", "last_year", setting(None, "run", "finished_at")),
    ("a local time", "complete", setting("2026-11-24T03:00:00+01:00", "run", "started_at")),
    ("a time with a fraction", "complete", setting("2026-11-24T03:00:00.5Z", "run", "started_at")),
    ("month 13", "complete", setting("2026-13-24T03:00:00Z", "run", "started_at")),
    # The run.
    ("a run's id that is no UUID", "complete", setting("7", "run", "id")),
    ("another program", "complete", setting("curl 8.0", "run", "agent")),
    ("no host", "complete", setting("", "run", "host")),
    ("the second of one shard", "complete", setting(1, "run", "shard", "index")),
    ("no shard", "complete", setting(0, "run", "shard", "count")),
    ("a selection that selects nothing", "filtered",
     setting({"clusters": [], "exclude": [], "labels": [], "projects": [], "unmatched": []}, "run",
             "selection")),
    ("a selected label without value", "filtered",
     setting(["tier"], "run", "selection", "labels")),
    ("a selection without projects", "filtered",
     lambda report: report["run"]["selection"].pop("projects")),
    ("another format", "complete", setting("rollcall.report/2", "format")),
    ("findings, which no run has", "complete", setting([{}], "findings")),
    # Discovery.
    ("a discovery that failed, with found ones", "undiscovered", setting(3, "discovery", "found")),
    ("... with selected ones", "undiscovered", setting(3, "discovery", "selected")),
    ("... with appeared ones", "undiscovered", setting(["a"], "discovery", "appeared")),
    ("... with vanished ones", "undiscovered", setting(["a"], "discovery", "vanished")),
    ("... with a comparison", "undiscovered",
     setting("report-1.json", "discovery", "compared_to")),
    ("... without an error", "undiscovered", setting(None, "discovery", "error")),
    ("a discovery that worked, with an error", "discovery", setting(ERROR, "discovery", "error")),
    ("a discovery that found nobody knows how many", "discovery",
     setting(None, "discovery", "found")),
    ("some selected of none", "discovery", setting(0, "discovery", "found")),
    ("vanished without compared_to", "discovery", setting(None, "discovery", "compared_to")),
    ("appeared without compared_to", "discovery",
     both(setting(None, "discovery", "compared_to"), setting([], "discovery", "vanished"))),
    ("vanished twice", "discovery", doubling("discovery", "vanished")),
    ("appeared twice", "discovery", doubling("discovery", "appeared")),
    ("nameless ones vanished", "discovery", setting([""], "discovery", "vanished")),
    ("compared to a file elsewhere", "discovery", setting("/etc/x", "discovery", "compared_to")),
    ("compared to a file without a name", "discovery", setting("", "discovery", "compared_to")),
    # Reconciliation.
    ("a failed reconciliation with matches", "unreconciled",
     setting(1, "reconciliation", "totals", "matched")),
    ("... with differences", "unreconciled",
     setting(1, "reconciliation", "totals", "differing")),
    ("... with compared clusters", "unreconciled",
     setting(1, "reconciliation", "totals", "clusters_compared")),
    ("... with results", "reconcile", setting(ERROR, "reconciliation", "error")),
    ("matches over no cluster", "reconcile",
     setting(0, "reconciliation", "totals", "clusters_compared")),
    ("no excluded cluster though one is", "reconcile",
     setting(0, "reconciliation", "totals", "clusters_excluded")),
    ("readings of no reconciliation", "complete",
     setting({"first": "2026-11-24T03:00:00Z", "second": None}, "run", "reconciled_at")),
    ("a compared cluster with a reason", "reconcile",
     lambda report: compared(report).update(reason="it was")),
    ("a compared cluster without matches", "reconcile",
     lambda report: compared(report).update(matched=None)),
    ("an excluded cluster without a reason", "unreconciled",
     setting(None, "reconciliation", "clusters", 0, "reason")),
    ("an excluded cluster with an empty reason", "unreconciled",
     setting("", "reconciliation", "clusters", 0, "reason")),
    ("an excluded cluster with matches", "unreconciled",
     setting(1, "reconciliation", "clusters", 0, "matched")),
    ("an excluded cluster with differences", "reconcile",
     lambda report: next(c for c in report["reconciliation"]["clusters"]
                         if c["status"] == "excluded").update(
                             only_cluster=compared(report)["only_cluster"])),
    ("a reconciled cluster twice", "reconcile", doubling("reconciliation", "clusters")),
    ("a difference beyond 10^9 GPUs", "reconcile",
     lambda report: compared(report)["only_cluster"][0].update(gpus_allocated=TOO_MANY)),
]


def swap_clusters(report):
    report["clusters"].reverse()


def same_name(report):
    report["clusters"][1]["name"] = report["clusters"][0]["name"]


def equal_views(report):
    difference = compared(report)["differing"][0]
    difference["control_plane"] = dict(difference["cluster"])


SUM = "draft-07 adds nothing up"
REFERENCE = "draft-07 compares no value with one elsewhere"
KEYED = "uniqueItems compares whole items, not their names"

# (what it does, name of the report, function, why draft-07 cannot refuse it or why it is valid)
ACCEPTED = [
    ("more selected than there are", "complete", setting(7, "coverage", "selected"), SUM),
    ("more ok than there are", "complete", setting(7, "coverage", "ok"), SUM),
    ("more optional than away", "optional", setting(7, "coverage", "optional"), SUM),
    ("a ratio that is not the quotient", "researcher", setting(0.123, "coverage", "ratio"), SUM),
    ("not complete though only an optional one is away", "optional",
     both(setting(False, "coverage", "is_complete"), setting("partial", "run", "outcome")), SUM),
    ("totals over more clusters than answered", "complete", setting(7, "totals", "clusters"), SUM),
    ("more workloads than the clusters have", "complete", setting(999, "totals", "workloads"), SUM),
    ("a project with more than its cluster", "complete",
     of_project("ok", "ok", workloads=999), SUM),
    ("more matches than the clusters have", "reconcile",
     setting(999, "reconciliation", "totals", "matched"), SUM),
    ("more selected than found", "discovery", setting(99, "discovery", "selected"), REFERENCE),
    ("more retries than requests", "complete", of_cluster("ok", retries=99), REFERENCE),
    ("an end before the beginning", "complete",
     setting("2001-01-01T00:00:00Z", "run", "finished_at"), REFERENCE),
    ("a workload of a cluster that is not there", "complete",
     setting("none", "workloads", 0, "cluster"), REFERENCE),
    ("a workload of a cluster that failed", "researcher",
     setting("gone", "workloads", 0, "cluster"), REFERENCE),
    ("a reconciled cluster that is not there", "reconcile",
     setting("none", "reconciliation", "clusters", 0, "cluster"), REFERENCE),
    ("a difference without one", "reconcile", equal_views, REFERENCE),
    ("clusters that are not sorted", "complete", swap_clusters, REFERENCE),
    ("two clusters of one name that differ otherwise", "complete", same_name, KEYED),
    ("two totals of one phase that differ otherwise", "complete",
     lambda report: report["totals"]["by_phase"].append(
         report["totals"]["by_phase"][0] | {"workloads": 99}), KEYED),
    ("the same workload twice", "complete", doubling("workloads"),
     "two workloads without an id may be alike in all else"),
    ("GPUs of more than six places", "complete",
     setting(0.1234567, "workloads", 0, "gpus_allocated"),
     "multipleOf is computed in binary fractions, which have no 0.000001"),
    ("a sum of GPUs beyond 10^9", "complete", setting(3e9, "totals", "gpus_allocated"),
     "valid: the bound is each workload's"),
]
