"""Which clusters a run asks: the configuration, what discovery found, and the selection."""
import fnmatch
from dataclasses import dataclass, field
from typing import Optional

import lists
from answers import Unusable
from values import Members, Number


@dataclass
class Selection:
    """The options of the command line that choose."""
    clusters: list = field(default_factory=list)
    exclude: list = field(default_factory=list)
    labels: list = field(default_factory=list)
    projects: list = field(default_factory=list)
    may_be_empty: bool = False

    def is_empty(self):
        return not (self.clusters or self.exclude or self.labels or self.projects)

    def has_cluster(self, cluster):
        return ((not self.clusters or matches(self.clusters, cluster.name)) and
                not matches(self.exclude, cluster.name) and
                all(label in cluster.labels for label in self.labels))

    def shown(self, names):
        """`names`: the projects of clusters that answered; None: no cluster did."""
        if self.is_empty():
            return None
        is_asked = names is not None and not self.may_be_empty
        return {"clusters": self.clusters, "exclude": self.exclude, "labels": self.labels,
                "projects": self.projects,
                "unmatched": [glob for glob in self.projects
                              if is_asked and not any(matches([glob], name) for name in names)]}

    def is_met(self, names):
        """Whether every glob for projects matches one of these."""
        return all(any(matches([glob], name) for name in names) for glob in self.projects)

    def has_project(self, name):
        return not self.projects or (name is not None and matches(self.projects, name))


@dataclass
class Cluster:
    name: str
    api: str
    url: Optional[str]
    uuid: Optional[str]
    base: str
    labels: list
    projects: list
    is_optional: bool
    may_be_empty: bool
    has_own_token: bool
    is_skipped: bool = False


@dataclass
class Discovery:
    found: Optional[int]
    selected: Optional[int]
    failure: Optional[lists.Failure]


def matches(globs, name):
    return any(fnmatch.fnmatchcase(name, glob) for glob in globs)


def _cluster(conf, group):
    defaults = conf.get("defaults", {})

    def setting(key, otherwise):
        return group.get(key, defaults.get(key, otherwise))

    api = setting("api", "researcher")
    base = "/researcher" if api == "researcher" else ""
    if "base_path" in group or ("base_path" in defaults and
                                api == defaults.get("api", "researcher")):
        base = setting("base_path", base)
    url = conf["control_plane"]["url"] if api == "control_plane" else group.get("url")
    return Cluster(group["name"], api, url, group.get("uuid"), base, setting("labels", []),
                   setting("projects", []), setting("optional", False),
                   setting("allow_empty", False), "token" in group)


def _address(domain):
    """The URL of a domain as the control plane says it; None: there is none that can be used."""
    if not domain or domain.startswith("http://"):
        return None
    url = domain if "://" in domain else "https://" + domain
    return url.rstrip("/")


def _text(value):
    return value if isinstance(value, str) and not isinstance(value, Number) and value else None


def _found(answers):
    """The clusters of the control plane that exist and have a name."""
    answer = lists.find(answers, "/api/v1/clusters")
    if answer is None:
        return lists.UNKNOWN
    try:
        document = answer.document()
    except Unusable as why:
        return lists.Failure(why.error_class, why.status)
    if not isinstance(document, list) or not all(isinstance(item, Members) for item in document):
        return lists.Failure("bad_shape", answer.status)
    if lists.partly(answer):
        return lists.partly(answer)
    return [item for item in document
            if item.get("deletedAt") is None and _text(item.get("name"))]


def _merge(conf, clusters, found):
    """Puts what was found into the configured clusters and beside them; gives how many were
    selected."""
    include = conf["discover"].get("include", ["*"])
    exclude = conf["discover"].get("exclude", [])
    contacts_all = conf["discover"].get("contact_disconnected", False)
    configured, met, selected = list(clusters), [], 0
    for item in found:
        uuid, name, url = _text(item.get("uuid")), item["name"], _address(item.get("domain"))
        same = [c for c in configured if uuid and c.uuid and c.uuid.lower() == uuid.lower()] or \
            [c for c in configured if not c.uuid and c.name == name] or \
            [c for c in configured if not c.uuid and url and c.url == url and c not in met]
        if matches(include, name) and not matches(exclude, name):
            selected += 1
        elif not same:
            continue
        if same:
            cluster = same[0]
        else:
            is_taken = any(c.name == name for c in clusters)
            cluster = _cluster(conf, {"name": "%s (%s)" % (name, uuid) if is_taken else name})
            clusters.append(cluster)
        met.append(cluster)
        cluster.uuid = cluster.uuid or uuid
        if cluster.api != "control_plane":
            cluster.url = cluster.url or url
            state = item["status"].get("state") if isinstance(item.get("status"), Members) else None
            is_away = state in ("Disconnected", "WaitingToConnect") and not contacts_all
            cluster.is_skipped = is_away or cluster.url is None
    for cluster in configured:
        if cluster not in met:
            cluster.is_skipped = cluster.url is None or \
                (cluster.api == "control_plane" and cluster.uuid is None)
    return selected


def make(conf, control_answers, selection, token):
    """The selected clusters in the report's order, and the Discovery or None. `token` is why there
    is none."""
    clusters = [_cluster(conf, group) for group in conf.get("clusters", [])]
    discovery = None
    if conf.get("discover", {}).get("enabled"):
        found = token or _found(control_answers)
        if isinstance(found, lists.Failure):
            discovery = Discovery(None, None, found)
            for cluster in clusters:
                cluster.is_skipped = cluster.url is None or \
                    (cluster.api == "control_plane" and cluster.uuid is None)
        else:
            discovery = Discovery(len(found), _merge(conf, clusters, found), None)
    chosen = [cluster for cluster in clusters if selection.has_cluster(cluster)]
    return sorted(chosen, key=lambda cluster: cluster.name.encode("utf-8", "surrogateescape")), \
        discovery
