"""The report that a run must have written, as far as it can be known: every figure from the
configuration and from the answers that were served."""
import decimal

import clusters
import joined
import plan
import tokens
from clusters import in_bytes, record_order
from lists import NO_STATUS
from values import DECIMAL, Number, micro_text

ANY = type("Any", (), {"__repr__": lambda self: "(anything)"})()
TEXT = type("Text", (), {"__repr__": lambda self: "(a text)"})()
AMOUNTS = ("gpus_allocated", "gpus_requested", "gpus_idle")
BY = (("by_phase", "phase"), ("by_type", "type"), ("by_project", "project"), ("by_user", "user"))


def number(value):
    return None if value is None else Number(value)


def count(records):
    figures = [r["gpus_allocated"] for r in records if r["gpus_allocated"] is not None]
    is_known = bool(figures) or not records
    return {"workloads": number(len(records)),
            "gpus_allocated": micro_text(sum(figures)) if is_known else None,
            "workloads_without_gpus": number(len(records) - len(figures))}


def error(failure):
    if failure is None:
        return None
    is_known = failure.error_class is not None and failure.status != NO_STATUS
    return {"class": failure.error_class or ANY, "message": TEXT, "attempts": ANY,
            "http_status": number(failure.status) if is_known else ANY}


def workload(cluster, record, is_enriched):
    shown = {"cluster": cluster}
    for field in list(record):
        if field in ("repaired", "deleted", "template", "cluster_id"):
            continue
        if field in ("pending_seconds", "running_seconds"):
            if is_enriched:
                shown[field] = number(record[field])
            continue
        shown[field] = micro_text(record[field]) if field in AMOUNTS else record[field]
    return shown


def project(row):
    figures = count(row.records)
    if row.status == "failed":
        figures = {"workloads": None, "gpus_allocated": None}
    return {"name": row.name, "status": row.status, "error": error(row.failure),
            "workloads": figures["workloads"], "gpus_allocated": figures["gpus_allocated"],
            "gpus_quota": micro_text(row.quota)}


def cluster_entry(result):
    cluster = result.cluster
    figures = count(result.records)
    if not result.has_answered():
        figures = dict.fromkeys(figures)
    entry = {"name": cluster.name, "url": cluster.url, "api": cluster.api,
             "labels": sorted(cluster.labels, key=in_bytes), "status": result.status,
             "reason": TEXT if result.status == "skipped" else None,
             "error": error(result.failures[0] if result.failures else None), "stale": None,
             "repaired": number(result.repaired), "anonymous_access": None,
             # Of a kubernetes cluster it depends on which of its lists have failed.
             "dropped": ANY if cluster.api == "kubernetes" else number(result.dropped)}
    entry.update(figures)
    entry["projects"] = [project(row) for row in result.rows if row.name is not None]
    if result.status == "failed":
        entry["projects"] = ANY if result.cluster.api != "researcher" else entry["projects"] or ANY
    return entry


def totals(results):
    answered = [result for result in results if result.has_answered()]
    records = [record for result in answered for record in result.records]
    shown = {"clusters": number(len(answered)), **count(records),
             "repaired": number(sum(result.repaired for result in answered)), "stale": None}
    for name, field in BY:
        groups = {}
        for record in records:
            groups.setdefault(record[field], []).append(record)
        shown[name] = [{"key": key, **count(groups[key])} for key in sorted(groups, key=in_bytes)]
    return shown


def _names(results):
    """Of the projects of clusters that answered; None: none did."""
    answered = [result for result in results if result.has_answered()]
    return {name for result in answered for name in result.names if name is not None} \
        if answered else None


def coverage(results, discovery, selection):
    tally = {status: sum(result.status == status for result in results)
             for status in ("ok", "partial", "failed", "skipped")}
    excused = sum(result.status in ("failed", "skipped") and result.cluster.is_optional
                  for result in results)
    selected = len(results)
    answered = tally["ok"] + tally["partial"]
    ratio = decimal.Decimal(1)
    if selected:
        ratio = (DECIMAL.divide(decimal.Decimal(tally["ok"]), decimal.Decimal(selected))
                 .quantize(decimal.Decimal("0.000001"), context=DECIMAL))
    is_complete = tally["ok"] + excused == selected and not (discovery and discovery.failure) and \
        (selected == 0 or (answered > 0 and (selection.may_be_empty or selection.is_met(_names(results)))))
    return {"selected": number(selected), **{key: number(n) for key, n in tally.items()},
            "stale": Number(0), "optional": number(excused),
            "ratio": micro_text(int(ratio.scaleb(6))), "is_complete": is_complete}


def outcome(covered):
    if covered["selected"] != "0" and covered["ok"] == covered["partial"] == "0":
        return "failed", 6
    return ("complete", 0) if covered["is_complete"] else ("partial", 4)


def reconciliation(results, control, selection, answers):
    def view(record):
        return {"id": record["id"], "phase": record["phase"], "raw_phase": record["raw_phase"],
                "gpus_allocated": micro_text(record["gpus_allocated"])}

    def lone(record):
        return {"project": record["project"], "name": record["name"], **view(record)}

    def differing(pair):
        return {"project": pair[0]["project"], "name": pair[0]["name"], "cluster": view(pair[0]),
                "control_plane": view(pair[1])}

    def in_order(records):
        return [lone(record) for record in sorted(records, key=record_order)]

    all_of = [joined.Differences(result, control, selection, answers.get(result.cluster.name, []))
              for result in results]
    rows = []
    for one in all_of:
        is_compared = one.matched is not None
        rows.append({"cluster": one.name, "status": "compared" if is_compared else "excluded",
                     "reason": None if is_compared else TEXT, "matched": number(one.matched),
                     "third_party": number(one.third_party),
                     "unconfirmed": number(one.unconfirmed),
                     "only_control_plane": in_order(one.only_control),
                     "only_cluster": in_order(one.only_cluster),
                     "differing": [differing(pair) for pair in
                                   sorted(one.differing, key=lambda pair: record_order(pair[0]))]})
    compared = [one for one in all_of if one.matched is not None]
    # Where no cluster is selected nobody is asked, and so nothing fails.
    return {"error": error(control.failure) if rows else None, "clusters": rows, "totals": {
        "clusters_compared": number(len(compared)),
        "clusters_excluded": number(len(all_of) - len(compared)),
        "matched": number(sum(one.matched for one in compared)),
        "unconfirmed": number(sum(one.unconfirmed for one in compared)),
        "third_party": number(sum(one.third_party for one in compared)),
        "only_control_plane": number(sum(len(one.only_control) for one in compared)),
        "only_cluster": number(sum(len(one.only_cluster) for one in compared)),
        "differing": number(sum(len(one.differing) for one in compared))}}


def discovery_entry(discovery):
    return {"status": "failed" if discovery.failure else "ok", "error": error(discovery.failure),
            "found": number(discovery.found), "selected": number(discovery.selected),
            "compared_to": None, "appeared": [], "vanished": []}


def make(conf, answers, selection, has_workloads=True):
    """The report (ANY where nothing is known; None: there must be none) and the exit status."""
    token = tokens.failure(conf, answers.get("control", []))
    planned, discovery = plan.make(conf, answers.get("control", []), selection, token)
    if _has_nobody_to_ask(planned, discovery, token):
        return None, 7
    if not selection.may_be_empty and _is_mistaken(planned, selection):
        return None, 2
    results = [clusters.collect(cluster, answers, selection, token) for cluster in planned]
    run = conf.get("run", {})
    enriches = run.get("enrich", False) and has_workloads
    if run.get("enrich") or run.get("reconcile"):
        control = joined.Control(answers.get("control", []), token)
        for result in results:
            joined.set_quotas(result, control)
            if enriches:
                joined.enrich(result, control)
    covered = coverage(results, discovery, selection)
    said, status = outcome(covered)
    shown = {"format": "rollcall.report/1", "run": {"outcome": said, "selection": selection.shown(_names(results))},
             "coverage": covered,
             "totals": totals(results), "clusters": [cluster_entry(result) for result in results]}
    if discovery:
        shown["discovery"] = discovery_entry(discovery)
    if run.get("reconcile"):
        shown["reconciliation"] = reconciliation(results, control, selection, answers)
    if has_workloads:
        shown["workloads"] = [workload(result.cluster.name, record, enriches)
                              for result in results if result.has_answered()
                              for record in sorted(result.records, key=record_order)]
    return shown, status


def _is_mistaken(planned, selection):
    """Whether it is known before anything is asked that the selection matches nothing."""
    configured = [name for cluster in planned for name in cluster.projects]
    return not planned or (all(cluster.projects for cluster in planned) and
                           not selection.is_met(configured))


def _has_nobody_to_ask(planned, discovery, token):
    """Whether what was to come from the control plane leaves no cluster that can be asked."""
    asked = [cluster for cluster in planned if not cluster.is_skipped]
    if discovery is None and not planned:
        return False  # that is known before the control plane is asked
    if token is not None:
        asked = [cluster for cluster in asked if cluster.has_own_token]
        return not asked
    return discovery is not None and discovery.failure is not None and not asked
