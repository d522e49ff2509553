"""Rules on charging profiles, wherever a CSMS sends one: SetChargingProfile.req and RemoteStartTransaction.req."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from harness.matchers import MISSING, find
from harness.rules.observed import Finding, Observed, rule
from ocppj.frames import Call
from ocppj.schemas import violations

_PLACES = {"SetChargingProfile": "csChargingProfiles", "RemoteStartTransaction": "chargingProfile"}


class Sent(NamedTuple):
    """A profile that a CSMS sent: in which request, where in it, and the profile itself."""

    action: str
    payload: Mapping[str, Any]
    place: str
    profile: Mapping[str, Any]

    def finding(self, path: str, expected: str, hint: str = "") -> Finding:
        """What is wrong with a field of the profile."""
        received = find(self.profile, path)
        return Finding(f"{self.place}.{path}", expected, "nothing" if received is MISSING else received, hint)


Judge = Callable[[Sent], Iterator[Finding]]


def _profile(judge: Judge) -> Callable[[Observed], Iterator[Finding]]:
    """A rule of profiles as a rule of frames; what breaks the schema is left to the schema."""

    def find_in(observed: Observed) -> Iterator[Finding]:
        frame = observed.frame
        if not isinstance(frame, Call) or frame.action not in _PLACES:
            return
        place = _PLACES[frame.action]
        if place in frame.payload and not violations(frame.action, "req", frame.payload):
            yield from judge(Sent(frame.action, frame.payload, place, frame.payload[place]))

    return find_in


def _place(sent: Sent) -> Iterator[Finding]:
    purpose, connector = sent.profile["chargingProfilePurpose"], sent.payload.get("connectorId")
    if sent.action == "SetChargingProfile" and purpose == "ChargePointMaxProfile" and connector != 0:
        yield Finding("connectorId", "0 for a ChargePointMaxProfile", connector)


def _not_zero(sent: Sent) -> Iterator[Finding]:
    if sent.profile["chargingProfilePurpose"] == "TxProfile" and sent.payload.get("connectorId") == 0:
        yield Finding("connectorId", "above 0 for a TxProfile", 0)


def _purpose(sent: Sent) -> Iterator[Finding]:
    if sent.action == "RemoteStartTransaction" and sent.profile["chargingProfilePurpose"] != "TxProfile":
        yield sent.finding("chargingProfilePurpose", "TxProfile in a remote start")


def _no_transaction_yet(sent: Sent) -> Iterator[Finding]:
    if sent.action == "RemoteStartTransaction" and "transactionId" in sent.profile:
        yield sent.finding("transactionId", "no such field in a remote start")


def _transaction(sent: Sent) -> Iterator[Finding]:
    purpose = sent.profile["chargingProfilePurpose"]
    if sent.action == "SetChargingProfile" and purpose == "TxProfile" and "transactionId" not in sent.profile:
        yield sent.finding("transactionId", "the transaction that the TxProfile is for")


def _transaction_only(sent: Sent) -> Iterator[Finding]:
    purpose = sent.profile["chargingProfilePurpose"]
    if purpose != "TxProfile" and "transactionId" in sent.profile:
        yield sent.finding("transactionId", f"no such field with {purpose}")


def _level(sent: Sent) -> Iterator[Finding]:
    if sent.profile["stackLevel"] < 0:
        yield sent.finding("stackLevel", "0 or more")


def _recurrence(sent: Sent) -> Iterator[Finding]:
    kind = sent.profile["chargingProfileKind"]
    if kind != "Recurring" and "recurrencyKind" in sent.profile:
        yield sent.finding("recurrencyKind", f"no such field with {kind}")


def _recurring(sent: Sent) -> Iterator[Finding]:
    if sent.profile["chargingProfileKind"] == "Recurring":
        for path in ("recurrencyKind", "chargingSchedule.startSchedule"):
            if find(sent.profile, path) is MISSING:
                yield sent.finding(path, "a value with Recurring")


def _first(sent: Sent) -> Iterator[Finding]:
    periods = sent.profile["chargingSchedule"]["chargingSchedulePeriod"]
    if periods and periods[0]["startPeriod"] != 0:
        yield sent.finding("chargingSchedule.chargingSchedulePeriod[0].startPeriod", "0 in the first period")


def _ascending(sent: Sent) -> Iterator[Finding]:
    periods = sent.profile["chargingSchedule"]["chargingSchedulePeriod"]
    for index, (earlier, later) in enumerate(pairwise(period["startPeriod"] for period in periods), 1):
        if later <= earlier:
            path = f"chargingSchedule.chargingSchedulePeriod[{index}].startPeriod"
            yield sent.finding(path, f"more than {earlier}, where the period before begins")


CHARGING_RULES = (
    rule("OCPP16-3.13.1-02", "OCPP 1.6 §3.13.1")(_profile(_place)),
    rule("OCPP16-3.13.1-13", "OCPP 1.6 §3.13.1")(_profile(_not_zero)),
    rule("OCPP16-5.11-12", "OCPP 1.6 §5.11, §5.16.2")(_profile(_purpose)),
    rule("OCPP16-5.16.2-03", "OCPP 1.6 §5.16.2, errata v4.0 §3.41")(_profile(_no_transaction_yet)),
    rule("OCPP16-5.16-01", "OCPP 1.6 §5.16")(_profile(_transaction)),
    rule("OCPP16-7.8-01", "OCPP 1.6 §7.8")(_profile(_transaction_only)),
    rule("OCPP16-7.8-03", "OCPP 1.6 §7.8")(_profile(_level)),
    rule("ERR4-3.56-01", "OCPP 1.6 errata v4.0 §3.56")(_profile(_recurrence)),
    rule("OCPP16-7.9-04", "OCPP 1.6 §7.9, §7.37", "should")(_profile(_recurring)),
    rule("OCPP16-7.13-03", "OCPP 1.6 §7.13, errata v4.0 §3.69")(_profile(_first)),
    rule("OCPP16-7.14-02", "OCPP 1.6 §7.14", "should")(_profile(_ascending)),
)
