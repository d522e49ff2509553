"""Files on their way: asking for them, following what the stations say, and taking in what they send.

A transfer gets its id from the store before the station hears of it, so that no requestId is ever given twice.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from reference_csms.commands import firmware
from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import Request
from reference_csms.domain.clock import Clock, parse_utc, utc_text
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.events import Events
from reference_csms.files.files import Files, Protocol
from reference_csms.files.folder import Incoming, Kept, shown_name
from reference_csms.files.signing import Signed, verified
from reference_csms.registry.configuration import Configurations
from reference_csms.registry.stations import Stations
from reference_csms.store.database import Store
from reference_csms.store.transfers import Inbox
from reference_csms.store.writes import AddProgress, AddTransfer, ReceiveTransfer, SendTransfer

OPEN = timedelta(days=1)
PROTOCOLS = "SupportedFileTransferProtocols"

# Which request a notification speaks of.
SPEAKS_OF = {
    "FirmwareStatusNotification": "UpdateFirmware",
    "DiagnosticsStatusNotification": "GetDiagnostics",
    "SignedFirmwareStatusNotification": "SignedUpdateFirmware",
    "LogStatusNotification": "GetLog",
}


class Retries(NamedTuple):
    """How often and after how many seconds a station tries again; None leaves that to the station."""

    retries: int | None = None
    interval: int | None = None


ONCE = Retries()


class Transfers:
    """All transfers of files."""

    def __init__(
        self,
        commands: Commands,
        stations: Stations,
        configurations: Configurations,
        files: Files,
        store: Store,
        clock: Clock,
        events: Events,
    ) -> None:
        self._commands, self._stations = commands, stations
        self._configurations, self._files = configurations, files
        self._store, self._clock, self._events = store, clock, events

    async def update_firmware(
        self,
        station: str,
        *,
        location: str | None = None,
        image: str | None = None,
        retrieveDate: datetime | None = None,
        retries: Retries = ONCE,
        insist: bool = False,
    ) -> Command:
        """Have a station install firmware from a location or a stored image, got at once if no date is given."""
        where = self._image_location(location, image)
        self._demand_private(station, image is not None, where, insist)
        when = retrieveDate or self._clock.now()

        def make(_number: int) -> Request:
            return firmware.update_firmware(
                location=where, retrieveDate=when, retries=retries.retries, retryInterval=retries.interval
            )

        return await self._send(station, where, None, make, insist)

    async def signed_update_firmware(
        self,
        station: str,
        *,
        location: str | None = None,
        image: str | None = None,
        retrieveDateTime: datetime | None = None,
        installDateTime: datetime | None = None,
        signingCertificate: str | None = None,
        signature: str | None = None,
        retries: Retries = ONCE,
        insist: bool = False,
    ) -> Command:
        """Have a station install signed firmware; a stored image without a signature is signed by the CSMS."""
        where = self._image_location(location, image)
        self._demand_private(station, image is not None, where, insist)
        when = retrieveDateTime or self._clock.now()
        signed = await self._signed(image, signature, signingCertificate)

        def make(number: int) -> Request:
            return firmware.signed_update_firmware(
                requestId=number,
                location=where,
                retrieveDateTime=when,
                installDateTime=installDateTime,
                signingCertificate=signed.certificate,
                signature=signed.signature,
                retries=retries.retries,
                retryInterval=retries.interval,
            )

        make(0)
        if image is not None and not insist:
            await self._demand_verified(image, signed)
        return await self._send(station, where, None, make, insist)

    async def get_diagnostics(
        self,
        station: str,
        *,
        location: str | None = None,
        protocol: Protocol = "http",
        startTime: datetime | None = None,
        stopTime: datetime | None = None,
        retries: Retries = ONCE,
        insist: bool = False,
    ) -> Command:
        """Have a station hand in its diagnostics of a period, without a location to this server."""
        where, upload = self._upload_location(location, protocol)
        self._demand_private(station, upload is not None, where, insist)

        def make(_number: int) -> Request:
            return firmware.get_diagnostics(
                location=where,
                startTime=startTime,
                stopTime=stopTime,
                retries=retries.retries,
                retryInterval=retries.interval,
            )

        return await self._send(station, where, upload, make, insist)

    async def get_log(
        self,
        station: str,
        *,
        logType: str,
        remoteLocation: str | None = None,
        protocol: Protocol = "http",
        oldestTimestamp: datetime | None = None,
        latestTimestamp: datetime | None = None,
        retries: Retries = ONCE,
        insist: bool = False,
    ) -> Command:
        """Have a station hand in a log of a period, without a location to this server."""
        where, upload = self._upload_location(remoteLocation, protocol)
        self._demand_private(station, upload is not None, where, insist)

        def make(number: int) -> Request:
            return firmware.get_log(
                requestId=number,
                logType=logType,
                remoteLocation=where,
                oldestTimestamp=oldestTimestamp,
                latestTimestamp=latestTimestamp,
                retries=retries.retries,
                retryInterval=retries.interval,
            )

        return await self._send(station, where, upload, make, insist)

    async def progressed(self, station: str, notification: str, status: str, request_id: int | None = None) -> None:
        """A station says how a transfer goes; Idle means that there is none."""
        action = None if status == "Idle" else SPEAKS_OF[notification]
        now = utc_text(self._clock.now())
        number = await self._store.writer.write(AddProgress(station, notification, request_id, status, now, action))
        fields = {"notification": notification, "requestId": request_id, "status": status, "transferId": number}
        self._events.publish("progress", station, fields)

    def open(self, upload: str) -> bool:
        """Whether a file is waited for under this name."""
        return self._inbox(upload) is not None

    def incoming(self, upload: str) -> Incoming | None:
        """The file that belongs to an upload, to be written; None if nobody waits for it (any more)."""
        inbox = self._inbox(upload)
        return None if inbox is None else self._files.received.incoming(str(inbox.transfer_id))

    async def received(self, upload: str, name: str, kept: Kept) -> None:
        """The file of an upload is in its place; `name` is what the station calls it."""
        inbox = self._store.transfers.inbox(upload)
        if inbox is None:
            return
        now, shown = utc_text(self._clock.now()), shown_name(name)
        await self._store.writer.write(ReceiveTransfer(shown, kept.size, kept.sha256, now, inbox.transfer_id))
        fields = {"transferId": inbox.transfer_id, "name": shown, "size": kept.size}
        self._events.publish("file_received", inbox.station, fields)

    async def forget_file(self, transfer: int) -> bool:
        """Delete what was received; False if there is nothing."""
        removed = self._files.received.remove(str(transfer))
        await self._store.writer.write(ReceiveTransfer(None, None, None, None, transfer))
        return removed

    def _inbox(self, upload: str) -> Inbox | None:
        inbox = self._store.transfers.inbox(upload)
        waited = inbox is not None and self._clock.now() - parse_utc(inbox.requested_at) <= OPEN
        return inbox if waited else None

    async def _send(
        self, station: str, location: str, upload: str | None, make: Callable[[int], Request], insist: bool
    ) -> Command:
        action = make(0).action
        self._commands.ready(station, action)
        known = {name.lower() for name in self._configurations.items(station, PROTOCOLS)}
        if known and firmware.scheme(location) not in known and not insist:
            raise NotAllowedNow(
                f"{station}: {action} location: expected a protocol of {PROTOCOLS} {', '.join(sorted(known))} (OCPP 1.6"
                f" errata v4.0 §3.88), received {firmware.scheme(location)}; with insist it is sent all the same"
            )
        now = utc_text(self._clock.now())
        number: int = await self._store.writer.write(AddTransfer(station, action, location, upload, now))
        command = await self._commands.send(station, make(number))
        await self._store.writer.write(SendTransfer(command.id, number))
        return command

    def _image_location(self, location: str | None, image: str | None) -> str:
        if (location is None) == (image is None):
            raise InvalidIntent(f"location: expected it or image, received {'neither' if image is None else 'both'}")
        if image is None:
            return str(location)
        self._files.image(image)
        return self._files.image_url(image)

    def _demand_private(self, station: str, ours: bool, location: str, insist: bool) -> None:
        """A place of ours has TLS if the station comes with it; what others serve is the operator's matter."""
        known = self._stations.get(station)
        demanded = known is not None and (known.security_profile or 0) >= 2
        if not (ours and demanded) or insist or self._files.plain_for_all or firmware.scheme(location) == "https":
            return
        raise NotAllowedNow(
            f"{station}: location: expected https for a station on security profile 2 or 3 (security whitepaper"
            f" L01.FR.08), received {firmware.scheme(location)}; --files-port serves files with TLS, --plain-files"
            " allows them without, and with insist it is sent all the same"
        )

    def _upload_location(self, location: str | None, protocol: Protocol) -> tuple[str, str | None]:
        """Where the station puts its file and, if that is here, under which name it may."""
        if location is not None:
            return location, None
        upload = secrets.token_urlsafe(16)
        return self._files.upload_url(upload, protocol), upload

    async def _signed(self, image: str | None, signature: str | None, certificate: str | None) -> Signed:
        if signature is not None and certificate is not None:
            return Signed(signature, certificate)
        if image is None or signature is not None or certificate is not None:
            what = "neither" if signature is None and certificate is None else "one of them"
            raise InvalidIntent(
                "SignedUpdateFirmware: expected signature and signingCertificate, or a stored image for the CSMS to"
                f" sign, received {what}"
            )
        return await self._files.signer.sign(self._files.image(image), self._clock.now())

    async def _demand_verified(self, image: str, signed: Signed) -> None:
        path = self._files.image(image)
        if not await asyncio.to_thread(verified, path, signed.signature, signed.certificate):
            raise NotAllowedNow(
                f"SignedUpdateFirmware firmware.signature: expected one over {image} by the key of the certificate"
                " (security whitepaper A00.FR.706, L01.FR.04), received another; with insist it is sent all the same"
            )
