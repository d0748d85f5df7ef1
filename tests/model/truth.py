"""The simulator's own idea of the report, from truth.jsonl."""
import json

from report import ANY
from values import Members, Number


def _error(entry):
    return None if entry["class"] is None else {"class": entry["class"]}


def _cluster(line):
    shown = {"name": line["cluster"], "error": _error(line)}
    for key in ("status", "workloads", "gpus_allocated", "workloads_without_gpus", "repaired"):
        shown[key] = line[key]
    shown["projects"] = ANY
    if line["projects"] is not None and line["status"] != "failed":
        shown["projects"] = [{**{key: p[key] for key in p if key != "class"}, "error": _error(p)}
                             for p in line["projects"]]
    return shown


def load(path, selection, has_workloads):
    """What it says of the selected clusters, None if the selection is one of projects."""
    shown = {"clusters": [], "workloads": []}
    if selection.projects:
        return None
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = [json.loads(line, parse_int=Number, parse_float=Number, object_pairs_hook=Members)
                 for line in file.read().split("\n") if line]
    for line in lines:
        if "projects" in line:
            shown["clusters"].append(_cluster(line))
        elif "cluster" in line:
            shown["workloads"].append(line)
        elif selection.is_empty():
            shown.update(line)
    if not has_workloads:
        del shown["workloads"]
    return shown
