"""What the control plane adds to the clusters' answers, and where the two differ."""
import clusters
import lists
import sources
import words
from answers import Unusable
from known import Known
from values import Number, Repairs

FILLED = ("department", "gpus_requested", "gpus_idle", "node_pools", "preemptible")


def _key(record):
    return record["project"], record["name"]


def match(own, control, project_of):
    """Pairs of records, and those that have no partner on either side: by id, else by project and
    name, each once."""
    by_id = {record["id"]: record for record in control if record["id"] is not None}
    partners, rest, taken = [], [], set()
    for record in own:
        other = by_id.get(record["id"])
        if other is not None and id(other) not in taken:
            taken.add(id(other))
            partners.append((record, other))
        else:
            rest.append(record)
    by_name = {}
    for record in control:
        if id(record) not in taken and record["name"] is not None:
            by_name.setdefault(_key(record), []).append(record)
    lone = []
    for record in rest:
        candidates = by_name.get((project_of(record), record["name"]), [])
        if record["name"] is not None and candidates:
            other = candidates.pop(0)
            taken.add(id(other))
            partners.append((record, other))
        else:
            lone.append(record)
    return partners, lone, [record for record in control if id(record) not in taken]


def quotas(answers):
    """By the cluster's uuid and the project's name; None where the list did not come whole."""
    found, pages = {}, {}
    for answer in answers:
        if answer.path == "/api/v1/org-unit/projects":
            pages[answer.query.get("offset")] = answer
    for answer in pages.values():
        try:
            items, _ = answer.items("projects")
        except Unusable:
            return None
        for item in items:
            read = Repairs()
            amounts = [read.amount(sources.inside(resource, "gpu", "deserved"))
                       for resource in item.get("resources") or []]
            amounts = [amount for amount in amounts if amount is not None]
            uuid = item.get("clusterId")
            if amounts and isinstance(uuid, str):
                found[uuid.lower(), read.text(item.get("name"))] = sum(amounts)
    return found if pages else None


class Control:
    """The control plane as it was read once beside the clusters."""

    def __init__(self, answers, token):
        self.answers = answers
        self.known = Known(answers)
        self.quotas = quotas(answers)
        self.failure = token or self.known.failure
        self.by_cluster = {}
        for record in self.known.records:
            uuid = record["cluster_id"]
            if isinstance(uuid, str) and not isinstance(uuid, Number):
                self.by_cluster.setdefault(uuid.lower(), []).append(record)

    def of(self, cluster):
        return self.by_cluster.get((cluster.uuid or "").lower(), [])


def _project_of(result):
    asked_for = {id(record): row.name for row in result.rows for record in row.records}
    return lambda record: record["project"] if record["project"] is not None \
        else asked_for[id(record)]


def enrich(result, control):
    """Fills what the cluster did not say."""
    for record in result.records:
        record.setdefault("pending_seconds", None)
        record.setdefault("running_seconds", None)
    if result.cluster.api == "control_plane" or not result.cluster.uuid:
        return
    partners, _, _ = match(result.records, control.of(result.cluster), _project_of(result))
    for own, other in partners:
        for field in FILLED:
            if own[field] is None:
                own[field] = other[field]
        own["pending_seconds"] = other["pending_seconds"]
        own["running_seconds"] = other["running_seconds"]


def set_quotas(result, control):
    is_told = result.cluster.api == "researcher" and not result.cluster.projects
    for row in result.rows:
        if not is_told and control.quotas is not None and result.cluster.uuid:
            row.quota = control.quotas.get((result.cluster.uuid.lower(), row.name))


def differs(own, other):
    phases = own["phase"], other["phase"]
    gpus = own["gpus_allocated"], other["gpus_allocated"]
    return (None not in phases and phases[0] != phases[1]) or \
        (None not in gpus and gpus[0] != gpus[1])


class Reading:
    """One comparison of a cluster with what the control plane knows of it."""

    def __init__(self, result, known, selection):
        others = [record for record in known
                  if selection.has_project(record["project"]) and
                  (result.asked is None or record["project"] in result.asked)]
        self.partners, self.only_cluster, lone = \
            match(result.records, others, _project_of(result))
        third = [record for record in lone
                 if words.lower(record["raw_type"] or "") in words.THIRD_PARTY]
        self.third_party = len(third)
        self.only_control = [record for record in lone if record not in third]
        self.differing = [pair for pair in self.partners if differs(*pair)]

    def count(self):
        return len(self.only_cluster) + len(self.only_control) + len(self.differing)


def _place(record):
    return record["project"], record["name"], record["id"]


def _respects(pair):
    return {field for field in ("phase", "gpus_allocated")
            if None not in (pair[0][field], pair[1][field]) and pair[0][field] != pair[1][field]}


def _lasting(first, second):
    """Takes out of the first reading what the second does not have."""
    both = {_place(record) for pair in second.partners for record in pair}
    for side in ("only_cluster", "only_control"):
        there = {_place(record) for record in getattr(second, side)}
        records = getattr(first, side)
        first.partners += [(record, record) for record in records if _place(record) in both]
        setattr(first, side, [record for record in records if _place(record) in there])
    respects = {_place(pair[0]): _respects(pair) for pair in second.differing}
    first.differing = [pair for pair in first.differing
                       if _respects(pair) & respects.get(_place(pair[0]), set())]


class Differences:
    """`matched` None: the cluster is excluded."""

    def __init__(self, result, control, selection, answers):
        self.name = result.cluster.name
        self.matched = self.third_party = self.unconfirmed = None
        self.only_cluster, self.only_control, self.differing = [], [], []
        if result.status != "ok" or not result.cluster.uuid or control.failure or \
                result.cluster.api == "control_plane":
            return
        first = Reading(result, control.of(result.cluster), selection)
        self.unconfirmed = 0
        if first.count() > 0:
            second = self._read_again(result.cluster, control, selection, answers)
            if second is None:
                self.unconfirmed = first.count()
                first.only_cluster = first.only_control = first.differing = []
            else:
                _lasting(first, second)
        self.matched, self.third_party = len(first.partners), first.third_party
        self.only_cluster, self.only_control = first.only_cluster, first.only_control
        self.differing = first.differing

    @staticmethod
    def _read_again(cluster, control, selection, answers):
        """None where one of the two sides cannot be read a second time."""
        later, was_read = lists.again(answers)
        known = Known(control.answers, cluster.uuid)
        result = clusters.collect(cluster, {cluster.name: later}, selection, None)
        if not was_read or known.failure or result.status != "ok":
            return None
        return Reading(result, known.records, selection)
