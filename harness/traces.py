"""What a case leaves at the CSMS: read from the messages of the station, so that it can be taken back.

A reservation that the station accepted is gone once it is used, cancelled or expired; another way to end it is a
connector that goes out of service (OCPP 1.6 §5.13).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from harness.matchers import MISSING, find, parse_time

Payload = Mapping[str, Any]


class Kept(NamedTuple):
    """A reservation that the station accepted: its connector, and until when."""

    connector: int
    until: datetime | None


class Traces:
    """Statuses by connector, connectors of running transactions by id, reservations by id, the list's version.

    `starting` is the latest StartTransaction.req if it is not known which transaction it began.
    """

    def __init__(self) -> None:
        self.statuses: dict[int, str] = {}
        self.running: dict[int, int] = {}
        self.transaction_id: int | None = None
        self.reservation_id: int | None = None
        self.request_id: int | None = None
        self.list_version: int | None = None
        self.starting: Payload | None = None
        self._kept: dict[int, Kept] = {}
        self._requests: dict[str, Payload] = {}

    def sent(self, message: str, payload: Payload) -> None:
        """Learns from a message of ours."""
        if message == "StatusNotification.req":
            self.statuses[payload["connectorId"]] = payload["status"]
        elif message == "StartTransaction.req":
            self.starting, self.transaction_id = payload, None
            self._gone(payload)
        elif message == "StopTransaction.req":
            self.running.pop(payload["transactionId"], None)
        elif message == "ReserveNow.conf" and payload["status"] == "Accepted":
            self._keep(self._requests.get("ReserveNow.req", {}))
        elif message == "CancelReservation.conf" and payload["status"] == "Accepted":
            self._gone(self._requests.get("CancelReservation.req"))
        elif message == "SendLocalList.conf" and payload["status"] == "Accepted":
            self.list_version = _integer(self._requests.get("SendLocalList.req"), "listVersion")

    def received(self, message: str, payload: Payload | None) -> None:
        """Learns from a message of the CSMS."""
        if message in ("ReserveNow.req", "CancelReservation.req", "SendLocalList.req"):
            self._requests[message] = payload or {}
        if message in ("GetLog.req", "SignedUpdateFirmware.req"):
            self.request_id = _integer(payload, "requestId")
        elif message == "ReserveNow.req":
            self.reservation_id = _integer(payload, "reservationId")
        elif message == "StartTransaction.conf" and self.starting is not None:
            id = _integer(payload, "transactionId")
            if id is not None:
                self.transaction_id, self.running[id] = id, self.starting["connectorId"]
                self.starting = None

    def answer(self, action: str, request: Payload) -> dict[str, Any] | None:
        """The answer to an unasked request about the local list, which the station keeps as any would."""
        if action == "SendLocalList":
            self.list_version = _integer(request, "listVersion")
            return {"status": "Accepted"}
        return {"listVersion": self.list_version or 0} if action == "GetLocalListVersion" else None

    def reserved(self, now: datetime) -> list[int]:
        """The connectors of the reservations that the CSMS takes to be alive."""
        return [kept.connector for kept in self._kept.values() if kept.until is None or kept.until > now]

    def _keep(self, request: Payload) -> None:
        id, connector = _integer(request, "reservationId"), _integer(request, "connectorId")
        if id is not None and connector is not None:
            self._kept[id] = Kept(connector, parse_time(find(request, "expiryDate")))

    def _gone(self, payload: Payload | None) -> None:
        id = _integer(payload, "reservationId")
        if id is not None:
            self._kept.pop(id, None)


def _integer(payload: Payload | None, path: str) -> int | None:
    """The number at a path if OCPP can carry it back."""
    value = find(payload, path)
    usable = value is not MISSING and isinstance(value, int) and not isinstance(value, bool)
    return value if usable and -(2**31) <= value < 2**31 else None
