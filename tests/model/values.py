"""JSON as answers hold it: exact numbers, text that may be ill-formed, members that come twice.

Values are None, bool, str, Number, list and Members. A str may hold MARK, one for each ill-formed
piece; text() turns them into U+FFFD and counts them.
"""
import codecs
import decimal
import json
import re

DECIMAL = decimal.Context(prec=20000, rounding=decimal.ROUND_HALF_UP, Emax=10**9, Emin=-10**9)
MOST_GPUS = decimal.Decimal(10**9)
MARK = "\udc80"  # a lone surrogate: decoded UTF-8 cannot hold one


# The suffixes of Kubernetes' quantities.
SUFFIXES = {"": decimal.Decimal(1),
            **{suffix: decimal.Decimal(10) ** (3 * (i - 3)) for i, suffix in
               enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"))},
            **{suffix + "i": decimal.Decimal(1024) ** i for i, suffix in
               enumerate(("K", "M", "G", "T", "P", "E"), 1)}}
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
                       r"([numkMGTPE]|[KMGTPE]i)?")


class Number(str):
    """A number by its digits."""


class Members(dict):
    """An object; `twice` are the names that it has more than once."""

    def __init__(self, pairs):
        super().__init__(pairs)
        names = [name for name, _ in pairs]
        self.twice = {name for name in names if names.count(name) > 1} \
            if len(names) != len(self) else set()


class Broken(Exception):
    """An answer that cannot be used; the argument is the error's class."""


def _mark(error):
    return MARK, error.end


codecs.register_error("mark", _mark)


def _no_constant(name):
    raise ValueError(name)


def parse(data):
    """Parses the bytes of a body; raises Broken."""
    text = data.decode("utf-8", "mark")
    if text.startswith("\ufeff"):
        text = text[1:]
    text = text.strip(" \t\r\n")
    if not text or not re.match(r'[\[{"0-9tfn-]', text):
        raise Broken("not_json")
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_no_constant,
                          object_pairs_hook=Members)
    except (ValueError, RecursionError):
        raise Broken("bad_json") from None


class Repairs:
    """Reads fields; counts those that had to be mended."""

    def __init__(self):
        self.count = 0

    def _wrong(self):
        self.count += 1

    def text(self, value):
        if value is None:
            return None
        if isinstance(value, Number) or not isinstance(value, str):
            return self._wrong()
        good = "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in value)
        self.count += sum(a != b for a, b in zip(good, value))
        return good

    def identity(self, value):
        """A text, or a number by its digits."""
        return str(value) if isinstance(value, Number) else self.text(value)

    def texts(self, value):
        if value is None:
            return None
        if not isinstance(value, list):
            return self._wrong()
        return [self.text(item) for item in value]

    def one_or_more(self, value):
        """A list of texts, or one text."""
        if isinstance(value, str) and not isinstance(value, Number):
            value = [value]
        return self.texts(value)

    def truth(self, value):
        if value is None or isinstance(value, bool):
            return value
        return self._wrong()

    def amount(self, value):
        """Millionths."""
        if value is None:
            return None
        if not isinstance(value, Number):
            return self._wrong()
        exact = DECIMAL.create_decimal(value)
        if exact < 0 or exact > MOST_GPUS:
            return self._wrong()
        return int(exact.quantize(decimal.Decimal("0.000001"), context=DECIMAL).scaleb(6))

    def quantity(self, value):
        """An amount as Kubernetes writes it, mostly as a text."""
        if isinstance(value, str) and not isinstance(value, Number):
            match = _QUANTITY.fullmatch(value)
            if not match:
                return self._wrong()
            factor = SUFFIXES[match[2] or ""]
            value = Number(DECIMAL.multiply(DECIMAL.create_decimal(match[1]), factor))
        return self.amount(value)

    def seconds(self, value):
        if value is None:
            return None
        if not isinstance(value, Number) or not re.fullmatch(r"[0-9]+", value):
            return self._wrong()
        return int(value)

    def milliseconds(self, value):
        """A time in UNIX milliseconds, or RFC 3339."""
        if not isinstance(value, Number):
            return self.time(value)
        if not re.fullmatch(r"-?[0-9]+", value):
            return self._wrong()
        return self._known(time_text(int(value) // 1000))

    def time(self, value):
        if value is None:
            return None
        if isinstance(value, Number) or not isinstance(value, str):
            return self._wrong()
        return self._known(read_time(value))

    def _known(self, value):
        return self._wrong() if value is None else value


_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.\d+)?"
                   r"(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)


def days_before(year, month, day):
    """Days from 1970-01-01, in the Gregorian calendar without end."""
    year -= month <= 2
    era = year // 400
    of_era = year - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719468


def days_in(year, month):
    is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return [31, 29 if is_leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]


def read_time(text):
    """RFC 3339 as RFC 3339 in UTC to whole seconds; None if it is none."""
    match = _TIME.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    if not 1 <= month <= 12 or not 1 <= day <= days_in(year, month):
        return None
    if hour > 23 or minute > 59 or second > 60:
        return None
    seconds = days_before(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
    if match[7]:
        if int(match[8]) > 23 or int(match[9]) > 59:
            return None
        offset = int(match[8]) * 3600 + int(match[9]) * 60
        seconds -= offset if match[7] == "+" else -offset
    return time_text(seconds)


def time_text(seconds):
    """None beyond the years of four digits."""
    if not days_before(0, 1, 1) * 86400 <= seconds < days_before(10000, 1, 1) * 86400:
        return None
    days, rest = divmod(seconds, 86400)
    year = 1970 + days * 400 // 146097
    while days_before(year, 1, 1) > days:
        year -= 1
    while days_before(year + 1, 1, 1) <= days:
        year += 1
    month = 12
    while days_before(year, month, 1) > days:
        month -= 1
    day = days - days_before(year, month, 1) + 1
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % (year, month, day, rest // 3600, rest // 60 % 60,
                                               rest % 60)


def micro_text(micro):
    """Millionths as the report prints them."""
    if micro is None:
        return None
    whole, part = divmod(micro, 1000000)
    return Number(("%d.%06d" % (whole, part)).rstrip("0").rstrip("."))
