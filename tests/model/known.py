"""What the control plane's list of workloads came to."""
import sources
from answers import Unusable
from lists import Failure, UNKNOWN, decisive, partly
from values import Number


class Known:
    """Its workloads, of one cluster or of all.

    `records` is what came of them, `failure` what is wrong with the list (None: it is whole);
    with `is_kept` that costs none of what came. `was_read`: whether anybody asked for it.
    """

    def __init__(self, answers, uuid=None):
        wanted = "clusterId==" + uuid if uuid else None
        self.records, self.failure, self.is_kept = [], None, False
        own = [answer for answer in answers
               if answer.method == "GET" and answer.query.get("filterBy") == wanted]
        self.pages = [answer for answer in own if answer.path == "/api/v1/workloads"]
        self.counts = [answer for answer in own if answer.path == "/api/v1/workloads/count"]
        self.was_read = bool(self.pages)
        self._read()

    def _read(self):
        """Pages are read again where removals have shifted the list, so that all good answers tell
        of workloads. One that is met again so many places further to the front tells how many went
        away before it."""
        if not self.pages:
            self.failure = self._count_failure() or UNKNOWN
            return
        final = {answer.target: answer for answer in self.pages}
        seen, places, gone, is_blind = {}, {}, 0, False
        for answer in self.pages:
            try:
                items, document = answer.items("workloads")
            except Unusable as why:
                if final[answer.target] is not answer:
                    continue
                self.failure = Failure(why.error_class, why.status)
                return
            offset, following = int(answer.query["offset"]), document.get("next")
            for place, item in enumerate(items, offset):
                record = sources.control_plane(item)
                key = record["id"] if record["id"] is not None else object()
                seen[key] = record
                gone = max(gone, places.setdefault(key, place) - place)
            is_blind |= isinstance(following, Number) and bool(items) and record["id"] is None
            self.failure = self.failure or partly(answer)
            if isinstance(following, Number) and 0 < int(following) <= offset:
                self.failure = Failure("incomplete", answer.status)
        self.records = [record for record in seen.values() if not record["deleted"]]
        self.deleted = len(seen) - len(self.records)
        self.is_kept = True
        if self.failure is None:
            self._compare(seen.values(), gone, is_blind)

    def _count_failure(self):
        answer = decisive(self.counts)
        try:
            return answer and answer.document() and None
        except Unusable as why:
            return Failure(why.error_class, why.status)

    def _compare(self, seen, gone, is_blind):
        """What was seen is between the counts before and after, but for what is deleted, and for
        what went away meanwhile. `is_blind`: a page ends with a workload without an id, which the
        next one cannot join."""
        numbers = [int(answer.document()["count"]) for answer in self.counts if answer.is_good()]
        if not numbers:
            self.failure = self._count_failure()
            if self.failure and self.failure.status == 404:
                self.failure = None
            return
        alive = [record for record in seen if not record["deleted"]]
        if len(seen) < min(numbers) or len(alive) - gone > max(numbers) or \
                (is_blind and min(numbers) != max(numbers)):
            self.failure = Failure("incomplete", 200)
