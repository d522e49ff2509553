"""Pieces of what is kept in memory by name."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import TypeVar

T = TypeVar("T")


def piece(kept: Mapping[str, T], after: str | None, limit: int) -> list[T]:
    """So many entries, sorted by name, from the first one on or from the one that follows a name."""
    names = (name for name in kept if after is None or name > after)
    return [kept[name] for name in heapq.nsmallest(limit, names)]
