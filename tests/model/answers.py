"""What fleetsim served: its answers.log, and what each answer is worth on its own."""
import json
import urllib.parse
import zlib

from values import Broken, Members, parse

# Faults of the bytes on the wire that spoil nothing: clients have to cope with them.
HARMLESS = set("""bom slow_first_byte other_project cn_only chain chain_disordered
    wire:http10 wire:no_reason wire:lf_only wire:1xx_some wire:length_huge wire:length_same
    wire:length_chunked wire:chunk_extension wire:trailers wire:header_cr wire:header_fold
    h2_goaway_after h2_trailers""".split())
# Faults of what an answer says: the record holds all of it.
WELL_SENT = set("403_html 502_html html200 redirect empty_body bad_json truncated_json wrong_shape "
                "429_date".split())
# The codings that are known here, and how many there may be around each other.
ZLIB_CODINGS = ("gzip", "x-gzip", "deflate")
MOST_CODINGS = 5
GOOD_STATUSES = (200, 201, 203, 207)


class Unusable(Exception):
    """Why an answer gives no document: the error's class, None where only the truth knows it, and
    the HTTP status."""

    def __init__(self, error_class, status):
        super().__init__(error_class)
        self.error_class = error_class
        self.status = status


def class_of_status(status):
    if 300 <= status < 400 and status in (301, 302, 303, 307, 308):
        return "redirect"
    return {401: "auth", 403: "auth", 404: "not_found", 407: "proxy",
            429: "rate_limited"}.get(status, "http")


class Answer:
    def __init__(self, head, body):
        self.cluster = head["cluster"]
        self.method = head["method"]
        self.target = head["path"]
        self.path, _, query = head["path"].partition("?")
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.served = head["served"]
        self.status = head["status"]
        self.headers = {}
        for name, value in head["headers"]:  # one that comes twice is one list
            name = name.lower()
            self.headers[name] = self.headers[name] + ", " + value if name in self.headers else value
        self.body = body
        self._parsed = None

    def is_sent_well(self):
        name = self.served.partition("fault:")[2]
        if not name or name.isdigit() or name in HARMLESS or name in WELL_SENT:
            return True
        return name.startswith(("odd_json:", "coding:"))

    def _decoded(self):
        body = self.body
        codings = [coding.strip() for coding in
                   self.headers.get("content-encoding", "identity").split(",")]
        if len(codings) > MOST_CODINGS or not set(codings) <= {"identity", *ZLIB_CODINGS}:
            raise Unusable("protocol", self.status)
        for coding in reversed(codings):
            if coding in ZLIB_CODINGS:
                try:
                    body = zlib.decompressobj(47).decompress(body)
                except zlib.error:
                    raise Unusable("protocol", self.status) from None
        return body

    def document(self):
        """The parsed body of a good answer, or raises Unusable."""
        if self._parsed is None:
            self._parsed = self._document()
        return self._parsed

    def is_good(self):
        try:
            self.document()
        except Unusable:
            return False
        return True

    def _document(self):
        if not self.is_sent_well() or self.body is None:
            raise Unusable(None, None)
        if self.status not in GOOD_STATUSES:
            raise Unusable(class_of_status(self.status), self.status)
        try:
            return parse(self._decoded())
        except Broken as why:
            raise Unusable(why.args[0], self.status) from None

    def items(self, name):
        """The objects of the document's list, and the document."""
        document = self.document()
        if not isinstance(document, Members) or name in document.twice or name not in document:
            raise Unusable("bad_shape", self.status)
        items = [] if document[name] is None else document[name]
        if not isinstance(items, list) or not all(isinstance(item, Members) for item in items):
            raise Unusable("bad_shape", self.status)
        return items, document


def read(path):
    """All answers in order, by the cluster's name ("control" for the control plane)."""
    answers = {}
    with open(path, "rb") as file:
        while line := file.readline():
            head = json.loads(line)
            body = None if head["length"] is None else file.read(head["length"])
            file.read(1)
            answers.setdefault(head["cluster"], []).append(Answer(head, body))
    return answers
