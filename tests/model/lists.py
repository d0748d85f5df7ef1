"""What became of each list, by the last answer that was given for each of its pages.

An earlier answer for the same page was tried again, or belongs to a list that was begun again, so
it is the last one that counts. A Failure is why a list gave nothing.
"""
import urllib.parse

import kubernetes
import sources
from answers import Unusable
from values import Number

GENERATIONS = ("/api/v1/jobs/%s", "/api/v1/job/%s", "/api/v1/jobs?project=%s",
               "/api/job?project=%s")


NO_STATUS = -1


class Failure:
    """`error_class` None: the answers alone do not say. `status` NO_STATUS: nor do they that."""

    def __init__(self, error_class, status):
        self.error_class = error_class
        self.status = status


UNKNOWN = Failure(None, None)


def last(answers, path, query=None):
    """The last answer for this path (not encoded) and, if given, these parameters; or None."""
    found = None
    for answer in answers:
        if answer.method == "GET" and urllib.parse.unquote(answer.path) == path and \
                (query is None or query == answer.query):
            found = answer
    return found


def projects(answers, base):
    """What the cluster shows: (name or None, quota) in its order, or a Failure."""
    answer = last(answers, base + "/api/v1/projects")
    if answer is None:
        return UNKNOWN
    try:
        items, _ = answer.items("data")
    except Unusable as why:
        return Failure(why.error_class, why.status)
    found = []
    for item in items:
        read = sources.Repairs()
        name = read.text(item.get("name"))
        found.append((name or None, read.amount(item.get("deservedGpus"))))
    return found


def jobs(answers, base, project):
    """The records of a project in the researcher flavour, or a Failure."""
    decisive = None
    for generation in GENERATIONS:
        path, _, query = (base + generation).partition("?")
        answer = last(answers, path.replace("%s", project),
                      {"project": project} if query else {})
        if answer is None:
            continue
        decisive = answer
        if not answer.is_sent_well() or answer.status not in (404, 405):
            break
    if decisive is None:
        return UNKNOWN
    try:
        items, _ = decisive.items("data")
    except Unusable as why:
        if decisive.status in (404, 405) and decisive.is_sent_well():
            return Failure("not_found", decisive.status)
        return Failure(why.error_class, why.status)
    return [sources.researcher(item) for item in items]


def kind(answers, base, project, name):
    """The records of one kind, None where the cluster has no such kind, or a Failure."""
    pages = {}
    scope = "namespaces/runai-%s/" % project if project is not None else ""
    path = "%s/apis/run.ai/v2alpha1/%s%s" % (base, scope, name)
    for answer in answers:
        if answer.method == "GET" and urllib.parse.unquote(answer.path) == path:
            pages[answer.query.get("continue", "")] = answer
    records, token = [], ""
    while True:
        answer = pages.get(token)
        if answer is None:
            return UNKNOWN
        if token == "" and answer.is_sent_well() and answer.status == 404:
            return None
        try:
            items, document = answer.items("items")
        except Unusable as why:
            return Failure(why.error_class, why.status)
        records += [kubernetes.record_of(item, kubernetes.KINDS[name]) for item in items]
        following = sources.inside(document, "metadata", "continue")
        if following is not None and (isinstance(following, Number) or
                                      not isinstance(following, str)):
            return Failure("bad_shape", answer.status)
        if not following:
            return records
        if following == token:
            return Failure("incomplete", answer.status)
        token = following


class Known:
    """The control plane's workloads, of one cluster or of all.

    `records` is what came of it, `failure` what is wrong with it (None: it is whole); with
    `is_kept` that costs none of what came.
    """

    def __init__(self, answers, uuid=None):
        wanted = "clusterId==" + uuid if uuid else None
        self.records, self.failure, self.is_kept = [], None, False
        pages, counts = {}, []
        for answer in answers:
            if answer.method != "GET" or answer.query.get("filterBy") != wanted:
                continue
            if answer.path == "/api/v1/workloads":
                key = (answer.query.get("offset"), answer.query.get("limit"))
                pages.pop(key, None)  # in the order of the last answers
                pages[key] = answer
            elif answer.path == "/api/v1/workloads/count":
                counts.append(answer)
        self._read(pages, counts)

    def _read(self, pages, counts):
        seen = {}
        if not pages:
            self.failure = self._count_failure(counts) or UNKNOWN
            return
        for answer in pages.values():
            try:
                items, document = answer.items("workloads")
            except Unusable as why:
                self.failure = Failure(why.error_class, why.status)
                return
            for item in items:
                record = sources.control_plane(item)
                key = record["id"] if record["id"] is not None else object()
                seen[key] = record
            offset, following = int(answer.query["offset"]), document.get("next")
            if isinstance(following, Number) and 0 < int(following) <= offset:
                self.failure = Failure("incomplete", answer.status)
        self.records = [record for record in seen.values() if not record["deleted"]]
        self.is_kept = True
        if self.failure is None:
            self._compare(len(seen), counts)

    @staticmethod
    def _count_failure(counts):
        for answer in counts:
            last_same = [other for other in counts if other.target == answer.target][-1]
            try:
                last_same.document()
            except Unusable as why:
                return Failure(why.error_class, why.status)
        return None

    def _compare(self, distinct, counts):
        """Removals and arrivals meanwhile leave the list between the two counts, or what was seen
        of it and went away above them."""
        numbers = []
        for answer in counts:
            try:
                document = answer.document()
                numbers.append(int(document.get("count")))
            except Unusable:
                continue
        if not numbers:
            self.failure = self._count_failure(counts)
            if self.failure and self.failure.status == 404:
                self.failure = None
            return
        if distinct < min(numbers[0], numbers[-1]):
            self.failure = Failure("incomplete", 200)
        elif numbers[0] == numbers[-1] and distinct > numbers[0]:
            self.failure = Failure("incomplete", 200)
