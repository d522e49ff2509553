"""Which charging profiles a correct station keeps: what replaces what, what is refused, what is cleared, what ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

from harness.oracle.profiles import Installed, Profile

Profiles = tuple[Installed, ...]


def refusal(connector_id: int, new: Profile, *, connectors: Collection[int], running: Mapping[int, int]) -> str | None:
    """Why a correct station refuses a profile, None if it takes it; `running` has a transaction id per connector."""
    if connector_id != 0 and connector_id not in connectors:
        return f"connectorId: expected 0 to {max(connectors, default=0)}, received {connector_id}"
    if new.purpose == "ChargePointMaxProfile" and connector_id != 0:
        return f"ChargePointMaxProfile: expected connectorId 0, received {connector_id}"
    starts = [period.start for period in new.periods]
    if starts[0] or any(later <= earlier for earlier, later in pairwise(starts)):
        return "chargingSchedulePeriod: expected startPeriod 0 first and each later than the one before"
    if new.purpose != "TxProfile":
        return None
    if connector_id not in running:
        return f"TxProfile: expected a running transaction on connector {connector_id}, there is none"
    if new.transaction_id is not None and new.transaction_id != running[connector_id]:
        return f"transactionId: expected the running one {running[connector_id]}, received {new.transaction_id}"
    return None


def install(profiles: Profiles, new: Installed) -> Profiles:
    """The profiles with a new one: it replaces the one of the same id, and that of its purpose and stackLevel.

    OCPP 1.6 §5.16.3 and §5.16.4. The same purpose and stackLevel on another connector is another profile, or else
    §3.13.1 could not have a TxDefaultProfile of its own for one connector.
    """
    return (*(old for old in profiles if not _replaced(old, new)), new)


def _replaced(old: Installed, new: Installed) -> bool:
    same_place = old.connector_id == new.connector_id
    same_pair = (old.profile.purpose, old.profile.stack_level) == (new.profile.purpose, new.profile.stack_level)
    return old.profile.id == new.profile.id or (same_place and same_pair)


def clear(profiles: Profiles, request: Mapping[str, Any]) -> Profiles:
    """The profiles that a ClearChargingProfile.req leaves (OCPP 1.6 errata v4.0 §3.25, §3.26).

    An id alone counts if there is one, else all given criteria together; none given means all profiles.
    """
    return tuple(each for each in profiles if not _matches(each, request))


def _matches(each: Installed, request: Mapping[str, Any]) -> bool:
    if "id" in request:
        return bool(each.profile.id == request["id"])
    facts = {
        "connectorId": each.connector_id,
        "chargingProfilePurpose": each.profile.purpose,
        "stackLevel": each.profile.stack_level,
    }
    return all(facts[name] == wanted for name, wanted in request.items())


def without_transaction(profiles: Iterable[Installed], connector_id: int) -> Profiles:
    """The profiles that are left when the transaction on a connector has ended (OCPP 1.6 §7.10)."""
    return tuple(each for each in profiles if each.profile.purpose != "TxProfile" or each.connector_id != connector_id)
