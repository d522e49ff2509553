"""A case told as text, the same for the terminal, the HTML report and JUnit.

What came from the other side is shown printable: control characters are escaped, long values are shortened.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from textwrap import indent
from typing import Any

from harness.results import CaseResult, Check, Message, Verdict
from harness.tables.facts import counts, start_ns

WIDTH = 140
_ARROWS = {"sent": "──>", "received": "<──"}
_EVENTS = ("attempt", "open", "wait", "close")


def failure_text(result: CaseResult, *, width: int = WIDTH) -> str:
    """The case as text: what failed, what warns, what could not be verified, and the conversation around it."""
    parts = [_headline(result)]
    if result.verdict is Verdict.ERROR and result.error:
        parts.append(indent(printable(result.error.rstrip()), "  "))
    parts += [_told(check) + _more("\n    ", count) for check, count in alike(result.failed)]
    if found := alike(result.warned):
        parts.append("\n".join(["  warnings", *(f"    {one_line(check)}{_more(' ', n)}" for check, n in found)]))
    if unseen := [check for check in result.checks if check.outcome == "unverifiable"]:
        parts.append("\n".join(["  unverifiable", *(f"    {line}" for line in _unverifiable(unseen))]))
    if result.known_failure:
        parts.append(f"  known failure: {printable(result.known_failure)}")
    if result.messages:
        lines = conversation(result.messages, result.checks, width=width)
        parts.append("\n".join(["  conversation so far (harness | system under test)", *lines]))
    return "\n\n".join(parts) + "\n"


def alike(checks: Iterable[Check]) -> list[tuple[Check, int]]:
    """The checks, those that say the same of the same place once, with how many they are."""
    first: dict[object, Check] = {}
    count: Counter[object] = Counter()
    for check in checks:
        key = (check.outcome, check.phase, check.step, check.message, check.path, check.rule, check.expected)
        first.setdefault(key, check)
        count[key] += 1
    return [(check, count[key]) for key, check in first.items()]


def _unverifiable(checks: Iterable[Check]) -> Iterator[str]:
    """A line for each thing that could not be looked at, with all its fields."""
    together: dict[object, list[Check]] = {}
    for check in checks:
        together.setdefault((check.phase, check.step, check.message, str(check.received)), []).append(check)
    for first, *others in together.values():
        paths = ", ".join(check.path for check in (first, *others))
        yield f"{where(replace(first, path=paths))}: {received(first)}" if others else one_line(first)


def _more(before: str, count: int) -> str:
    return f"{before}(and {count - 1} more like it)" if count > 1 else ""


def one_line(check: Check) -> str:
    """A check in one line: where, expected, received, hint."""
    place = "  ".join(part for part in (where(check), check.rule or check.source) if part)
    hint = f"; {printable(check.hint)}" if check.hint else ""
    return f"{place}: expected {expected(check)}, received {received(check)}{hint}{' [dictated]' * check.dictated}"


def expected(check: Check, limit: int = 400) -> str:
    """What was expected, printable."""
    return cut(printable(check.expected), limit)


def received(check: Check, limit: int = 400) -> str:
    """What came: a field's value as a literal, words about a whole message as they are."""
    value = check.received
    words = value == "nothing" or check.outcome == "unverifiable" or check.path == ""
    return cut(printable(value if words and isinstance(value, str) else repr(value)), limit)


def conversation(messages: Sequence[Message], checks: Iterable[Check] = (), *, width: int = WIDTH) -> Iterator[str]:
    """The lines of the conversation, shortened around what the failed checks judged; all of it without checks."""
    checks = list(checks)
    failing = {check.message_n for check in checks if check.outcome == "fail"}
    kept = _kept(messages, failing) if checks else set(range(len(messages)))
    name_width = max([28, *(len(name(messages[index])) + 1 for index in kept)])
    begin_ns = start_ns(messages)
    for index in range(max(kept, default=-1) + 1):
        if index in kept:
            yield _line(messages[index], begin_ns, messages[index].n in failing, name_width, width)
        elif index - 1 in kept:
            yield "     …"


def _kept(messages: Sequence[Message], failing: set[int | None]) -> set[int]:
    """The first two, each failing one with the one before it and its call; the end if nothing points elsewhere."""
    found = [index for index, message in enumerate(messages) if message.n in failing]
    kept = {0, 1} & set(range(len(messages)))
    for index in found:
        kept |= {max(index - 1, 0), index}
        kept |= {call for call in range(index) if _asks(messages[call], messages[index])}
    if not found or None in failing:
        kept |= set(range(max(len(messages) - 4, 0), len(messages)))
    gaps = {index for index in range(len(messages)) if {index - 1, index + 1} <= kept}
    return kept | gaps


def _asks(call: Message, answer: Message) -> bool:
    pair = (call.connection, call.unique_id) == (answer.connection, answer.unique_id)
    return pair and call.kind == "call" and answer.kind in ("result", "error") and call.direction != answer.direction


def _headline(result: CaseResult) -> str:
    head = f"{result.case} {result.verdict.value.replace('_', ' ').upper()}"
    made, failed = counts(result.checks)[:2]
    if failed and result.verdict is Verdict.FAIL:
        return f"{head} — {failed} of {made} check{'s' * (made != 1)} failed"
    return f"{head} — {printable(result.reason)}" if result.reason else head


def _told(check: Check) -> str:
    rows = [
        ("expected", expected(check)),
        ("received", received(check)),
        ("rule", check.rule),
        ("source", check.source),
        ("hint", printable(check.hint)),
        ("note", "dictated: the driver itself wrote this field into the request" if check.dictated else ""),
    ]
    return "\n".join([f"  {where(check)}", *(f"    {label:<10}{text}" for label, text in rows if text)])


def where(check: Check) -> str:
    """The place of a check: phase, step, message, path."""
    step = f"step {check.step}" if check.step != "" else ""
    phase = check.phase if check.phase not in ("case", check.message) else ""
    return printable("  ".join(part for part in (phase, step, check.message, check.path) if part))


def _line(message: Message, begin_ns: int, failing: bool, name_width: int, width: int) -> str:
    mark = "✗" if failing else " "
    offset_s = (message.at_ns - begin_ns) / 1e9
    head = f"  {mark}{message.n:>3}{offset_s:>8.3f} s "
    if message.kind in _EVENTS:
        return cut(f"{head}{event(message)}", width).rstrip()
    head += f"{_ARROWS[message.direction]} {name(message):<{name_width}}"
    tail = "  (unsolicited)" if message.unsolicited else ""
    return cut(head + content(message, max(width - len(head) - len(tail), 20)) + tail, width)


def name(message: Message) -> str:
    """The name of a frame, printable and of a sensible length."""
    return cut(printable(message.name), 44)


def event(message: Message) -> str:
    """A connection event or a pause in words."""
    words = {
        "attempt": "attempt",
        "open": f"connection {message.connection} opened",
        "close": f"connection {message.connection} closed",
        "wait": "waiting",
    }
    return f"── {words[message.kind]}{f': {printable(message.note)}' if message.note else ''}"


def content(message: Message, limit: int) -> str:
    """What a frame carries in at most so many characters: its payload, or the raw text if it has none."""
    if message.kind in ("call", "result") and message.payload is not None:
        return printable(compact(message.payload, limit))
    note = f"  ({message.note})" if message.note else ""
    return cut(printable(message.raw + note), limit)


def compact(value: Any, limit: int) -> str:
    """The value as JSON in at most `limit` characters: long texts and lists inside are shortened first."""
    text = _json(value)
    for longest, most in ((60, 8), (24, 3), (12, 1)):
        if len(text) <= limit:
            break
        text = _json(_shortened(value, longest, most))
    return cut(text, limit)


def _shortened(value: Any, longest: int, most: int) -> Any:
    if isinstance(value, str):
        return cut(value, longest)
    if isinstance(value, Mapping):
        return {cut(str(key), 60): _shortened(inner, longest, most) for key, inner in value.items()}
    if isinstance(value, list):
        left = [f"… {len(value) - most} more"] if len(value) > most else []
        return [_shortened(inner, longest, most) for inner in value[:most]] + left
    return value


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=dict)


def cut(text: str, limit: int) -> str:
    """The text, ended by … if it is longer than the limit."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def printable(text: str) -> str:
    """The text with control, invisible and unpaired characters escaped; line ends stay."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char == "\n" else char.encode("unicode_escape").decode() for char in text
    )
