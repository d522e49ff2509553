"""The two clocks of a run: a monotonic one for durations and order, and UTC derived from it.

UTC is read once and then follows the monotonic clock, so that a clock adjustment in the middle of a run moves nothing.
Tests bring a clock that runs in virtual time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Monotonic nanoseconds and the UTC instant that belongs to each."""

    def __init__(self, monotonic_ns: Callable[[], int] = time.monotonic_ns, started: datetime | None = None) -> None:
        self.monotonic_ns = monotonic_ns
        self._started_ns = monotonic_ns()
        self._started = started or datetime.now(UTC)

    def utc(self, at_ns: int | None = None) -> datetime:
        """The UTC instant of a monotonic reading, by default now."""
        passed_ns = (self.monotonic_ns() if at_ns is None else at_ns) - self._started_ns
        return self._started + timedelta(microseconds=passed_ns / 1000)


def rfc3339(instant: datetime) -> str:
    """The instant as OCPP writes it: UTC, milliseconds, `Z`."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
