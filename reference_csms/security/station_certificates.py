"""The stations' own certificates: requests checked and signed, delivered, followed, revoked, renewed (A02, A03)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from cryptography import x509

from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import request
from reference_csms.commands.trigger import Triggers
from reference_csms.domain.certificates import parse_certificates, parse_request, pem, request_objection
from reference_csms.domain.clock import Clock, parse_utc, utc_text
from reference_csms.errors import CommandError
from reference_csms.events import Events
from reference_csms.registry.configuration import Configurations
from reference_csms.registry.stations import Station
from reference_csms.security.authority import Authority
from reference_csms.settings import Settings
from reference_csms.store.writer import Writer
from reference_csms.store.writes import PutStationCertificate

log = logging.getLogger(__name__)

State = Literal["Signed", "Accepted", "Rejected", "Revoked"]
LONGEST_CHAIN = 10_000
RENEWAL = "SignChargePointCertificate"


@dataclass
class Issued:
    """A certificate that our CA made for a station."""

    station: str
    certificate: x509.Certificate
    signed_at: str
    state: State = "Signed"

    @property
    def serial_number(self) -> str:
        """The serial number of the certificate in hexadecimal digits."""
        return f"{self.certificate.serial_number:x}"

    def fields(self) -> dict[str, Any]:
        """As operators see it."""
        return {
            "serialNumber": self.serial_number,
            "station": self.station,
            "subject": self.certificate.subject.rfc4514_string(),
            "validUntil": utc_text(self.certificate.not_valid_after_utc),
            "signedAt": self.signed_at,
            "state": self.state,
            "certificate": pem(self.certificate),
        }


class StationCertificates:
    """All certificates made for stations, and those that others have revoked."""

    def __init__(
        self,
        commands: Commands,
        triggers: Triggers,
        configurations: Configurations,
        authority: Callable[[], Authority],
        writer: Writer,
        clock: Clock,
        events: Events,
        settings: Settings,
        found: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        self._commands, self._triggers = commands, triggers
        self._configurations, self._authority = configurations, authority
        self._writer, self._clock, self._events, self._settings = writer, clock, events, settings
        self._issued = {row["serial_number"]: _issued(row) for row in found}
        self._revoked: list[x509.CertificateRevocationList] = []
        commands.follow("CertificateSigned", self._answered)
        commands.follow_errors("CertificateSigned", self._answered)

    def of(self, station: str) -> list[Issued]:
        """A station's certificates, oldest first."""
        return [issued for issued in self._issued.values() if issued.station == station]

    def accepted(self, station: str) -> bool:
        """Whether the station has accepted a certificate that still holds."""
        now = self._clock.now()
        return any(i.state == "Accepted" and i.certificate.not_valid_after_utc > now for i in self.of(station))

    def objection(self, station: Station, csr: str) -> str | None:
        """Why a signing request of this station is not signed; None if it is in order."""
        try:
            wanted = parse_request(csr)
        except ValueError as error:
            return str(error)
        return request_objection(wanted, station.serial_number or station.id, self._settings.organization)

    async def sign(self, station: Station, csr: str) -> Command | None:
        """Sign a request that is in order and send the certificate; None if it does not fit into what is taken."""
        now = self._clock.now()
        authority = self._authority()
        made = authority.signed(parse_request(csr), now, self._settings.certificate_days)
        issued = Issued(station.id, made, utc_text(now))
        chain = self._chain(station.id, [made, *authority.issuers(made)])
        if chain is None:
            log.warning("%s: its certificate is longer than CertificateSignedMaxChainSize, it is not sent", station.id)
            return None
        self._issued[issued.serial_number] = issued
        await self._writer.write(_row(issued))
        self._publish(issued)
        return await self._commands.send(station.id, request("CertificateSigned", certificateChain=chain))

    async def revoke(self, serial_number: str) -> Issued | None:
        """Have a certificate count no longer, from the next connection on; None if it is none of ours."""
        issued = self._issued.get(serial_number.lower())
        if issued is not None:
            await self._becomes(issued, "Revoked")
        return issued

    def add_revocations(self, text: bytes) -> None:
        """Have the certificates of another CA's revocation list (PEM) count no longer. Raises ValueError."""
        self._revoked.append(x509.load_pem_x509_crl(text))

    def revoked(self, certificate: x509.Certificate) -> bool:
        """Whether a certificate has been revoked."""
        issued = self._issued.get(f"{certificate.serial_number:x}")
        if issued is not None and issued.certificate == certificate:
            return issued.state == "Revoked"
        number = certificate.serial_number
        listed = (crl for crl in self._revoked if crl.issuer == certificate.issuer)
        return any(crl.get_revoked_certificate_by_serial_number(number) is not None for crl in listed)

    async def booted(self, station: Station) -> None:
        """Have a station renew its certificate if it ends soon and the settings ask for that."""
        ahead = timedelta(days=self._settings.renew_before_days)
        until = station.certificate_until
        if not ahead or until is None or until > self._clock.now() + ahead:
            return
        log.info("%s: its certificate ends %s, it is asked to renew it", station.id, until.isoformat())
        try:
            await self._triggers.extended_trigger(station.id, requestedMessage=RENEWAL)
        except CommandError as error:
            log.info("%s: not asked to renew its certificate: %s", station.id, error)

    def _chain(self, station: str, certificates: list[x509.Certificate]) -> str | None:
        """As much of the chain as the station takes, the leaf at least."""
        most = self._configurations.integer(station, "CertificateSignedMaxChainSize") or LONGEST_CHAIN
        for count in range(len(certificates), 0, -1):
            chain = "".join(map(pem, certificates[:count]))
            if len(chain) <= min(most, LONGEST_CHAIN):
                return chain
        return None

    async def _answered(self, command: Command) -> None:
        (leaf, *_) = parse_certificates(command.request["certificateChain"])
        issued = self._issued.get(f"{leaf.serial_number:x}")
        if issued is not None and issued.state == "Signed":
            accepted = command.response is not None and command.response["status"] == "Accepted"
            await self._becomes(issued, "Accepted" if accepted else "Rejected")

    async def _becomes(self, issued: Issued, state: State) -> None:
        issued.state = state
        await self._writer.write(_row(issued))
        self._publish(issued)

    def _publish(self, issued: Issued) -> None:
        if self._events.wanted:
            self._events.publish("station_certificate", issued.station, issued.fields())


def _issued(row: Mapping[str, Any]) -> Issued:
    certificate = x509.load_pem_x509_certificate(row["certificate"].encode())
    return Issued(row["station"], certificate, utc_text(parse_utc(row["signed_at"])), row["state"])


def _row(issued: Issued) -> PutStationCertificate:
    until = utc_text(issued.certificate.not_valid_after_utc)
    text = pem(issued.certificate)
    return PutStationCertificate(issued.serial_number, issued.station, text, until, issued.signed_at, issued.state)
