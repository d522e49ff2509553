"""What is left in the CSMS's database once it is killed, compared with what its stations were told."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.job import Transaction
from benchmarks.script import METER_VALUES_PER_CYCLE

_ENDED = "SELECT transaction_id, station, meter_start, meter_stop FROM transactions WHERE stop_timestamp IS NOT NULL"
_METER_VALUES = "SELECT transaction_id, count(*) FROM meter_values GROUP BY transaction_id"


class Stored(NamedTuple):
    """How many transactions the stations ended, and how many of them the store holds as they were sent."""

    sent: int
    found: int
    meter_values_sent: int
    meter_values_found: int

    @property
    def complete(self) -> bool:
        """Whether nothing is missing or different."""
        return self.sent == self.found and self.meter_values_sent == self.meter_values_found

    def __str__(self) -> str:
        return (
            f"{self.found} of {self.sent} transactions in the store, with {self.meter_values_found} of "
            f"{self.meter_values_sent} MeterValues (the CSMS was killed once the last call was answered)"
        )


def stored(db: Path, transactions: Sequence[Transaction]) -> Stored:
    """What the database holds of these ended transactions."""
    connection = sqlite3.connect(db)
    try:
        ended = set(connection.execute(_ENDED))
        values = Counter(dict(connection.execute(_METER_VALUES)))
    finally:
        connection.close()
    sent = set(transactions)
    return Stored(
        sent=len(transactions),
        found=len(sent & ended),
        meter_values_sent=METER_VALUES_PER_CYCLE * len(transactions),
        meter_values_found=sum(min(values[transaction[0]], METER_VALUES_PER_CYCLE) for transaction in sent),
    )


def total(found: Sequence[Stored]) -> Stored:
    """All of them together."""
    return Stored(*(sum(column) for column in zip(*found, strict=True)))
