"""Limits over time as segments: sorted, not overlapping, with gaps where nothing limits; and how they combine.

Times are whole seconds from the start of a window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple


class Amount(NamedTuple):
    """How much, and on how many phases; the smaller amount comes first, at equal amounts the one on fewer phases."""

    value: Fraction
    phases: int


class Segment(NamedTuple):
    """An amount from one second on up to another."""

    begin: int
    end: int
    amount: Amount


Segments = Sequence[Segment]


def clipped(segments: Iterable[Segment], begin: int, end: int) -> Iterator[Segment]:
    """The parts inside a range."""
    for segment in segments:
        inside = Segment(max(segment.begin, begin), min(segment.end, end), segment.amount)
        if inside.begin < inside.end:
            yield inside


def overlay(upper: Segments, lower: Segments, end: int) -> list[Segment]:
    """The upper layer, and the lower one where the upper has gaps."""
    found: list[Segment] = []
    at = 0
    for segment in upper:
        found += clipped(lower, at, segment.begin)
        found.append(segment)
        at = segment.end
    return [*found, *clipped(lower, at, end)]


def lowest(one: Segments, other: Segments) -> list[Segment]:
    """The smaller amount wherever both have one, else the one there is."""
    return [
        Segment(begin, end, min(amount for amount in amounts if amount is not None))
        for begin, end, amounts in _side_by_side(one, other)
    ]


def total(one: Segments, other: Segments) -> list[Segment]:
    """Both together, where both are limited: what has a limit and what has none have none together."""
    return [
        Segment(begin, end, Amount(left.value + right.value, max(left.phases, right.phases)))
        for begin, end, (left, right) in _side_by_side(one, other)
        if left is not None and right is not None
    ]


def joined(segments: Iterable[Segment]) -> list[Segment]:
    """Neighbours with the same amount as one."""
    found: list[Segment] = []
    for segment in segments:
        if found and found[-1].end == segment.begin and found[-1].amount == segment.amount:
            found[-1] = found[-1]._replace(end=segment.end)
        else:
            found.append(segment)
    return found


def _side_by_side(one: Segments, other: Segments) -> Iterator[tuple[int, int, tuple[Amount | None, Amount | None]]]:
    """Both layers cut at each other's edges, where at least one of them has an amount."""
    left, right = list(reversed(one)), list(reversed(other))
    while left or right:
        begin = min(layer[-1].begin for layer in (left, right) if layer)
        here = [bool(layer) and layer[-1].begin == begin for layer in (left, right)]
        ends = [
            layer[-1].end if now else layer[-1].begin for layer, now in zip((left, right), here, strict=True) if layer
        ]
        end = min(ends)
        amounts = [_cut(layer, end) if now else None for layer, now in zip((left, right), here, strict=True)]
        yield begin, end, (amounts[0], amounts[1])


def _cut(layer: list[Segment], end: int) -> Amount:
    """The amount of the next segment; what lies behind `end` stays in the layer."""
    segment = layer.pop()
    if end < segment.end:
        layer.append(segment._replace(begin=end))
    return segment.amount
