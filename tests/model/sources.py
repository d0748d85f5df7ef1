"""Records of the three flavours as the report has them.

A record is a dict of the report's fields (amounts in millionths) and of what is needed to judge it:
`repaired`; `deleted` (control plane) and `template` (kubernetes) are not for the report.
"""
import words
from values import Members, Repairs

EMPTY = {"id": None, "name": None, "project": None, "department": None, "user": None, "type": None,
         "raw_type": None, "raw_category": None, "phase": None, "raw_phase": None,
         "gpus_allocated": None, "gpus_requested": None, "gpus_idle": None, "created_at": None,
         "images": None, "nodes": None, "node_pools": None, "preemptible": None}


def researcher(job):
    read = Repairs()
    record = dict(EMPTY)
    record["id"] = read.identity(job.get("id")) or None
    record["name"] = read.text(job.get("name"))
    record["project"] = read.text(job.get("project"))
    record["user"] = read.text(job.get("user"))
    record["raw_type"] = read.text(job.get("type"))
    record["raw_phase"] = read.text(job.get("status"))
    record["nodes"] = read.one_or_more(job.get("nodes"))
    record["images"] = read.one_or_more(job.get("images"))
    record["created_at"] = read.milliseconds(job.get("createdAt"))
    record["gpus_allocated"] = read.amount(job.get("currentAllocatedGPUs"))
    record["type"] = words.type_of(record["raw_type"])
    record["phase"] = words.phase(record["raw_phase"])
    if words.is_preemptible(record["raw_type"]):
        record["preemptible"] = True
    record["repaired"] = read.count
    return record


def inside(value, *path):
    """The member at the end of the path, None where it ends early."""
    for name in path:
        value = value.get(name) if isinstance(value, Members) else None
    return value


def control_plane(workload):
    read = Repairs()
    record = dict(EMPTY)
    record["id"] = read.identity(workload.get("id")) or None
    for field, name in (("name", "name"), ("project", "projectName"),
                        ("department", "departmentName"), ("user", "submittedBy"),
                        ("raw_type", "type"), ("raw_category", "category"),
                        ("raw_phase", "phase")):
        record[field] = read.text(workload.get(name))
    record["gpus_allocated"] = read.amount(inside(workload, "allocatedResources", "gpu"))
    record["gpus_requested"] = read.amount(
        inside(workload, "workloadRequestedResources", "gpu", "request"))
    idle = "idleAllocatedGpus" if workload.get("idleAllocatedGpus") is not None else "idleGpus"
    record["gpus_idle"] = read.amount(workload.get(idle))
    record["created_at"] = read.time(workload.get("createdAt"))
    record["images"] = read.texts(workload.get("images"))
    record["node_pools"] = read.texts(workload.get("currentNodePools"))
    record["preemptible"] = read.truth(workload.get("preemptible"))
    if record["preemptible"] is None and words.is_preemptible(record["raw_type"]):
        record["preemptible"] = True
    record["pending_seconds"] = read.seconds(workload.get("totalPendingTimeSeconds"))
    record["running_seconds"] = read.seconds(workload.get("totalRunningTimeSeconds"))
    record["type"] = words.type_and_category(record["raw_type"], record["raw_category"])
    record["phase"] = words.phase(record["raw_phase"])
    record["deleted"] = workload.get("deletedAt") is not None
    record["cluster_id"] = workload.get("clusterId")
    record["repaired"] = read.count
    return record
