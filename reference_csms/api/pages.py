"""Lists in pieces: how many entries, and which one came last in the piece before."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

MOST = 10_000
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at the most")]
Number = Annotated[int, Path(ge=-(2**31), lt=2**31)]
Before = Annotated[
    int | None, Query(ge=-(2**31), lt=2**31, description="Only older ones: the id of the last one of the piece before")
]
