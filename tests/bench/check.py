"""check.py REPORT EXPECTED [TIMES]: fail unless the totals and the clusters of a report, rollcall's or a peer's,
are the expected ones, and its list of workloads adds up to the same. The list is read one workload at
a time, so that a report of any size can be checked. TIMES: so many clusters each had the same workloads,
and the report does not list them."""
import json
import re
import sys
from collections import Counter

PHASES = {"Running": "running", "Pending": "pending", "Succeeded": "succeeded", "Failed": "failed",
          "Stopped": "stopped", "Preempted": "stopped", "Unknown": "unknown"}
TYPES = {"Train": "training", "Interactive": "interactive", "Inference": "inference"}
BLOCK = 1 << 20
LIST = re.compile(r'"workloads":\s*\[')


def open_report(path):
    """The report without its workloads, the file behind their "[", and what was read beyond that."""
    file = open(path, encoding="utf-8")
    text = ""
    while True:
        block = file.read(BLOCK)
        start = max(0, len(text) - 64)
        text += block
        found = LIST.search(text, start)
        if found:
            return json.loads(text[:found.end()] + "]}"), file, text[found.end():]
        if not block:
            sys.exit(f"{path}: no list of workloads")


def listed(file, text):
    decode = json.JSONDecoder().raw_decode
    at = 0
    while True:
        while at < len(text) and text[at] in ", \n\t":
            at += 1
        if text[at:at + 1] == "]":
            return
        try:
            value, at = decode(text, at)
            yield value
        except ValueError:
            block = file.read(BLOCK)
            if not block:
                sys.exit("the list of workloads is cut off")
            text, at = text[at:] + block, 0


def mapped(counts, names):
    result = Counter()
    for key, count in counts.items():
        result[names[key]] += count
    return dict(result)


def wanted_of(expected, is_rollcall):
    totals = expected["totals"]
    if not is_rollcall:
        return {key: totals["by" + key.capitalize()] for key in ("status", "type", "project", "user")}
    return {"phase": mapped(totals["byStatus"], PHASES), "type": mapped(totals["byType"], TYPES),
            "project": totals["byProject"], "user": totals["byUser"]}


def multiply(value, times):
    if isinstance(value, dict):
        return {key: multiply(part, times) for key, part in value.items()}
    return value * times


def load(arguments):
    """The report, its list of workloads (None: not expected), and what is expected of it."""
    with open(arguments[1], encoding="utf-8") as f:
        expected = json.load(f)
    if len(arguments) < 3:
        report, file, rest = open_report(arguments[0])
        return report, listed(file, rest), expected
    times = int(arguments[2])
    for key in ("clusters", "gpus", "totals"):
        expected[key] = multiply(expected[key], times)
    with open(arguments[0], encoding="utf-8") as f:
        return json.load(f), None, expected


def main():
    report, workloads, expected = load(sys.argv[1:])
    is_rollcall = "format" in report
    wanted = wanted_of(expected, is_rollcall)
    totals = report["totals"]
    faults = []

    def claim(is_true, what):
        if not is_true:
            faults.append(what)

    claim(totals["workloads"] == expected["totals"]["workloads"], "the total of workloads")
    for key, counts in wanted.items():
        said = ({entry["key"]: entry["workloads"] for entry in totals["by_" + key] if entry["workloads"]}
                if is_rollcall else totals["by" + key.capitalize()])
        claim(said == counts, f"the totals by {key}")
    if is_rollcall:
        claim(totals["gpus_allocated"] == expected["gpus"], "the total of GPUs")
    claim(len(report["clusters"]) == expected["clusters"], "the number of clusters")
    claim(all(c["status"] == "ok" and c["workloads"] == expected["workloads_each"]
              for c in report["clusters"]), "the clusters' status or workloads")

    counts, number = {key: Counter() for key in wanted}, 0
    for workload in workloads or ():
        number += 1
        for key, counter in counts.items():
            counter[workload[key]] += 1
    if workloads is None:
        claim("workloads" not in report, "there is a list of workloads")
    else:
        claim(number == expected["totals"]["workloads"], f"{number} workloads are listed")
        claim(counts == wanted, "the listed workloads' sums")
    if faults:
        sys.exit(f"{sys.argv[1]}: wrong: " + "; ".join(faults))


main()
