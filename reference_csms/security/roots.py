"""The roots that stations hold: install one, ask for them, delete one (whitepaper M03, M04, M05).

A station names its certificates by hash data only. Those that operators installed are kept, so that they are
recognised in what a station says, whichever hash algorithm it uses.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from cryptography import x509

from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import request
from reference_csms.domain.certificates import HashData, hash_data, parse_certificates, pem, root_objection
from reference_csms.domain.clock import Clock, utc_text
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.registry.configuration import Configurations
from reference_csms.store.writer import Writer
from reference_csms.store.writes import PutCertificate, PutInstalledCertificates

LONGEST = 5500
CENTRAL_SYSTEM = "CentralSystemRootCertificate"


class Roots:
    """The roots at stations; `read` gives what a station last said of them."""

    def __init__(
        self,
        commands: Commands,
        configurations: Configurations,
        writer: Writer,
        clock: Clock,
        read: Callable[[str], Mapping[str, Mapping[str, Any]]],
        found: Iterable[str] = (),
    ) -> None:
        self._commands, self._configurations = commands, configurations
        self._writer, self._clock, self._read = writer, clock, read
        self._known = [x509.load_pem_x509_certificate(text.encode()) for text in found]
        commands.follow("GetInstalledCertificateIds", self._told)
        commands.follow("DeleteCertificate", self._deleted)

    async def install(self, station: str, *, certificateType: str, certificate: str) -> Command:
        """Install a root at a station."""
        try:
            found = parse_certificates(certificate)
        except ValueError as error:
            raise InvalidIntent(f"InstallCertificate certificate: {error}") from None
        if len(found) != 1:
            raise InvalidIntent(f"InstallCertificate certificate: expected one certificate, received {len(found)}")
        replaced = self._replaced(station) if certificateType == CENTRAL_SYSTEM else None
        objection = root_objection(found[0], self._clock.now(), replaced)
        text = pem(found[0])
        if objection is None and len(text) > LONGEST:
            objection = f"certificate: expected up to {LONGEST} characters of PEM, received {len(text)}"
        if objection is not None:
            raise InvalidIntent(f"InstallCertificate {objection}")
        order = request("InstallCertificate", certificateType=certificateType, certificate=text)
        await self._keep(found[0])
        return await self._commands.send(station, order)

    async def installed(self, station: str, *, certificateType: str) -> Command:
        """Ask a station which roots of a type it holds."""
        return await self._commands.send(
            station, request("GetInstalledCertificateIds", certificateType=certificateType)
        )

    async def delete(
        self,
        station: str,
        *,
        certificate: str | None = None,
        hashData: HashData | None = None,
        lastToo: bool = False,
    ) -> Command:
        """Delete a root that the station has said it holds, named by its PEM or by its hash data."""
        if (certificate is None) == (hashData is None):
            raise InvalidIntent("DeleteCertificate: expected certificate or certificateHashData, received both or none")
        entries = self._entries(station)
        wanted = next((entry for entry in entries if _is(entry, certificate, hashData)), None)
        if wanted is None:
            raise NotAllowedNow(
                f"{station}: DeleteCertificate expected a certificate that the station has told of, with the hash"
                " algorithm that it uses, received another (M04.FR.07); GetInstalledCertificateIds asks for them"
            )
        if len(entries) == 1 and not lastToo:
            raise NotAllowedNow(
                f"{station}: DeleteCertificate expected a root that is not the last, received the only one the"
                " station has told of (M04 remark); with lastToo it is deleted all the same"
            )
        return await self._commands.send(station, request("DeleteCertificate", certificateHashData=wanted.fields()))

    def told(self, station: str) -> list[dict[str, Any]]:
        """What a station last said of its roots, with the certificate where it is known."""
        shown = []
        for kind, said in self._read(station).items():
            for entry in map(HashData.read, said["certificateHashData"]):
                known = next((pem(root) for root in self._known if entry.same(_hashed(root, entry))), None)
                shown.append(
                    {"certificateType": kind, **entry.fields(), "certificate": known, "toldAt": said["toldAt"]}
                )
        return shown

    def _entries(self, station: str) -> list[HashData]:
        said = self._read(station).values()
        return [HashData.read(entry) for one in said for entry in one["certificateHashData"]]

    def _replaced(self, station: str) -> list[x509.Certificate] | None:
        """The roots one of which must have signed a new one, if the station demands that and has told of them."""
        if (self._configurations.value(station, "AdditionalRootCertificateCheck") or "").casefold() != "true":
            return None
        said = self._read(station).get(CENTRAL_SYSTEM, {}).get("certificateHashData", ())
        entries = [HashData.read(entry) for entry in said]
        return [root for root in self._known if any(entry.same(_hashed(root, entry)) for entry in entries)] or None

    async def _keep(self, certificate: x509.Certificate) -> None:
        if certificate not in self._known:
            text = pem(certificate)
            await self._writer.write(PutCertificate(hashlib.sha256(text.encode()).hexdigest(), text))
            self._known.append(certificate)

    async def _told(self, command: Command) -> None:
        answer = command.response or {}
        await self._put(command.station, command.request["certificateType"], answer.get("certificateHashData", []))

    async def _deleted(self, command: Command) -> None:
        if (command.response or {}).get("status") not in ("Accepted", "NotFound"):
            return
        gone = HashData.read(command.request["certificateHashData"])
        for kind, said in self._read(command.station).items():
            left = [entry for entry in said["certificateHashData"] if not gone.same(HashData.read(entry))]
            if len(left) < len(said["certificateHashData"]):
                await self._put(command.station, kind, left)

    async def _put(self, station: str, kind: str, entries: list[Mapping[str, str]]) -> None:
        text = orjson.dumps(entries).decode()
        await self._writer.write(PutInstalledCertificates(station, kind, text, utc_text(self._clock.now())))


def _is(entry: HashData, certificate: str | None, wanted: HashData | None) -> bool:
    if certificate is None:
        return wanted is not None and entry.same(wanted)
    try:
        return any(entry.same(_hashed(found, entry)) for found in parse_certificates(certificate))
    except ValueError as error:
        raise InvalidIntent(f"DeleteCertificate certificate: {error}") from None


def _hashed(certificate: x509.Certificate, like: HashData) -> HashData:
    return hash_data(certificate, like.algorithm)
