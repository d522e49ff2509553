"""A person at the console of the CSMS: says what to do, counts down, and listens for skip and abort."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, Protocol

from harness.config import Settings
from harness.errors import Aborted, Inconclusive
from harness.intents import CSMS_INTENTS
from harness.operators.csms.base import CsmsOperator, Reply
from harness.operators.csms.charging import ChargingByName
from harness.operators.csms.security import ByName
from harness.operators.csms.sentences import SENTENCES

SEEN = "seen"
KEYS = "Enter = I have done it, skip = leave this case out, abort = stop the run"


class Console(Protocol):
    """Where the person reads and types: a terminal, a notebook cell, or a test."""

    def ask(self, text: str) -> None:
        """Shows a new prompt and forgets what was typed before it."""

    def status(self, text: str) -> None:
        """Shows a line that replaces the last status."""

    def done(self, text: str) -> None:
        """Shows the last status of a prompt and ends its line."""

    async def read(self) -> str:
        """The next line that the person types."""

    def close(self) -> None:
        """Leaves the console as it was."""


class ManualDriver(ByName, ChargingByName, CsmsOperator):
    """Asks a person for each operation.

    The task that runs an operation is cancelled with the message SEEN once the request has reached the station. The
    person may also say that it is done, leave the case out (Inconclusive) or stop the run (Aborted); if nobody does
    anything in time, that is Inconclusive too, because the CSMS was never asked.
    """

    certain = False

    def __init__(self, settings: Settings, console: Console | None = None) -> None:
        self._limit_s = settings.environment.operator_timeout_s
        self._request_s = settings.environment.message_timeout_s
        self._console = console
        self._given = console is not None

    async def remote_start(
        self, station: str, *, connectorId: int | None, idTag: str, chargingProfile: Mapping[str, Any] | None = None
    ) -> Reply:
        """Asks for a remote start."""
        fields = {"connectorId": connectorId, "idTag": idTag, "chargingProfile": chargingProfile}
        return await self._prompt("remote_start", station, **fields)

    async def remote_stop(self, station: str, *, transactionId: int) -> Reply:
        """Asks for a remote stop."""
        return await self._prompt("remote_stop", station, transactionId=transactionId)

    async def reset(self, station: str, *, type: str) -> Reply:
        """Asks for a reset."""
        return await self._prompt("reset", station, type=type)

    async def unlock(self, station: str, *, connectorId: int) -> Reply:
        """Asks to unlock a connector."""
        return await self._prompt("unlock", station, connectorId=connectorId)

    async def get_configuration(self, station: str, *, key: list[str]) -> Reply:
        """Asks to read configuration keys."""
        return await self._prompt("get_configuration", station, key=key)

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        """Asks to set a configuration key."""
        return await self._prompt("change_configuration", station, key=key, value=value)

    async def change_availability(self, station: str, *, connectorId: int, type: str) -> Reply:
        """Asks to put a connector or the station in or out of service."""
        return await self._prompt("change_availability", station, connectorId=connectorId, type=type)

    async def clear_cache(self, station: str) -> Reply:
        """Asks to clear the authorization cache."""
        return await self._prompt("clear_cache", station)

    async def data_transfer(
        self, station: str, *, vendorId: str, messageId: str | None = None, data: str | None = None
    ) -> Reply:
        """Asks to send vendor-specific data."""
        return await self._prompt("data_transfer", station, vendorId=vendorId, messageId=messageId, data=data)

    async def reserve(
        self, station: str, *, connectorId: int, idTag: str, expiryDate: str, parentIdTag: str | None = None
    ) -> Reply:
        """Asks to reserve a connector."""
        fields = {"connectorId": connectorId, "idTag": idTag, "expiryDate": expiryDate, "parentIdTag": parentIdTag}
        return await self._prompt("reserve", station, **fields)

    async def cancel_reservation(self, station: str, *, reservationId: int) -> Reply:
        """Asks to cancel a reservation."""
        return await self._prompt("cancel_reservation", station, reservationId=reservationId)

    async def send_local_list(self, station: str, *, updateType: str, cards: list[str]) -> Reply:
        """Asks to send the local authorization list."""
        return await self._prompt("send_local_list", station, updateType=updateType, cards=cards)

    async def get_local_list_version(self, station: str) -> Reply:
        """Asks for the version of the local authorization list."""
        return await self._prompt("get_local_list_version", station)

    async def trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        """Asks to have the station send a message."""
        return await self._prompt("trigger", station, requestedMessage=requestedMessage, connectorId=connectorId)

    async def update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDate: str,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        """Asks for a firmware update."""
        fields = {"retrieveDate": retrieveDate, "retries": retries, "retryInterval": retryInterval}
        return await self._prompt("update_firmware", station, location=location, **fields)

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
        """Asks for diagnostics."""
        period, again = {"startTime": startTime, "stopTime": stopTime}, {"retryInterval": retryInterval}
        return await self._prompt("get_diagnostics", station, location=location, retries=retries, **period, **again)

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
        """Asks for a signed firmware update."""
        when = {"retrieveDateTime": retrieveDateTime, "installDateTime": installDateTime}
        signed = {"signingCertificate": signingCertificate, "signature": signature}
        return await self._prompt("signed_update_firmware", station, location=location, **when, **signed)

    async def get_log(
        self,
        station: str,
        *,
        logType: str,
        remoteLocation: str,
        oldestTimestamp: str | None = None,
        latestTimestamp: str | None = None,
    ) -> Reply:
        """Asks for a log."""
        period = {"oldestTimestamp": oldestTimestamp, "latestTimestamp": latestTimestamp}
        return await self._prompt("get_log", station, logType=logType, remoteLocation=remoteLocation, **period)

    async def set_password(self, station: str, *, password: str) -> Reply:
        """Asks for another password."""
        return await self._prompt("set_password", station, password=password)

    async def set_security_profile(self, station: str, *, profile: int) -> Reply:
        """Asks for a higher security profile."""
        return await self._prompt("set_security_profile", station, profile=profile)

    async def act(self, operation: str, station: str, **fields: Any) -> Reply:
        """Asks for an operation."""
        return await self._prompt(operation, station, **fields)

    async def provision_access(
        self, station: str, *, securityProfile: int, password: str | None = None, serialNumber: str | None = None
    ) -> None:
        """Asks to put back how the station has to come in."""
        fields = {"password": password, "serialNumber": serialNumber}
        await self._prompt("provision_access", station, securityProfile=securityProfile, **fields)

    async def reachable(self, station: str) -> Reply:
        """Shows that there is a terminal to ask at; raises UsageError if not."""
        self._open()
        return Reply("a person at this terminal")

    async def close(self) -> None:
        """Gives the terminal back; a console that was given stays open."""
        if self._console is not None and not self._given:
            self._console.close()
            self._console = None

    def _open(self) -> Console:
        if self._console is None:
            from harness.operators.csms.terminal import TerminalConsole

            self._console = TerminalConsole.open()
        return self._console

    async def _prompt(self, operation: str, station: str, **fields: Any) -> Reply:
        sentence = f"at station {station}, {SENTENCES[operation](fields)}"
        console = self._open()
        ends = asyncio.get_running_loop().time() + self._limit_s
        console.ask(f"WAITING FOR YOU: {sentence}\n  {KEYS}")
        try:
            word = await self._answer(console, ends)
        except TimeoutError:
            console.done("time is up")
            raise Inconclusive(f"nobody answered within {self._limit_s:g} s: {sentence}") from None
        except asyncio.CancelledError as cancelled:
            console.done("seen, thank you" if SEEN in cancelled.args else "no longer needed")
            raise
        if word == "skip":
            console.done("left out")
            raise Inconclusive(f"left out by the operator: {sentence}")
        if word == "abort":
            console.done("stopping the run")
            raise Aborted(f"stopped by the operator: {sentence}")
        console.done(f"done, thank you{self._awaited(operation, ends)}")
        return Reply("done by a person")

    def _awaited(self, operation: str, ends: float) -> str:
        """What the station waits for now, and until when: as long as for any request, if there was less time left."""
        if operation not in CSMS_INTENTS:
            return ""
        left_s = max(ends - asyncio.get_running_loop().time(), self._request_s)
        return f"; {CSMS_INTENTS[operation].action}.req is awaited for up to {math.ceil(left_s - 1e-6)} s"

    async def _answer(self, console: Console, ends: float) -> str:
        """What the person typed, one of "", skip and abort; raises TimeoutError when the time is up."""
        loop = asyncio.get_running_loop()
        typing = asyncio.ensure_future(console.read())
        note = ""
        try:
            while (left := ends - loop.time()) > 0:
                whole = max(math.ceil(left - 1e-6), 1)
                console.status(f"{note}{whole} s left")
                await asyncio.wait({typing}, timeout=left - (whole - 1))
                if typing.done():
                    word = typing.result().strip().lower()
                    if word in ("", "done", "skip", "abort"):
                        return "" if word == "done" else word
                    note = f"expected Enter, skip or abort, received {word[:20]!r}; "
                    typing = asyncio.ensure_future(console.read())
        finally:
            typing.cancel()
        raise TimeoutError
