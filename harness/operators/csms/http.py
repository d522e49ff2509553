"""Drives a CSMS through its REST API, with a request template per operation in sut.toml."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx

from harness.config import Settings, secrets
from harness.errors import OperatorError
from harness.operators.csms.base import OPERATIONS, CsmsOperator, Reply
from harness.operators.csms.charging import ChargingByName
from harness.operators.csms.payloads import payload
from harness.operators.csms.security import ByName
from harness.operators.endpoint import Endpoint
from harness.operators.templates import uses_payload

EXPIRED_ON = "2020-01-01T00:00:00Z"
LET_FINISH_S = 1
_REACHABLE: Mapping[str, Any] = {
    "method": "GET",
    "path": "/",
    "url": None,
    "headers": {},
    "body": None,
    "form": None,
    "expect": None,
}
ANSWERS_AT_ALL = frozenset(range(300, 500)) - {401, 403}


class HttpDriver(ByName, ChargingByName, CsmsOperator):
    """Turns each operation into one HTTP request."""

    def __init__(self, settings: Settings) -> None:
        self._templates: Mapping[str, Any] = settings.operator["operations"]
        self._endpoint = Endpoint(settings.operator, secrets(settings))
        self._running: set[asyncio.Task[httpx.Response]] = set()

    async def remote_start(
        self, station: str, *, connectorId: int | None, idTag: str, chargingProfile: Mapping[str, Any] | None = None
    ) -> Reply:
        """Starts a charging session for a card."""
        fields = {"connectorId": connectorId, "idTag": idTag, "chargingProfile": chargingProfile}
        return await self._do("remote_start", station, **fields)

    async def remote_stop(self, station: str, *, transactionId: int) -> Reply:
        """Stops a transaction."""
        return await self._do("remote_stop", station, transactionId=transactionId)

    async def reset(self, station: str, *, type: str) -> Reply:
        """Resets the station."""
        return await self._do("reset", station, type=type)

    async def unlock(self, station: str, *, connectorId: int) -> Reply:
        """Unlocks a connector."""
        return await self._do("unlock", station, connectorId=connectorId)

    async def get_configuration(self, station: str, *, key: list[str]) -> Reply:
        """Reads configuration keys; without any, {key} has no value, so that the CSMS asks for all."""
        return await self._do("get_configuration", station, key=list(key) or None)

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        """Sets a configuration key."""
        return await self._do("change_configuration", station, key=key, value=value)

    async def change_availability(self, station: str, *, connectorId: int, type: str) -> Reply:
        """Puts a connector or the station in or out of service."""
        return await self._do("change_availability", station, connectorId=connectorId, type=type)

    async def clear_cache(self, station: str) -> Reply:
        """Clears the authorization cache."""
        return await self._do("clear_cache", station)

    async def data_transfer(
        self, station: str, *, vendorId: str, messageId: str | None = None, data: str | None = None
    ) -> Reply:
        """Sends vendor-specific data to the station."""
        return await self._do("data_transfer", station, vendorId=vendorId, messageId=messageId, data=data)

    async def reserve(
        self, station: str, *, connectorId: int, idTag: str, expiryDate: str, parentIdTag: str | None = None
    ) -> Reply:
        """Reserves a connector for a card."""
        fields = {"connectorId": connectorId, "idTag": idTag, "expiryDate": expiryDate, "parentIdTag": parentIdTag}
        return await self._do("reserve", station, **fields)

    async def cancel_reservation(self, station: str, *, reservationId: int) -> Reply:
        """Cancels a reservation."""
        return await self._do("cancel_reservation", station, reservationId=reservationId)

    async def send_local_list(self, station: str, *, updateType: str, cards: list[str]) -> Reply:
        """Sends the local authorization list."""
        return await self._do("send_local_list", station, updateType=updateType, cards=cards)

    async def get_local_list_version(self, station: str) -> Reply:
        """Asks for the version of the local authorization list."""
        return await self._do("get_local_list_version", station)

    async def trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        """Has the station send a message."""
        return await self._do("trigger", station, requestedMessage=requestedMessage, connectorId=connectorId)

    async def update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDate: str,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        """Has the station install firmware."""
        fields = {"retrieveDate": retrieveDate, "retries": retries, "retryInterval": retryInterval}
        return await self._do("update_firmware", station, location=location, **fields)

    async def get_diagnostics(
        self,
        station: str,
        *,
        location: str,
        startTime: str | None = None,
        stopTime: str | None = None,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        """Has the station put its diagnostics somewhere."""
        period, again = {"startTime": startTime, "stopTime": stopTime}, {"retryInterval": retryInterval}
        return await self._do("get_diagnostics", station, location=location, retries=retries, **period, **again)

    async def signed_update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDateTime: str,
        signingCertificate: str,
        signature: str,
        installDateTime: str | None = None,
    ) -> Reply:
        """Has the station install signed firmware."""
        when = {"retrieveDateTime": retrieveDateTime, "installDateTime": installDateTime}
        signed = {"signingCertificate": signingCertificate, "signature": signature}
        return await self._do("signed_update_firmware", station, location=location, **when, **signed)

    async def get_log(
        self,
        station: str,
        *,
        logType: str,
        remoteLocation: str,
        oldestTimestamp: str | None = None,
        latestTimestamp: str | None = None,
    ) -> Reply:
        """Has the station put a log somewhere."""
        period = {"oldestTimestamp": oldestTimestamp, "latestTimestamp": latestTimestamp}
        return await self._do("get_log", station, logType=logType, remoteLocation=remoteLocation, **period)

    async def set_password(self, station: str, *, password: str) -> Reply:
        """Gives the station another password, as a configuration key if there is no request for it."""
        if self.has("set_password"):
            return await self._do("set_password", station, password=password)
        return await super().set_password(station, password=password)

    async def set_security_profile(self, station: str, *, profile: int) -> Reply:
        """Raises the security profile, as a configuration key if there is no request for it."""
        if self.has("set_security_profile"):
            return await self._do("set_security_profile", station, profile=profile)
        return await super().set_security_profile(station, profile=profile)

    async def act(self, operation: str, station: str, **fields: Any) -> Reply:
        """Does an operation."""
        return await self._do(operation, station, **fields)

    async def provision_access(
        self, station: str, *, securityProfile: int, password: str | None = None, serialNumber: str | None = None
    ) -> None:
        """Sets how the station has to come in."""
        template = self._templates["provision_station"]
        if template is None:
            raise NotImplementedError
        access = {"password": password, "securityProfile": securityProfile, "serialNumber": serialNumber}
        await self._endpoint.request("provision_station", template, {"station": station, **access})

    async def provision(
        self,
        station: str,
        *,
        cards: Mapping[str, str],
        password: str | None = None,
        parent_id_tag: str | None = None,
    ) -> None:
        """Makes the station and the cards known; a card in state Invalid is one that the CSMS must not know."""
        about_station, about_card = (self._templates[name] for name in ("provision_station", "provision_card"))
        if about_station is None and about_card is None:
            raise NotImplementedError
        if about_station is not None:
            values = {"station": station, "password": password, "securityProfile": None, "serialNumber": None}
            await self._endpoint.request("provision_station", about_station, values)
        for state, tag in cards.items() if about_card is not None else ():
            if state != "Invalid":
                values = card_values(station, state, tag, parent_id_tag)
                await self._endpoint.request("provision_card", about_card, values)

    async def reachable(self, station: str) -> Reply:
        """Makes the request `reachable`, or GET on the base URL, where 401, 403 and server errors are failures."""
        template, values = self._templates["reachable"], {"station": station}
        if template is not None:
            return Reply(self._endpoint.detail(await self._endpoint.request("reachable", template, values)))
        response = await self._endpoint.request("reachable", _REACHABLE, values, range(600))
        detail = self._endpoint.detail(response)
        if not response.is_success and response.status_code not in ANSWERS_AT_ALL:
            where, _, status = detail.rpartition(": ")
            wanted = "a status below 500 other than 401 and 403"
            hint = "[operator.operations.reachable] sets another request"
            raise OperatorError(f"reachable: {where}: expected {wanted}, received {status}; {hint}")
        return Reply(detail)

    def has(self, operation: str) -> bool:
        """Whether there is a template for it."""
        return self._templates[operation] is not None

    def dictates(self, action: str) -> bool:
        """Whether the template of an action or of an operation says so, or takes the whole payload."""
        template = self._templates.get(OPERATIONS.get(action, action))
        return template is not None and _dictates(template)

    async def close(self) -> None:
        """Lets requests that are still running finish for a moment, then drops them."""
        if self._running:
            await asyncio.wait(self._running, timeout=LET_FINISH_S)
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._endpoint.close()

    async def _do(self, operation: str, station: str, **fields: Any) -> Reply:
        template = self._templates[operation]
        if template is None:
            raise NotImplementedError
        values = {"station": station, **fields, "payload": payload(operation, fields)}
        task = asyncio.create_task(self._endpoint.request(operation, template, values), name=operation)
        self._running.add(task)
        task.add_done_callback(self._ended)
        # A CSMS may answer only after the station did. When the harness no longer waits, a request that is cut off
        # could make the CSMS drop the very exchange that is being observed.
        response = await asyncio.shield(task)
        return Reply(self._endpoint.detail(response), _dictates(template))

    def _ended(self, task: asyncio.Task[httpx.Response]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            task.exception()


def _dictates(template: Mapping[str, Any]) -> bool:
    return bool(template["dictated"]) or uses_payload(template["body"])


def card_values(station: str, state: str, tag: str, parent_id_tag: str | None) -> dict[str, Any]:
    """What describes a card in a template: Accepted2 is Accepted, and only an Expired card has an expiry date."""
    accepted = state.startswith("Accepted")
    return {
        "station": station,
        "idTag": tag,
        "status": "Accepted" if accepted else state,
        "expiryDate": EXPIRED_ON if state == "Expired" else None,
        "parentIdTag": parent_id_tag if accepted else None,
    }
