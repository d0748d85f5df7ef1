"""What became of each list of a cluster, by the answers that decide.

Of the answers for one page, the first good one decides: those before it were tried again. Without a
good one the last does. Later ones belong to a list that was begun again, or to the second reading
of what differs (again()).
"""
import urllib.parse

import kubernetes
import sources
from answers import Unusable
from values import Members, Number

GENERATIONS = ("/api/v1/jobs/%s", "/api/v1/job/%s", "/api/v1/jobs?project=%s",
               "/api/job?project=%s")
MOST_RESTARTS = 5  # of a list whose place has expired
NO_STATUS = -1


class Failure:
    """`error_class` None: the answers alone do not say. `status` NO_STATUS: nor do they that."""

    def __init__(self, error_class, status):
        self.error_class = error_class
        self.status = status


UNKNOWN = Failure(None, None)


class Listing:
    """`records` None: nothing came. Both: a part came. Neither: there is no such list."""

    def __init__(self, records=None, failure=None):
        self.records, self.failure = records, failure

    def status(self):
        if self.failure is None:
            return "ok"
        return "failed" if self.records is None else "partial"


def failed(why):
    return Listing(None, Failure(why.error_class, why.status))


def decisive(answers):
    """Of the answers for one page."""
    good = [answer for answer in answers if answer.is_good()]
    return good[0] if good else answers[-1] if answers else None


def find(answers, path, query=None):
    """The answer that decides for this path (not encoded) and, if given, these parameters."""
    return decisive([answer for answer in answers
                     if answer.method == "GET" and urllib.parse.unquote(answer.path) == path and
                     (query is None or query == answer.query)])


def again(answers):
    """The answers as the second reading has them: the later ones of lists that were read again. And
    whether there was one."""
    lists, later = {}, {}
    for answer in answers:
        key = answer.path, answer.query.get("project")
        lists.setdefault(key, []).append(answer)
    for key, own in lists.items():
        later[key] = own[replay(own)[1]:]
    return [answer for key, own in lists.items() for answer in later[key] or own], \
        any(later.values())


def partly(answer):
    """What is wrong with a good answer that says it is a part of the data."""
    return Failure("incomplete", answer.status) if answer.status == 207 else None


def projects(answers, base):
    """What the cluster shows: records are (name or None, quota), in its order."""
    answer = find(answers, base + "/api/v1/projects")
    if answer is None:
        return Listing(None, UNKNOWN)
    try:
        items, _ = answer.items("data")
    except Unusable as why:
        return failed(why)
    found = []
    for item in items:
        read = sources.Repairs()
        name = read.text(item.get("name"))
        found.append((name or None, read.amount(item.get("deservedGpus"))))
    return Listing(found, partly(answer))


def _job_answer(answers, base, project, generation):
    path, _, query = (base + GENERATIONS[generation]).partition("?")
    return find(answers, path.replace("%s", project), {"project": project} if query else {})


def path_shown(answers, base, names):
    """The newest generation of paths that has shown a job; None: none has."""
    for generation in range(len(GENERATIONS)):
        for name in names:
            if _holds_job(_job_answer(answers, base, name, generation)):
                return generation
    return None


def _holds_job(answer):
    """Whether there is a job in it, be it all that is good about it."""
    try:
        jobs_of = sources.inside(answer.document(), "data") if answer else None
    except Unusable:
        return False
    return isinstance(jobs_of, list) and bool(jobs_of) and isinstance(jobs_of[0], Members)


def jobs(answers, base, project, shown, is_named):
    """Of a project in the researcher flavour. `shown`: see path_shown(); `is_named`: by the cluster,
    where it was asked for its projects."""
    missing, is_empty = None, False
    for generation in range(len(GENERATIONS)):
        answer = _job_answer(answers, base, project, generation)
        if answer is None:
            continue
        if answer.is_sent_well() and answer.status in (404, 405):
            missing = Failure("not_found", answer.status)
            continue
        try:
            items, _ = answer.items("data")
        except Unusable as why:
            return failed(why)
        if items or generation in (0, shown) or partly(answer):
            return Listing([sources.researcher(item) for item in items], partly(answer))
        is_empty = True
    if is_empty and is_named:
        return Listing([])
    if is_empty:
        return Listing(None, Failure("not_found", NO_STATUS))
    return Listing(None, missing or UNKNOWN)


def replay(answers, name=None):
    """Reads one list of Kubernetes' form (`name`: of its items; None: whatever it is, it is good or
    not) as its answers came: the Listing, and how many answers it took."""
    found, token, part, restarts, failure = [], "", None, 0, UNKNOWN
    for number, answer in enumerate(answers, 1):
        if answer.query.get("continue", "") != token:
            continue  # a page that was sent once more
        if answer.is_sent_well() and answer.status == 404 and token == "":
            return Listing(), number
        if answer.is_sent_well() and answer.status == 410 and token != "":
            restarts += 1
            if restarts > MOST_RESTARTS:
                return Listing(None, Failure("http", answer.status)), number
            found, token = [], ""
            continue
        try:
            items, document = answer.items(name) if name else ([], answer.document())
            following = _following(document, answer)
        except Unusable as why:
            failure = Failure(why.error_class, why.status)
            continue
        found += items
        part = part or partly(answer)
        if not following:
            return Listing(found, part), number
        if following == token:
            return Listing(None, Failure("incomplete", answer.status)), number
        token = following
    return Listing(None, failure), len(answers)


def pages(answers, path):
    """All items of a Kubernetes list, from page to page."""
    return replay([answer for answer in answers if answer.method == "GET" and
                   urllib.parse.unquote(answer.path) == path], "items")[0]


def _following(document, answer):
    """The token of the next page."""
    token = sources.inside(document, "metadata", "continue")
    if token is not None and (isinstance(token, Number) or not isinstance(token, str)):
        raise Unusable("bad_shape", answer.status)
    return token


def _scope(project):
    return "namespaces/runai-%s/" % project if project is not None else ""


def pod_groups(answers, base, project):
    """Of a project or (None) of the cluster; none where they did not come whole."""
    listing = pages(answers, "%s/apis/scheduling.run.ai/v2alpha2/%spodgroups"
                    % (base, _scope(project)))
    return kubernetes.PodGroups([] if listing.failure else listing.records or [])


def kind(answers, base, project, groups, version, name):
    """Of one kind in the kubernetes flavour, of a project or (None) of the cluster."""
    listing = pages(answers, "%s/apis/run.ai/%s/%s%s" % (base, version, _scope(project), name))
    if listing.records is not None:
        word, records = kubernetes.KINDS[name], []
        for item in listing.records:
            if not kubernetes.is_part(item, word):
                records.append(kubernetes.record_of(item, word))
                kubernetes.add_pod_groups(records[-1], item, groups)
        listing.records = records
    return listing


def _refused(why):
    """A server that does not say which kinds it has is asked for the usual ones."""
    if why.status in (403, 404, 405) or why.error_class in ("not_json", "bad_json", "bad_shape"):
        return kubernetes.USUAL
    return Failure(why.error_class, why.status)


def kinds(answers, base):
    """The kinds of a server as (version, name), by its own discovery; or a Failure."""
    group = find(answers, base + "/apis/run.ai")
    if group is None:
        return UNKNOWN
    try:
        document = group.document()
        named = [sources.inside(version, "version") for version in document["versions"]]
    except Unusable as why:
        return _refused(why)
    except (KeyError, TypeError):
        return kubernetes.USUAL
    if partly(group):
        return kubernetes.USUAL
    preferred = sources.inside(document, "preferredVersion", "version")
    versions = [version for version in named if version == preferred] + \
        [version for version in named if version != preferred]
    found, is_refused = {}, not versions
    for version in versions:
        answer = find(answers, base + "/apis/run.ai/" + version)
        if answer is None:
            return UNKNOWN
        try:
            resources = [] if partly(answer) else answer.document()["resources"]
            is_refused |= partly(answer) is not None
        except Unusable as why:
            refusal = _refused(why)
            if refusal is not kubernetes.USUAL:
                return refusal
            resources, is_refused = [], True
        except (KeyError, TypeError):
            resources, is_refused = [], True
        for resource in resources:
            found.setdefault(resource["name"], version)
    known = [(found[name], name) for name in kubernetes.KINDS if name in found]
    if is_refused and not known:
        return kubernetes.USUAL
    return known or Failure("not_found", NO_STATUS)
