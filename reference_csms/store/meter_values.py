"""Meter values as rows, and how one that comes again is recognised: by what it says, not by the message it is in."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

import orjson

from reference_csms.store.writes import AddMeterValues

Row = tuple[str, int | None, int | None, str, str, str, bytes]
DIGEST_BYTES = 16


def rows(write: AddMeterValues) -> Iterator[Row]:
    """A row for each MeterValue of a message."""
    station, connector, transaction, source, values, received_at = write
    for value in orjson.loads(values):
        text = orjson.dumps([value], option=orjson.OPT_SORT_KEYS)
        key = digest(station, connector, transaction, source, text)
        yield station, connector, transaction, source, text.decode(), received_at, key


def digest(station: str, connector: int | None, transaction: int | None, source: str, text: bytes) -> bytes:
    """What is the same for a value that a station sends again, and for no other."""
    place = orjson.dumps((station, connector, transaction, source))
    return hashlib.blake2b(place + text, digest_size=DIGEST_BYTES).digest()
