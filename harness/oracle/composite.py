"""The composite schedule that follows from the installed profiles, by evaluating the limit at every critical instant.

What the specification leaves open is decided so:

- A schedule that is not running (before startSchedule, after its duration) gives no limit, and the next lower
  stackLevel shows through (errata v4.0 §3.7, §3.43); where no TxProfile gives one, the TxDefaultProfiles do.
- A TxDefaultProfile of a connector takes the place of the one on connector 0 with the same stackLevel, also while it
  is not valid (§3.13.1, §3.13.2).
- What is relative counts from the start of the transaction; on an idle connector from the moment of the question, as if
  one started then; for a ChargePointMaxProfile from the moment it was received or became valid.
- A and W convert with the line voltage and the period's own phases (§7.12); limits are compared in the unit of the
  answer and then rounded down to one decimal, so that the answer never exceeds a limit (§3.13.3).
- Connector 0 is the whole station: the sum of what its connectors may take, and no more than the ChargePointMaxProfile
  (§5.7, §3.13.3).
- The answer has whole seconds: it is the limit as it is at scheduleStart, one second later, and so on.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from harness.oracle.profiles import Installed, Limit, Profile, Purpose, Unit

SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Site:
    """A station as far as limits go.

    `running` has the start of the transaction on each connector that has one, `own` is what the hardware of a
    connector can do in A, None if that is not known.
    """

    profiles: tuple[Installed, ...] = ()
    running: Mapping[int, datetime] = field(default_factory=dict)
    connectors: tuple[int, ...] = (1,)
    own: Limit | None = None
    volts: int = 230


class Span(NamedTuple):
    """From so many seconds on: the limit, None if there is none, and the phases it counts for."""

    start_s: int
    limit: Fraction | None
    phases: int


def composite(site: Site, connector_id: int, *, at: datetime, duration_s: int, unit: Unit) -> tuple[Span, ...]:
    """The limits of a connector, or with 0 of the whole station, from `at` on for so many seconds."""
    spans: list[Span] = []
    for second in _critical_seconds(site, at, duration_s):
        span = Span(second, *_shown(_limit(site, connector_id, at + second * SECOND, at, unit)))
        if not spans or spans[-1][1:] != span[1:]:
            spans.append(span)
    return tuple(spans)


def _shown(limit: Limit | None) -> tuple[Fraction | None, int]:
    return (None, 0) if limit is None else (Fraction(math.floor(limit.value * 10), 10), limit.phases)


def _critical_seconds(site: Site, at: datetime, duration_s: int) -> list[int]:
    """The whole seconds at which some limit may change, the first one included."""
    end = at + duration_s * SECOND
    instants = {at}
    for each in site.profiles:
        instants |= {each.profile.valid_from or at, each.profile.valid_to or at}
        for base in {_base(each, connector, site, at) for connector in site.connectors}:
            instants.update(_changes(each.profile, base, at, end))
    seconds = {math.ceil((instant - at) / SECOND) for instant in instants if at <= instant < end}
    return sorted(second for second in seconds if second < max(duration_s, 1))


def _changes(profile: Profile, base: datetime, at: datetime, end: datetime) -> Iterator[datetime]:
    """The instants from the last start before `at` to `end` at which a period of the schedule begins or it ends."""
    begun = base
    if profile.recurrence is not None and at > base:
        begun += (at - base) // profile.recurrence * profile.recurrence
    while begun < end:
        yield from (begun + period.start for period in profile.periods)
        if profile.length is not None:
            yield begun + profile.length
        if profile.recurrence is None:
            return
        begun += profile.recurrence


def _base(each: Installed, connector_id: int, site: Site, at: datetime) -> datetime:
    """The instant that the schedule counts from, for this connector."""
    profile = each.profile
    if profile.start is not None:
        return profile.start
    if profile.purpose == "ChargePointMaxProfile":
        return max(each.received, profile.valid_from or each.received)
    return site.running.get(connector_id, at)


def _limit(site: Site, connector_id: int, instant: datetime, at: datetime, unit: Unit) -> Limit | None:
    """The limit at an instant, when asked at the moment `at`."""
    asked = (connector_id,) if connector_id else site.connectors
    drawn = [_drawn(site, connector, instant, at, unit) for connector in asked]
    station = _prevailing(site, "ChargePointMaxProfile", 0, instant, at, unit)
    return _lowest(station, _total(drawn))


def _drawn(site: Site, connector_id: int, instant: datetime, at: datetime, unit: Unit) -> Limit | None:
    """What one connector may take, the ChargePointMaxProfile aside."""
    limit = None
    if connector_id in site.running:
        limit = _prevailing(site, "TxProfile", connector_id, instant, at, unit)
    if limit is None:
        limit = _prevailing(site, "TxDefaultProfile", connector_id, instant, at, unit)
    return _lowest(limit, site.own and _converted(site.own, "A", unit, site.volts))


def _prevailing(
    site: Site, purpose: Purpose, connector_id: int, instant: datetime, at: datetime, unit: Unit
) -> Limit | None:
    """The limit of the highest stackLevel that has one at this instant."""
    for each in sorted(_stack(site, purpose, connector_id), key=lambda each: -each.profile.stack_level):
        limit = _scheduled(each.profile, _base(each, connector_id, site, at), instant)
        if limit is not None and each.profile.valid(instant):
            return _converted(limit, each.profile.unit, unit, site.volts)
    return None


def _stack(site: Site, purpose: Purpose, connector_id: int) -> list[Installed]:
    of_purpose = [each for each in site.profiles if each.profile.purpose == purpose]
    stack = [each for each in of_purpose if each.connector_id == connector_id]
    if purpose == "TxDefaultProfile":
        taken = {each.profile.stack_level for each in stack}
        stack += [each for each in of_purpose if each.connector_id == 0 and each.profile.stack_level not in taken]
    return stack


def _scheduled(profile: Profile, base: datetime, instant: datetime) -> Limit | None:
    """What the schedule says for this instant, None while it is not running."""
    elapsed = instant - base
    if elapsed < timedelta(0):
        return None
    if profile.recurrence is not None:
        elapsed %= profile.recurrence
    if profile.length is not None and elapsed >= profile.length:
        return None
    begun = [period.limit for period in profile.periods if period.start <= elapsed]
    return begun[-1] if begun else None


def _converted(limit: Limit, unit: Unit, wanted: Unit, volts: int) -> Limit:
    if unit == wanted:
        return limit
    watts_per_ampere = volts * limit.phases
    return Limit(limit.value * watts_per_ampere if wanted == "W" else limit.value / watts_per_ampere, limit.phases)


def _lowest(*limits: Limit | None) -> Limit | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _total(limits: Iterable[Limit | None]) -> Limit | None:
    """All together; no limit if one of them has none."""
    given = list(limits)
    known = [limit for limit in given if limit is not None]
    if len(known) < len(given) or not known:
        return None
    return Limit(sum((limit.value for limit in known), Fraction(0)), max(limit.phases for limit in known))
