"""Every way to break a whole frame: lost, late, doubled, followed by another, in the wrong form."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

Text = str | bytes | None
Change = Callable[[str], Iterator[tuple[float, Text]]]
"""What is made of a frame: (seconds of delay, text or None for a lost connection)."""


def withheld(text: str) -> Iterator[tuple[float, Text]]:
    """The frame never comes."""
    yield from ()


def changes(limit_s: float, is_call: bool) -> Iterator[tuple[str, Change]]:
    """Each fault by its name; `limit_s` is how long the harness waits for the frame."""

    def again(text: str) -> Iterator[tuple[float, Text]]:
        yield from ((0, text), (0, text))

    def later(text: str) -> Iterator[tuple[float, Text]]:
        yield limit_s + 1, text

    yield from (("withheld", withheld), ("doubled", again), ("delayed past its limit", later))
    for how, text in _EXTRA.items():
        yield how, _followed_by(text)
    yield "connection lost instead", lambda text: iter([(0, None)])
    yield "connection lost afterwards", lambda text: iter([(0, text), (0, None)])
    for how, reshape in _SHAPES.items():
        yield how, _reshaped(reshape)
    if not is_call:
        yield "answered by CALLERROR", _reshaped(lambda f: [4, f[1], "InternalError", "", {}])
        yield "CALLERROR with an unknown code", _reshaped(lambda f: [4, f[1], "Nonsense", "", {}])
        yield "answered as a CALL", _reshaped(lambda f: [2, f[1], "Heartbeat", {}])
    else:
        yield "an unknown action", _reshaped(lambda f: [2, f[1], "Nonsense", f[3]])
        yield "an action of a station", _reshaped(lambda f: [2, f[1], "Heartbeat", {}])


def _followed_by(extra: str) -> Change:
    return lambda text: iter([(0, text), (0, extra)])


def _reshaped(reshape: Callable[[list[Any]], Any]) -> Change:
    def change(text: str) -> Iterator[tuple[float, Text]]:
        made = reshape(json.loads(text))
        yield 0, made if isinstance(made, str | bytes) else json.dumps(made)

    return change


_EXTRA = {
    "an extra CALL": '[2,"extra-1","GetConfiguration",{}]',
    "an extra CALL of an unknown action": '[2,"extra-1","Nonsense",{}]',
    "an extra answer": '[3,"never-asked",{}]',
    "an extra error": '[4,"never-asked","GenericError","",{}]',
}

_SHAPES: dict[str, Callable[[list[Any]], Any]] = {
    "another unique id": lambda f: [f[0], "another-id", *f[2:]],
    "a unique id that is too long": lambda f: [f[0], "x" * 37, *f[2:]],
    "a unique id that is a number": lambda f: [f[0], 17, *f[2:]],
    "not JSON": lambda f: json.dumps(f)[:-1],
    "an object instead of an array": lambda f: {"frame": f},
    "an element missing": lambda f: f[:-1],
    "an element too many": lambda f: [*f, {}],
    "a message type that does not exist": lambda f: [5, *f[1:]],
    "a message type as text": lambda f: [str(f[0]), *f[1:]],
    "a payload that is an array": lambda f: [*f[:-1], []],
    "a payload that is null": lambda f: [*f[:-1], None],
    "a binary frame": lambda f: json.dumps(f).encode(),
    "a repeated name": lambda f: json.dumps(f)[:-2] + (', "a": 1, "a": 1}]' if f[-1] else '"a": 1, "a": 1}]'),
}
