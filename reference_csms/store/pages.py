"""Pieces of a table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Table, select


def newest(
    table: Table, number: ColumnElement[Any], station: str | None, before: int | ScalarSelect[Any] | None, limit: int
) -> Select[Any]:
    """So many rows, the highest number first, of one station or all, perhaps only those with lower numbers."""
    query = select(table).order_by(number.desc()).limit(limit)
    if station is not None:
        query = query.where(table.c.station == station)
    if before is not None:
        query = query.where(number < before)
    return query
