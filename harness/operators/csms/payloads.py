"""The OCPP payload of an intent, for an interface of a CSMS that takes nothing else.

What a CSMS would decide by itself, the ids above all, is then decided here, which is why such checks are dictated.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from typing import Any

from harness.approach import password_bytes
from harness.operators.csms.security import AUTHORIZATION_KEY, SECURITY_PROFILE

_NUMBERS = itertools.count(int(time.time()))


def payload(operation: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The payload that the CSMS shall send for an intent."""
    given = {name: value for name, value in fields.items() if value is not None}
    if operation in _NESTED:
        return {"requestId": next(_NUMBERS), **_nested(given, *_NESTED[operation])}
    decided = _DECIDED.get(operation, _nothing)(given)
    return {**{name: value for name, value in given.items() if name not in _UNSAID.get(operation, ())}, **decided}


def _nested(given: Mapping[str, Any], name: str, beside: tuple[str, ...]) -> dict[str, Any]:
    """The fields inside an object of this name, but for those that stand beside it."""
    inside = {field: value for field, value in given.items() if field not in beside}
    return {field: given[field] for field in beside} | {name: inside}


def _nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {}


# What is one object in the payload, and which fields stand beside it; both requests have an id.
_NESTED: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "get_log": ("log", ("logType",)),
    "signed_update_firmware": ("firmware", ()),
}

# What an intent says and the payload does not.
_UNSAID: Mapping[str, tuple[str, ...]] = {
    "send_local_list": ("cards",),
    "set_charging_profile": ("profile", "transactionId"),
    "set_password": ("password",),
    "set_security_profile": ("profile",),
    "delete_certificate": ("certificate",),
}


def _remote_start(given: Mapping[str, Any]) -> dict[str, Any]:
    profile = given.get("chargingProfile")
    return {} if profile is None else {"chargingProfile": _numbered(profile)}


def _of_transaction(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: given[name] for name in ("transactionId",) if name in given} | dict(given["profile"])


def _numbered(profile: Mapping[str, Any]) -> dict[str, Any]:
    return {"chargingProfileId": next(_NUMBERS), **profile}


def _local_list(given: Mapping[str, Any]) -> dict[str, Any]:
    entries = [{"idTag": tag, "idTagInfo": {"status": "Accepted"}} for tag in given["cards"]]
    return {"listVersion": next(_NUMBERS), "localAuthorizationList": entries}


_DECIDED: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "remote_start": _remote_start,
    "set_charging_profile": lambda given: {"csChargingProfiles": _numbered(_of_transaction(given))},
    "reserve": lambda given: {"reservationId": next(_NUMBERS)},
    "send_local_list": _local_list,
    "set_password": lambda given: {"key": AUTHORIZATION_KEY, "value": password_bytes(given["password"]).hex()},
    "set_security_profile": lambda given: {"key": SECURITY_PROFILE, "value": str(given["profile"])},
}
