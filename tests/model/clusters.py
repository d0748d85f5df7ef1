"""What each cluster of the plan has to say: its status, projects and records."""
import lists
from known import Known
from lists import Failure, NO_STATUS


def in_bytes(text):
    """Null first, then bytewise."""
    return (text is not None, (text or "").encode("utf-8", "surrogatepass"))


def record_order(record):
    """Where a record stands in its cluster's workloads."""
    return tuple(in_bytes(record[field]) for field in ("project", "name", "id"))


class Row:
    """A project's line in its cluster's entry."""

    def __init__(self, name, status, failure=None, records=(), quota=None, dropped=0):
        self.dropped = dropped
        self.name, self.status, self.failure = name, status, failure
        self.records, self.quota = list(records), quota


class Result:
    """`rows` None: which projects there are follows from the records; `failures` are those of its
    lists in their order, the first of which the cluster shows."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.status = "skipped"
        self.failures = []
        self.rows = []
        self.repaired = 0
        self.dropped = 0  # records that came and are not in the report
        self.asked = None  # the names that were asked for; None: all there are
        self.names = set(cluster.projects)  # of projects, selected or not

    @property
    def records(self):
        return [record for row in self.rows for record in row.records]

    def has_answered(self):
        return self.status in ("ok", "partial")

    def fail(self, failure):
        self.status, self.failures, self.rows, self.repaired = "failed", [failure], [], 0
        self.dropped = 0
        return self


def _unique(result):
    """Of the records that share an id, the first in the report's order is kept; what is mended in
    the others is not counted."""
    first = {}
    for row in result.rows:
        for record in row.records:
            place = record_order(record), row.name or "", id(record)
            if record["id"] is not None and place < first.get(record["id"], (place, None))[0]:
                first[record["id"]] = place, record
            first.setdefault(record["id"], (place, record))
    result.dropped += sum(len(row.records) + row.dropped for row in result.rows)
    for row in result.rows:
        row.records = [record for record in row.records
                       if record["id"] is None or first[record["id"]][1] is record]
    result.dropped -= len(result.records)
    result.repaired += sum(record["repaired"] for record in result.records)


def _judge(result):
    """Of rows whose own status is known."""
    statuses = {row.status for row in result.rows}
    result.failures += [row.failure for row in result.rows if row.failure]
    if not result.failures and statuses <= {"ok"}:
        result.status = "ok"
    elif statuses == {"failed"}:
        result.status = "failed"
        result.repaired = 0
    else:
        result.status = "partial"


def _own(records, project):
    """The records that do not name another project."""
    return [record for record in records if record["project"] in (None, project)]


def _row_of(listing, project, quota=None):
    if listing.records is None:
        return Row(project, "failed", listing.failure, quota=quota)
    own = _own(listing.records, project)
    if listing.records and not own:
        return Row(project, "failed", Failure("bad_shape", 200), quota=quota)
    return Row(project, listing.status(), listing.failure, own, quota,
               len(listing.records) - len(own))


def researcher(cluster, answers, selection):
    result = Result(cluster)
    quotas, nameless = {}, False
    if cluster.projects:
        names = [name for name in cluster.projects if selection.has_project(name)]
    else:
        shown = lists.projects(answers, cluster.base)
        if shown.records is None:
            return result.fail(shown.failure)
        result.failures += [shown.failure] if shown.failure else []
        nameless = selection.has_project("") and any(name is None for name, _ in shown.records)
        quotas = dict(shown.records)
        result.names.update(name for name in quotas if name is not None)
        names = [name for name in quotas if name is not None and selection.has_project(name)]
        if not shown.records and not cluster.may_be_empty:
            result.failures.append(Failure("not_found", 200))
    if nameless:
        result.failures.append(Failure("bad_shape", NO_STATUS))
    names.sort(key=lambda name: name.encode("utf-8", "surrogateescape"))
    result.asked = names
    path = lists.path_shown(answers, cluster.base, names)
    named = {name for name, _ in lists.projects(answers, cluster.base).records or []}
    for name in names:
        listing = lists.jobs(answers, cluster.base, name, path, name in named)
        result.rows.append(_row_of(listing, name, quotas.get(name)))
    _unique(result)
    _judge(result)
    if not names and result.failures:
        result.status = "failed" if nameless else "partial"
    return result


def _kubernetes_row(answers, cluster, project, kinds):
    """All kinds of a project, or of the cluster; and what was mended in its PodGroups."""
    groups = lists.pod_groups(answers, cluster.base, project)
    outcomes = [lists.kind(answers, cluster.base, project, groups, *kind) for kind in kinds]
    failures = [outcome.failure for outcome in outcomes if outcome.failure]
    good = [outcome.records for outcome in outcomes if outcome.records is not None]
    if not failures and not good:
        return Row(project, "failed", Failure("not_found", 404)), groups.repaired
    if not good:
        return Row(project, "failed", failures[0]), groups.repaired
    records = [record for some in good for record in some if not record["template"]]
    if project is not None:
        kept = _own(records, project)
        if records and not kept and not failures:
            return Row(project, "failed", Failure("bad_shape", 200)), groups.repaired
        records = kept
    return Row(project, "partial" if failures else "ok", failures[0] if failures else None,
               records), groups.repaired


def _by_project(records, status, failure):
    """A row for each project that records name, and one for those that name none (no row of the
    report)."""
    rows = {}
    for record in records:
        rows.setdefault(record["project"], []).append(record)
    return [Row(name, status, failure, rows[name])
            for name in sorted(rows, key=lambda name: (name or "").encode())]


def kubernetes_api(cluster, answers, selection):
    result = Result(cluster)
    names = [name for name in cluster.projects if selection.has_project(name)]
    kinds = lists.kinds(answers, cluster.base)
    if isinstance(kinds, Failure) and (names or not cluster.projects):
        return result.fail(kinds)
    if cluster.projects:
        result.asked = names
        for name in sorted(names):
            row, repaired = _kubernetes_row(answers, cluster, name, kinds)
            result.rows.append(row)
            result.repaired += repaired
    else:
        whole, result.repaired = _kubernetes_row(answers, cluster, None, kinds)
        if whole.status == "failed":
            return result.fail(whole.failure)
        result.names = {record["project"] for record in whole.records}
        records = [r for r in whole.records if selection.has_project(r["project"])]
        result.rows = _by_project(records, whole.status, whole.failure)
        result.failures = [whole.failure] if whole.failure else []
    _unique(result)
    _judge(result)
    if not cluster.projects:
        result.status = whole.status
    return result


def control_plane(cluster, answers, selection):
    result = Result(cluster)
    known = Known(answers, cluster.uuid)
    if known.failure and not known.is_kept:
        return result.fail(known.failure)
    result.names = {record["project"] for record in known.records}
    records = [r for r in known.records if selection.has_project(r["project"])]
    status = "partial" if known.failure else "ok"
    result.rows = _by_project(records, status, known.failure)
    result.dropped = known.deleted
    _unique(result)
    result.status, result.failures = status, [known.failure] if known.failure else []
    return result


def collect(cluster, answers, selection, token):
    """`token`: why there is none, or None."""
    if cluster.is_skipped:
        return Result(cluster)
    if token is not None and not cluster.has_own_token:
        return Result(cluster).fail(token)
    if cluster.api == "control_plane":
        return control_plane(cluster, answers.get("control", []), selection)
    own = answers.get(cluster.name, [])
    if cluster.api == "kubernetes":
        return kubernetes_api(cluster, own, selection)
    return researcher(cluster, own, selection)
