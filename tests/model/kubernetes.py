"""Items of a cluster's Kubernetes API as records."""
import json

import words
from sources import EMPTY, inside
from values import Number, Repairs

# What lists call the kinds; the first four are those of a server that does not say what it has.
KINDS = {"trainingworkloads": "TrainingWorkload", "interactiveworkloads": "InteractiveWorkload",
         "inferenceworkloads": "InferenceWorkload", "distributedworkloads": "DistributedWorkload",
         "distributedinferenceworkloads": "DistributedInferenceWorkload",
         "externalworkloads": "ExternalWorkload", "runaijobs": "RunaiJob"}
USUAL = [("v2alpha1", name) for name in list(KINDS)[:4]]
# Kinds whose number of pods is not known.
WITHOUT_PODS = ("DistributedInferenceWorkload", "ExternalWorkload", "RunaiJob")
TYPES = {"TrainingWorkload": "training", "InteractiveWorkload": "interactive",
         "InferenceWorkload": "inference", "DistributedWorkload": "distributed",
         "DistributedInferenceWorkload": "inference", "ExternalWorkload": "other",
         "RunaiJob": "training"}
CONDITIONS = {"complete": "succeeded", "ready": "running", "available": "running",
              "created": "pending"}
# Requests in other terms than a number of GPUs.
OTHER_TERMS = ("gpuMemory", "migProfile", "gpuDevices")
BY_MEMORY = ("gpuMemory", "migProfile")
JOB_CLASSES = {"build": "interactive", "inference": "inference"}


def _spec(item, name):
    return inside(item, "spec", name, "value")


def _annotation(item, name):
    return inside(item, "metadata", "annotations", name)


def _project(item, read):
    label = inside(item, "metadata", "labels", "project")
    if label is not None:
        return read.text(label)
    namespace = read.text(inside(item, "metadata", "namespace"))
    if namespace is None or not namespace.startswith("runai-"):
        return namespace
    return namespace[len("runai-"):]


def phase_of(word):
    if word is None:
        return None
    return CONDITIONS.get(words.lower(word)) or words.phase(word)


def _condition(item):
    """The type of the condition that decides."""
    conditions = inside(item, "status", "conditions")
    best = None
    for condition in conditions if isinstance(conditions, list) else []:
        word = inside(condition, "type")
        if inside(condition, "status") != "True" or not isinstance(word, str):
            continue
        place = (phase_of(word) != "unknown", inside(condition, "lastTransitionTime") or "")
        if best is None or place >= best[0]:
            best = place, word
    return best[1] if best else None


def _raw_phase(item, read):
    for word in (inside(item, "status", "phase"), _annotation(item, "runai-calculated-status"),
                 _condition(item)):
        if word is not None:
            return read.text(word)
    return None


def _whole(value):
    """A number of pods, None if it is none."""
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def _pods(item, kind):
    if kind in WITHOUT_PODS:
        return None
    if kind == "DistributedWorkload" or inside(item, "spec", "mpi") is not None:
        return _whole(_spec(item, "workers"))
    for name in ("workers", "parallelism"):
        if _spec(item, name) is not None:
            return _whole(_spec(item, name))
    least, most = _spec(item, "minScale"), _spec(item, "maxScale")
    if least is None and most is None:
        return 1
    return _whole(least) if least is not None and _whole(least) == _whole(most) else None


def _leaders(item):
    return [inside(item, "masterSpec"), inside(item, "spec", "master"),
            inside(item, "spec", "launcher")]


def _has_terms(item, names):
    """Whether GPUs are requested in these terms."""
    return any(inside(part, name, "value") is not None for name in names
               for part in [inside(item, "spec"), *_leaders(item)])


def _requested(item, kind, read):
    """The GPUs of all its pods, None where that is not to be computed."""
    leaders = _leaders(item)
    gpus, pods = read.quantity(_spec(item, "gpu")), _pods(item, kind)
    own = [inside(leader, "gpu", "value") for leader in leaders]
    own = [read.quantity(value) for value in own if value is not None]
    if gpus is None or pods is None or None in own or _has_terms(item, OTHER_TERMS):
        return None
    return gpus * pods + sum(own)


def _nodes(item):
    """A list that is written as a text: as JSON, or with commas."""
    text = _annotation(item, "runai-used-nodes")
    if not isinstance(text, str) or isinstance(text, Number):
        return None
    if text.startswith("["):
        return json.loads(text)
    return [name.strip() for name in text.split(",")] if text.strip() else []


def _owners(item):
    owners = inside(item, "metadata", "ownerReferences")
    return owners if isinstance(owners, list) else []


def is_part(item, kind):
    """Whether it belongs to a workload of another kind."""
    return kind == "RunaiJob" and any(inside(owner, "kind") in TYPES for owner in _owners(item))


def _identity(item):
    """Lists may repeat a group."""
    return inside(item, "metadata", "uid") or json.dumps(
        [inside(item, "metadata", "namespace"), inside(item, "metadata", "name"),
         [inside(owner, "uid") for owner in _owners(item)]])


class PodGroups:
    """What the scheduler says of workloads, by their ids."""

    def __init__(self, items):
        self.of = {}
        read = Repairs()
        for item in {_identity(item): item for item in items}.values():
            figures = [read.quantity(inside(item, "status", "resourcesStatus", name,
                                            "nvidia.com/gpu")) for name in
                       ("allocated", "requested")]
            for owner in _owners(item):
                self.of.setdefault(inside(owner, "uid"), []).append(figures)
        self.repaired = read.count

    def figure(self, identity, which):
        """The sum over its groups, None if one of them does not say it, or there is none."""
        figures = [figures[which] for figures in self.of.get(identity, [])]
        return sum(figures) if figures and None not in figures else None


def add_pod_groups(record, item, groups):
    """They come before annotations, and after the spec."""
    allocated = groups.figure(record["id"], 0)
    if allocated is not None:
        record["gpus_allocated"] = allocated
    if record["gpus_requested"] is None and not _has_terms(item, BY_MEMORY):
        record["gpus_requested"] = groups.figure(record["id"], 1)


def record_of(item, kind):
    read = Repairs()
    record = dict(EMPTY)
    record["id"] = read.identity(inside(item, "metadata", "uid")) or None
    record["name"] = read.text(inside(item, "metadata", "name"))
    record["project"] = _project(item, read)
    record["user"] = read.text(_spec(item, "username"))
    record["raw_type"] = kind
    record["type"] = TYPES[kind]
    if kind == "RunaiJob":
        record["type"] = JOB_CLASSES.get(
            inside(item, "spec", "template", "spec", "priorityClassName"), "training")
    record["raw_phase"] = _raw_phase(item, read)
    record["phase"] = phase_of(record["raw_phase"])
    if inside(item, "metadata", "deletionTimestamp") is not None:
        record["phase"] = "terminating"
    record["gpus_requested"] = _requested(item, kind, read)
    record["gpus_allocated"] = read.quantity(_annotation(item, "runai-current-allocated-gpus"))
    record["nodes"] = _nodes(item)
    record["created_at"] = read.time(inside(item, "metadata", "creationTimestamp"))
    image = read.text(_spec(item, "image"))
    record["images"] = None if image is None else [image]
    pools = _spec(item, "nodePools")
    record["node_pools"] = read.one_or_more(_spec(item, "nodePool") if pools is None else pools)
    record["template"] = inside(item, "spec", "usage") == "Template"
    record["repaired"] = read.count
    return record
