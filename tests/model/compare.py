"""Finds where a report departs from what was expected of it."""
import json

from clusters import record_order
from report import ANY, TEXT
from values import Number

# Not to be known from the answers, or different from run to run.
LEFT_OUT = ("warnings", "certificate_expires_at", "requests", "retries", "bytes", "duration_ms")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file, parse_int=Number, parse_float=Number)


def _name(value):
    if not isinstance(value, dict):
        return ""
    return " " + str(value.get("name") or value.get("cluster") or value.get("key"))


def differences(wanted, got, where="", is_whole=True):
    """Lines that say what differs. Members that are not expected differ too, if `is_whole`."""
    if wanted is ANY or (wanted is TEXT and isinstance(got, str) and got):
        return
    if isinstance(wanted, dict) and isinstance(got, dict):
        for key, value in wanted.items():
            if key not in got:
                yield "%s.%s is missing" % (where, key)
            else:
                yield from differences(value, got[key], "%s.%s" % (where, key), is_whole)
        for key in got:
            if is_whole and key not in wanted and key not in LEFT_OUT and where != ".run":
                yield "%s.%s is not expected" % (where, key)
    elif isinstance(wanted, list) and isinstance(got, list):
        if len(wanted) != len(got):
            yield "%s has %d entries, not %d" % (where, len(got), len(wanted))
        for i, (one, other) in enumerate(zip(wanted, got)):
            yield from differences(one, other, "%s[%d%s]" % (where, i, _name(one)), is_whole)
    elif type(wanted) is not type(got) or wanted != got:
        yield "%s is %r, not %r" % (where, got, wanted)


def _place(workload):
    return (workload["cluster"].encode(),) + record_order(workload)


def disorder(workloads):
    """Whether the report's workloads are out of their order."""
    places = [_place(workload) for workload in workloads]
    for before, after in zip(places, places[1:]):
        if before > after:
            yield "workloads are not in their order: %r before %r" % (before, after)


def settled(workloads):
    """In an order that does not leave ties."""
    return sorted(workloads, key=lambda w: (_place(w), json.dumps(w, sort_keys=True)))


def against(wanted, got, is_whole=True):
    """Compares two reports, the order of workloads that share their place aside."""
    found = list(disorder(got.get("workloads", [])))
    wanted, got = dict(wanted), dict(got)
    for report in (wanted, got):
        if "workloads" in report:
            report["workloads"] = settled(report["workloads"])
    return found + list(differences(wanted, got, "", is_whole))
