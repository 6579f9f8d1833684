"""JSON as JavaScript's JSON.parse and JSON.stringify have it (section 5: when a value stands for its own bytes)."""

import json
import math
import re
import sys

MAX_DEPTH = 500
# stringify takes several calls for each level.
sys.setrecursionlimit(10_000)
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")
_SHORT = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def parse(text):
    """The value; ValueError where JSON.parse throws."""
    return json.loads(text, parse_constant=_no_constant, parse_int=float)


def _no_constant(name):
    raise ValueError(f"{name} is not JSON")


def is_deep(text):
    """Whether a text is nested deeper than 500. Brackets within strings count."""
    depth = 0
    for one in text:
        depth += (one in "[{") - (one in "]}")
        if depth > MAX_DEPTH:
            return True
    return False


def stringify(value):
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return number(float(value))
    if isinstance(value, str):
        return '"' + "".join(map(_character, value)) + '"'
    if isinstance(value, list):
        return "[" + ",".join(map(stringify, value)) + "]"
    return "{" + ",".join(f"{stringify(key)}:{stringify(value[key])}" for key in _ordered(value)) + "}"


def _character(one):
    if one in _SHORT:
        return _SHORT[one]
    if one < " " or "\ud800" <= one <= "\udfff":
        return f"\\u{ord(one):04x}"
    return one


def _ordered(members):
    """Array indices come first and ascend, as in every JavaScript object; then the order of writing."""
    indices = [key for key in members if _ARRAY_INDEX.fullmatch(key) and int(key) < 2**32 - 1]
    return sorted(indices, key=int) + [key for key in members if key not in indices]


def number(value):
    """Number::toString of ECMAScript: the shortest digits, exponents below 1e-6 and from 1e21 on."""
    if math.isinf(value):
        return "null"
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, part = mantissa.partition(".")
    part = "" if part == "0" else part
    point = len(whole) + int(exponent or 0)
    digits = whole + part
    point -= len(digits) - len(digits.lstrip("0"))
    digits = digits.strip("0")
    count = len(digits)
    if count <= point <= 21:
        return sign + digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    power = f"e{'+' if point > 0 else '-'}{abs(point - 1)}"
    return sign + (digits if count == 1 else f"{digits[0]}.{digits[1:]}") + power
