"""What a page may expect of a value, besides the value itself.

A matcher says what it expects in words and judges one value: pass, warn or fail. Expected is a set, not a value:
protocols allow alternatives. Values are compared as JSON: true is not 1, and "1" is not 1.
"""

from __future__ import annotations

import ast
import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, Literal

Judged = Literal["pass", "warn", "fail"]


class _Missing:
    def __repr__(self) -> str:
        return "nothing"


MISSING: Final = _Missing()
"""Stands for a field that was not sent."""


@dataclass(frozen=True, slots=True)
class Matcher:
    """`judge(value, at)` decides on one value that came at the instant `at`; `text` is what is printed as expected."""

    text: str
    judge: Callable[[Any, datetime], Judged]


def matcher(expected: Any) -> Matcher:
    """The matcher itself, or one that demands exactly this JSON value."""
    if isinstance(expected, Matcher):
        return expected
    return Matcher(shown(expected), lambda value, at: _judged(same(value, expected)))


def shown(value: Any) -> str:
    """A JSON value as a report prints it."""
    return repr(value)


def same(left: Any, right: Any) -> bool:
    """Equality of JSON values: types count, but 1 and 1.0 are one number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    return bool(left == right)


def any_of(*values: Any) -> Matcher:
    """One of these values or matchers; the kindest judgement counts."""
    options = [matcher(value) for value in values]
    order: list[Judged] = ["pass", "warn", "fail"]

    def judge(value: Any, at: datetime) -> Judged:
        return min((option.judge(value, at) for option in options), key=order.index)

    return Matcher(" or ".join(option.text for option in options), judge)


def not_(unwanted: Any) -> Matcher:
    """Any value but this one, or none that matches; the field must be there."""
    bad = matcher(unwanted)
    return Matcher(
        f"a value other than {bad.text}",
        lambda value, at: _judged(value is not MISSING and bad.judge(value, at) == "fail"),
    )


def at_least(least: float) -> Matcher:
    """A number that is not smaller."""
    return Matcher(f"at least {least:g}", lambda value, at: _judged(_is_number(value) and value >= least))


def about(middle: float, tolerance: float) -> Matcher:
    """A number within the tolerance."""
    text = f"{middle:g} ± {tolerance:g}"
    return Matcher(text, lambda value, at: _judged(_is_number(value) and abs(value - middle) <= tolerance))


def asked(value: Any) -> Matcher:
    """What the operator asked for; leaving it to the other side is legal but not what was asked, and warns."""
    return any_of(value, Matcher(f"{ABSENT_TEXT} (warns)", lambda found, at: "warn" if found is MISSING else "fail"))


def absent_or(value: Any) -> Matcher:
    """Nothing, or this value."""
    return any_of(absent, value)


def ignoring_case(text: str) -> Matcher:
    """This text in any letter case, as identifiers compare (OCPP 1.6 §7.28)."""
    wanted = text.casefold()
    return Matcher(
        f"{text!r} in any letter case", lambda value, at: _judged(isinstance(value, str) and value.casefold() == wanted)
    )


def same_time(text: str, tolerance_s: float = 1) -> Matcher:
    """A date-time that means the same instant, however it is written; records may drop fractions of a second."""
    wanted = parse_time(text)

    def judge(value: Any, at: datetime) -> Judged:
        instant = parse_time(value)
        return _judged(
            instant is not None and wanted is not None and abs((instant - wanted).total_seconds()) < tolerance_s
        )

    within = "" if tolerance_s == 1 else f" ± {tolerance_s:g} s"
    return Matcher(f"the instant {text}{within}", judge)


def same_bytes(text: str) -> Matcher:
    """The bytes that this base64 text stands for; white space between its characters warns (RFC 4648 §3.1)."""
    wanted = base64.b64decode(text)

    def judge(value: Any, at: datetime) -> Judged:
        if not isinstance(value, str) or _decoded("".join(value.split())) != wanted:
            return "fail"
        return "pass" if _decoded(value) == wanted else "warn"

    return Matcher(f"the {len(wanted)} bytes that were given, in base64", judge)


def _decoded(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def warns_on(tolerated: Any, otherwise: Any) -> Matcher:
    """`otherwise` passes; `tolerated` is let through with a warning."""
    bad, good = matcher(tolerated), matcher(otherwise)

    def judge(value: Any, at: datetime) -> Judged:
        judged = good.judge(value, at)
        return "warn" if judged == "fail" and bad.judge(value, at) != "fail" else judged

    return Matcher(f"{good.text}; {bad.text} with a warning", judge)


def about_now(tolerance_s: float) -> Matcher:
    """A date-time within so many seconds of the moment it was received."""

    def judge(value: Any, at: datetime) -> Judged:
        instant = parse_time(value)
        return _judged(instant is not None and abs((instant - at).total_seconds()) <= tolerance_s)

    return Matcher(f"the current time ± {tolerance_s:g} s", judge)


def _past(value: Any, at: datetime) -> Judged:
    instant = parse_time(value)
    return _judged(instant is not None and instant <= at)


def _future(value: Any, at: datetime) -> Judged:
    instant = parse_time(value)
    return _judged(instant is not None and instant > at)


ABSENT_TEXT: Final = "no such field"
absent: Final = Matcher(ABSENT_TEXT, lambda value, at: "pass" if value is MISSING else "fail")
present: Final = Matcher("any value", lambda value, at: "fail" if value is MISSING else "pass")
positive: Final = Matcher("a positive number", lambda value, at: "pass" if _is_number(value) and value > 0 else "fail")
future_or_absent: Final = any_of(absent, Matcher("a date-time in the future", _future))
past_or_absent: Final = any_of(absent, Matcher("a date-time in the past", _past))


_HOUR, _MINUTE = r"(?:[01]\d|2[0-3])", r"[0-5]\d"
_TIME = re.compile(
    rf"(\d{{4}}-\d\d-\d\d)[Tt]({_HOUR}:{_MINUTE}):({_MINUTE}|60)(\.\d+)?([Zz]|[+-]{_HOUR}:{_MINUTE})", re.ASCII
)


def parse_time(value: Any) -> datetime | None:
    """An RFC 3339 date-time as an aware datetime in UTC, or None; a leap second counts as the second before."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None
    day, minute, second, fraction, zone = found.groups()
    text = f"{day}T{minute}:{min(int(second), 59):02}{(fraction or '')[:7]}{zone.upper()}"
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


_STEP = re.compile(r"""\[(\d+)\]|\[('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]|([^.\[\]]+)""")


def find(payload: Any, path: str) -> Any:
    """The value at a path such as `idTagInfo.status`, `key[0]` or `['a b']`, else MISSING; "" is the payload itself."""
    value = payload
    for index, quoted, name in _STEP.findall(path):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else MISSING
        else:
            key = ast.literal_eval(quoted) if quoted else name
            value = value.get(key, MISSING) if isinstance(value, Mapping) else MISSING
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _judged(good: bool) -> Judged:
    return "pass" if good else "fail"
