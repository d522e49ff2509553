"""The commands of the Core profile: what an operator wants, as the request that says so.

Refused is only what OCPP itself does not allow. What only the station can know (its connectors, transactions, keys)
is sent as the operator wants it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from ocppj.frames import Payload
from ocppj.schemas import violations
from reference_csms.errors import InvalidIntent


class Request(NamedTuple):
    """A request that is fit to be sent."""

    action: str
    payload: Payload


def change_availability(*, connectorId: int, type: str) -> Request:
    """Take a connector, or with 0 the whole station, into or out of operation."""
    demand("ChangeAvailability", "connectorId", connectorId, at_least=0)
    return request("ChangeAvailability", connectorId=connectorId, type=type)


def change_configuration(*, key: str, value: str | int | float | bool) -> Request:
    """Set a configuration key; OCPP writes every value as text."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return request("ChangeConfiguration", key=key, value=text)


def clear_cache() -> Request:
    """Empty the station's authorisation cache."""
    return request("ClearCache")


def data_transfer(*, vendorId: str, messageId: str | None = None, data: str | None = None) -> Request:
    """Send a vendor's own message."""
    return request("DataTransfer", vendorId=vendorId, messageId=messageId, data=data)


def get_configuration(*, keys: Sequence[str] | None = None) -> Request:
    """Read configuration keys, all of them if none is named."""
    return request("GetConfiguration", key=list(keys) if keys else None)


def remote_start(*, idTag: str, connectorId: int | None = None) -> Request:
    """Start a transaction for a card, on a connector or wherever the station wants."""
    if not idTag:
        raise InvalidIntent("RemoteStartTransaction idTag: expected a tag, received an empty text")
    if connectorId is not None:
        demand("RemoteStartTransaction", "connectorId", connectorId, at_least=1)
    return request("RemoteStartTransaction", idTag=idTag, connectorId=connectorId)


def remote_stop(*, transactionId: int) -> Request:
    """Stop a transaction."""
    return request("RemoteStopTransaction", transactionId=transactionId)


def reset(*, type: str) -> Request:
    """Restart the station, `Soft` or `Hard`."""
    return request("Reset", type=type)


def unlock(*, connectorId: int) -> Request:
    """Release the cable of a connector."""
    demand("UnlockConnector", "connectorId", connectorId, at_least=1)
    return request("UnlockConnector", connectorId=connectorId)


def demand(action: str, name: str, value: int, *, at_least: int) -> None:
    """Raise InvalidIntent if a number is too small."""
    if value < at_least:
        raise InvalidIntent(f"{action} {name}: expected at least {at_least}, received {value}")


def request(action: str, **fields: object) -> Request:
    """The request with these fields, without those that are None; raises InvalidIntent if OCPP does not allow it."""
    payload = {name: value for name, value in fields.items() if value is not None}
    for violation in violations(action, "req", payload):
        raise InvalidIntent(f"{action} {violation}")
    try:
        orjson.dumps(payload)
    except TypeError as error:
        raise InvalidIntent(
            f"{action}: expected text and numbers that JSON can carry, received others: {error}"
        ) from None
    return Request(action, payload)
