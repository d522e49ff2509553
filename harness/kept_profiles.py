"""The charging profiles that the station we play keeps, and the limits it tells, as the oracle has them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any, NamedTuple

from harness.clock import Clock, rfc3339
from harness.config import Environment
from harness.errors import StepFailed
from harness.matchers import find, parse_time
from harness.oracle.composite import Site, Span, composite
from harness.oracle.installed import Profiles, clear, install, refusal, without_transaction
from harness.oracle.profiles import Installed, Limit, Profile, Unit, profile
from ocppj.schemas import violations

Payload = Mapping[str, Any]

OWN_LIMIT = Limit(Fraction(16))
"""What a connector of our station can do: 16 A on three phases."""
LONGEST_S = 31 * 24 * 3600
"""A station may refuse to report a schedule (OCPP 1.6 §5.7); ours does not look further ahead."""


class Running(NamedTuple):
    """A transaction as it runs on a connector."""

    transaction_id: int
    started: datetime


class KeptProfiles:
    """What is installed, learnt from the conversation."""

    def __init__(self, environment: Environment, clock: Clock) -> None:
        self._environment, self._clock = environment, clock
        self._profiles: Profiles = ()
        self._running: dict[int, Running] = {}
        self._waiting: tuple[int | None, Profile] | None = None
        self._requests: dict[str, Payload] = {}
        self._id: int | None = None

    @property
    def id(self) -> int:
        """The id of the charging profile that the CSMS sent last; raises StepFailed if it cannot be used."""
        if self._id is None:
            raise StepFailed("there is no charging profile: no request gave a usable chargingProfileId")
        return self._id

    @property
    def to_clear(self) -> list[int]:
        """The ids of the profiles that stay until the CSMS clears them; those of a transaction end with it."""
        return [each.profile.id for each in self._profiles if each.profile.purpose != "TxProfile"]

    def sent(self, message: str, payload: Payload) -> None:
        """Learns from a message of ours."""
        request = self._requests.get(message.removesuffix(".conf") + ".req", {})
        if message == "StartTransaction.req":
            self._requests[message] = payload
        elif message == "StopTransaction.req":
            self._stopped(payload["transactionId"])
        elif payload.get("status") != "Accepted":
            return
        elif message == "SetChargingProfile.conf":
            self._install(request.get("connectorId"), _readable("SetChargingProfile", request))
        elif message == "ClearChargingProfile.conf" and not violations("ClearChargingProfile", "req", request):
            self._profiles = clear(self._profiles, request)
        elif message == "RemoteStartTransaction.conf":
            new = _readable("RemoteStartTransaction", request)
            self._waiting = None if new is None else (request.get("connectorId"), new)

    def received(self, message: str, payload: Payload | None) -> None:
        """Learns from a message of the CSMS."""
        if message.endswith(".req"):
            self._requests[message] = payload or {}
        if message in _PLACES:
            self._id = _usable(find(payload, f"{_PLACES[message]}.chargingProfileId"))
        if message == "StartTransaction.conf":
            self._started(_usable(find(payload, "transactionId")))

    def answer(self, action: str, request: Payload) -> dict[str, Any] | None:
        """How a station answers a valid request that nobody expected, None if it is about something else."""
        if action == "GetCompositeSchedule":
            return self.composite(**request)
        if action == "ClearChargingProfile":
            left = clear(self._profiles, request)
            status = "Unknown" if left == self._profiles else "Accepted"
            self._profiles = left
            return {"status": status}
        if action != "SetChargingProfile":
            return None
        new, connector = _readable(action, request), request["connectorId"]
        running = {number: each.transaction_id for number, each in self._running.items()}
        known = self._environment.connectors
        if new is None or refusal(connector, new, connectors=known, running=running):
            return {"status": "Rejected"}
        self._install(connector, new)
        return {"status": "Accepted"}

    def composite(self, connectorId: int, duration: int, chargingRateUnit: str | None = None) -> dict[str, Any]:
        """What a GetCompositeSchedule.conf of this station holds."""
        known = (0, *self._environment.connectors)
        if connectorId not in known or not 0 < duration <= LONGEST_S:
            return {"status": "Rejected"}
        wanted: Unit = "W" if chargingRateUnit == "W" else "A"
        at = self._clock.utc().replace(microsecond=0)
        spans = composite(self._site, connectorId, at=at, duration_s=duration, unit=wanted)
        periods = [_period(span) for span in spans]
        schedule = {"duration": duration, "chargingRateUnit": wanted, "chargingSchedulePeriod": periods}
        start = {"connectorId": connectorId, "scheduleStart": rfc3339(at)}
        return {"status": "Accepted", **start, "chargingSchedule": schedule}

    @property
    def _site(self) -> Site:
        running = {connector: each.started for connector, each in self._running.items()}
        return Site(self._profiles, running, tuple(self._environment.connectors), OWN_LIMIT)

    def _install(self, connector: Any, new: Profile | None) -> None:
        if new is not None:
            self._profiles = install(self._profiles, Installed(connector, new, self._clock.utc()))

    def _started(self, transaction_id: int | None) -> None:
        request = self._requests.pop("StartTransaction.req", None)
        if request is None or transaction_id is None:
            return
        connector = request["connectorId"]
        self._running[connector] = Running(transaction_id, parse_time(request["timestamp"]) or self._clock.utc())
        self._profiles = without_transaction(self._profiles, connector)
        if self._waiting is not None and self._waiting[0] in (connector, None):
            self._install(connector, self._waiting[1])
            self._waiting = None

    def _stopped(self, transaction_id: int) -> None:
        for connector, each in list(self._running.items()):
            if each.transaction_id == transaction_id:
                del self._running[connector]
                self._profiles = without_transaction(self._profiles, connector)


_PLACES = {"SetChargingProfile.req": "csChargingProfiles", "RemoteStartTransaction.req": "chargingProfile"}


def _usable(number: Any) -> int | None:
    """The number if OCPP can carry it back."""
    fits = isinstance(number, int) and not isinstance(number, bool) and -(2**31) <= number < 2**31
    return number if fits else None


def _period(span: Span) -> dict[str, Any]:
    assert span.limit is not None, "the hardware has a limit"
    return {"startPeriod": span.start_s, "limit": float(span.limit), "numberPhases": span.phases}


def _readable(action: str, request: Payload) -> Profile | None:
    """The profile in a request, None if there is none or it means nothing."""
    place = _PLACES[f"{action}.req"]
    if violations(action, "req", request) or place not in request:
        return None
    try:
        return profile(request[place])
    except ValueError:
        return None
