"""Rules on what a CSMS asks for: reservations, local lists, triggers.

What the schema says of a field is judged there; a value of another type is left to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.configuration import READ_ONLY
from harness.matchers import MISSING, find, parse_time
from harness.rules.observed import Finding, Observed, rule
from ocppj.frames import CallResult

MOST_ENTRIES = int(READ_ONLY["SendLocalListMaxLength"])


def _integer(payload: Any, path: str) -> int | None:
    value = find(payload, path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _reserved_connector(observed: Observed) -> Iterator[Finding]:
    connector = _integer(observed.request("ReserveNow"), "connectorId")
    if connector is not None and connector < 0:
        yield Finding("connectorId", "0 for the station, or a connector", connector)


def _reservation_id(observed: Observed) -> Iterator[Finding]:
    """The same request may be sent again; another one under the same id replaces a reservation."""
    request = observed.request("ReserveNow")
    id = _integer(request, "reservationId")
    if request is not None and id is not None:
        text = repr(sorted(request.items()))
        if observed.memory.reservation_ids.setdefault(id, text) != text:
            yield Finding("reservationId", "an id that no other reservation has", id)


def _expiry(observed: Observed) -> Iterator[Finding]:
    text = find(observed.request("ReserveNow"), "expiryDate")
    instant, at = parse_time(text), parse_time(observed.message.utc)
    if instant and at and instant <= at:
        yield Finding("expiryDate", "a time in the future", text)


def _entries(observed: Observed) -> list[Any]:
    entries = find(observed.request("SendLocalList"), "localAuthorizationList")
    return entries if isinstance(entries, list) else []


def _one_entry_per_tag(observed: Observed) -> Iterator[Finding]:
    seen = set()
    for index, entry in enumerate(_entries(observed)):
        tag = find(entry, "idTag")
        key = tag.casefold() if isinstance(tag, str) else None
        if key is not None and key in seen:
            yield Finding(f"localAuthorizationList[{index}].idTag", "an idTag that is not in the list yet", tag)
        seen.add(key)


def _too_many(observed: Observed) -> Iterator[Finding]:
    if len(_entries(observed)) > MOST_ENTRIES:
        expected = f"at most SendLocalListMaxLength = {MOST_ENTRIES} entries"
        yield Finding("localAuthorizationList", expected, len(_entries(observed)))


def _whole_entries(observed: Observed) -> Iterator[Finding]:
    if find(observed.request("SendLocalList"), "updateType") == "Full":
        for index, entry in enumerate(_entries(observed)):
            if find(entry, "idTagInfo") is MISSING:
                path = f"localAuthorizationList[{index}].idTagInfo"
                yield Finding(path, "idTagInfo in every entry of a Full list", "nothing")


def _list_version(observed: Observed) -> Iterator[Finding]:
    version = _integer(observed.request("SendLocalList"), "listVersion")
    if version is not None and version < 1:
        yield Finding("listVersion", "a number above 0", version, "0 and -1 mean an empty and an unsupported list")


def _triggered_connector(observed: Observed) -> Iterator[Finding]:
    connector = _integer(observed.request("TriggerMessage"), "connectorId")
    if connector is not None and connector < 1:
        yield Finding("connectorId", "no such field, or a connector above 0", connector)


def _extended_connector(observed: Observed) -> Iterator[Finding]:
    connector = _integer(observed.request("ExtendedTriggerMessage"), "connectorId")
    if connector is not None and connector < 1:
        yield Finding("connectorId", "no such field, or a connector above 0", connector)


def _boot_trigger(observed: Observed) -> Iterator[Finding]:
    answers = observed.received.answers
    if isinstance(observed.frame, CallResult) and answers is not None and answers.action == "BootNotification":
        observed.memory.boot_status = str(find(observed.frame.payload, "status"))
    wanted = find(observed.request("TriggerMessage"), "requestedMessage")
    if wanted == "BootNotification" and observed.memory.boot_status == "Accepted":
        yield Finding("requestedMessage", "another message, the station being accepted", wanted)


REQUEST_RULES = (
    rule("OCPP16-6.37-01", "OCPP 1.6 §6.37")(_reserved_connector),
    rule("OCPP16-6.37-02", "OCPP 1.6 §6.37", "should")(_reservation_id),
    rule("OCPP16-6.37-03", "OCPP 1.6 §6.37", "should")(_expiry),
    rule("OCPP16-6.41-03", "OCPP 1.6 §6.41")(_one_entry_per_tag),
    rule("OCPP16-6.41-05", "OCPP 1.6 §6.41", "should")(_too_many),
    rule("OCPP16-7.1-01", "OCPP 1.6 §7.1")(_whole_entries),
    rule("ERR4-3.52-01", "OCPP 1.6 errata v4.0 §3.52")(_list_version),
    rule("OCPP16-6.51-01", "OCPP 1.6 §6.51", "should")(_triggered_connector),
    rule("SEC2-5-05", "OCPP 1.6 security whitepaper §5.5")(_extended_connector),
    rule("ERR4-3.40-01", "OCPP 1.6 errata v4.0 §3.40")(_boot_trigger),
)
