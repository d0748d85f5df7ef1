"""Reads a configuration in libconfig's format, as far as fleetsim writes it."""
import re

_TOKEN = re.compile(r"""\s+|\#[^\n]*|(?P<string>"(?:\\.|[^"\\])*")|(?P<number>-?[0-9][0-9.eE+-]*)"""
                    r"""|(?P<name>[A-Za-z*][A-Za-z0-9_*-]*)|(?P<mark>[{}()\[\]=:;,])""", re.S)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "f": "\f", "\\": "\\", '"': '"'}


def _tokens(text):
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            raise ValueError("rollcall.conf: cannot read " + text[at:at + 40])
        at = match.end()
        if match.lastgroup:
            yield match.lastgroup, match[0]
    yield "end", ""


def _string(token):
    return re.sub(r"\\(.)", lambda match: _ESCAPES[match[1]], token[1:-1], flags=re.S)


class _Parser:
    def __init__(self, text):
        self.tokens = list(_tokens(text))
        self.at = 0

    def take(self, *wanted):
        kind, token = self.tokens[self.at]
        if wanted and token not in wanted:
            return None
        self.at += 1
        return kind, token

    def value(self):
        kind, token = self.take()
        if token == "{":
            return self.group("}")
        if token in "([" and kind == "mark":
            end = ")" if token == "(" else "]"
            items = []
            while not self.take(end):
                items.append(self.value())
                self.take(",")
            return items
        if kind == "string":
            return _string(token)
        if kind == "number":
            return token
        return {"true": True, "false": False}[token.lower()]

    def group(self, end):
        group = {}
        while not self.take(end):
            name = self.take()[1]
            if not self.take("=", ":"):
                raise ValueError("rollcall.conf: no value for " + name)
            group[name] = self.value()
            self.take(";", ",")
        return group


def read(path):
    """The file as dicts, lists, strings, booleans, and numbers by their digits."""
    with open(path, encoding="utf-8", errors="surrogateescape") as file:
        return _Parser(file.read()).group("")
