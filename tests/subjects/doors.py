"""The way into the CSMS without a socket: real TLS handshakes over memory, and the CSMS's own admission behind them.

What OpenSSL decides is decided by OpenSSL here too, with the contexts that both sides use on the wire; who is let in is
asked of the CSMS. A tamper may change the outcome of each attempt.
"""

from __future__ import annotations

import contextlib
import http
import ssl
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus
from websockets.http11 import Response

from harness.approach import Approach, password_bytes
from harness.hello import Flight, read_flight
from harness.material import Access, Material
from harness.operators.csms.security import Reply, SecurityOperations
from harness.pki import Maker, Pki
from harness.refusal import NotConnected, explained
from reference_csms.app import Csms
from reference_csms.domain.certificates import pem
from reference_csms.gateway import choose
from reference_csms.passwords import Passwords, hashed
from reference_csms.registry.stations import Station
from reference_csms.security.admission import Visitor
from reference_csms.security.authority import ALGORITHMS, Authority
from reference_csms.security.tls import server_context

PASSWORD = "password-of-conf"
CHEAP = 2
SERIAL = "SN-3"
ALWAYS = {"valid_from": datetime(2020, 1, 1, tzinfo=UTC), "valid_until": datetime(2099, 1, 1, tzinfo=UTC)}


_ALERT = ssl.SSLError()
_ALERT.reason = "SSLV3_ALERT_BAD_CERTIFICATE"


@dataclass(frozen=True)
class Outcome:
    """How an attempt to connect ended: let in or an HTTP status, None for a TLS that failed; and the subprotocol."""

    let_in: bool
    status: int | None = 101
    subprotocol: str | None = None
    error: ssl.SSLError | None = field(default=None, compare=False)


class DoorTamper:
    """Leaves every attempt as it is; mutants override what they change. Attempts are numbered in the order made."""

    def context(self) -> ssl.SSLContext:
        """What the server offers in TLS."""
        return context()

    def admitted(self, visitor: Visitor, admitted: bool) -> bool:
        """Whether the CSMS lets a visitor in, whatever it thinks itself."""
        return admitted

    def entered(self, number: int, outcome: Outcome) -> Outcome:
        """What becomes of an attempt to connect."""
        return outcome

    def finished(self, number: int, finished: bool) -> bool:
        """Whether a TLS handshake was finished."""
        return finished

    def greeted(self, number: int, flight: Flight) -> Flight:
        """What the server says to a ClientHello."""
        return flight


@cache
def authority() -> Authority:
    """The CA of the CSMS: it takes a while to make."""
    return Authority.make(datetime.now(UTC))


@cache
def pki() -> Pki:
    """The certificates of the stations."""
    return Pki(SERIAL, maker=Maker(**ALWAYS))


@cache
def folder() -> Path:
    """Where the certificates lie, for as long as the process lives."""
    kept = tempfile.TemporaryDirectory(prefix="doors-")
    _KEPT.append(kept)
    path = Path(kept.name)
    pki().write(path)
    (path / "csms.pem").write_text("".join(map(pem, authority().certificates)))
    for name in ("manufacturer", "central"):
        (path / f"{name}.pem").write_text(Maker(**ALWAYS).root(f"{name} root").certificate_pem)
    return path


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def context() -> ssl.SSLContext:
    """What the CSMS offers in TLS."""
    chains = [authority().server(["localhost"], algorithm, datetime.now(UTC)).pem for algorithm in ALGORITHMS]
    roots = [*map(pem, authority().certificates), pki().authority.certificate_pem]
    return server_context(chains, roots)


def ways() -> tuple[Access, ...]:
    """A station on each security profile."""
    ca_file = folder() / "csms.pem"
    return (
        Access(1, "memory://csms", "CP-1", PASSWORD),
        Access(2, "wss://localhost/ocpp", "CP-2", f"{PASSWORD}-2", ca_file, serial_number="SN-2"),
        Access(3, "wss://localhost/ocpp", "CP-3", f"{PASSWORD}-3", ca_file, folder() / "station.pem", SERIAL),
    )


def material() -> Material:
    """The certificates of the cases."""
    wrong = ("expired", "revoked", "other_station", "longer_name", "other_organization")
    found = {name: folder() / f"{name}.pem" for name in wrong}
    return Material(
        manufacturer_root_file=folder() / "manufacturer.pem",
        central_system_root_file=folder() / "central.pem",
        **{f"{name}_certificate": path for name, path in found.items()},
    )


def passwords() -> Passwords:
    """Passwords that are quickly checked on the calling thread."""
    return Passwords(CHEAP, threads=False)


async def provision(csms: Csms, access: Access) -> None:
    """Has the CSMS know how a station comes in, and whom to trust."""
    csms.security.serves_tls = csms.security.trusts_others = True
    password = None if access.password is None else hashed(password_bytes(access.password), CHEAP)
    await csms.stations.put(
        Station(access.station_id),
        security_profile=access.security_profile,
        password_hash=password,
        serial_number=access.serial_number,
        pending_profiles=(),
        pending_passwords=(),
    )


class Doors:
    """Opens connections as a server's port does."""

    def __init__(self, csms: Csms, tamper: DoorTamper) -> None:
        self._csms, self._tamper = csms, tamper
        self.attempts = 0
        csms.security.certificates.add_revocations(pki().revocations.encode())

    async def enter(self, station_id: str, approach: Approach) -> str | None:
        """The subprotocol of an opened WebSocket; raises NotConnected."""
        self.attempts += 1
        outcome = self._tamper.entered(self.attempts, await self._outcome(station_id, approach))
        if not outcome.let_in:
            refusal: Exception = outcome.error or _ALERT
            if outcome.status is not None:
                refusal = InvalidStatus(Response(outcome.status, "", Headers()))
            raise explained(refusal, approach, approach.url, 0)
        if outcome.subprotocol is not None and outcome.subprotocol not in approach.subprotocols:
            text = f"{approach.url}: expected subprotocol ocpp1.6, received {outcome.subprotocol}"
            raise NotConnected(text, "handshake", subprotocol=outcome.subprotocol)
        return outcome.subprotocol

    async def _outcome(self, station_id: str, approach: Approach) -> Outcome:
        certificate = None
        if approach.secure:
            try:
                certificate = shake_hands(approach, self._tamper.context())
            except ssl.SSLError as error:
                return Outcome(False, None, error=error)
        authorization = approach.authorization(station_id).get("Authorization")
        visitor = Visitor(station_id, approach.secure, certificate, authorization)
        refusal = await self._csms.security.admission.admit(visitor)
        if not self._tamper.admitted(visitor, refusal is None):
            return Outcome(False, (refusal.status if refusal else http.HTTPStatus.FORBIDDEN).value)
        return Outcome(True, http.HTTPStatus.SWITCHING_PROTOCOLS.value, choose(None, list(approach.subprotocols)))

    async def shake_hands(self, approach: Approach) -> None:
        """Returns once a TLS handshake is finished; raises NotConnected."""
        self.attempts += 1
        failed: ssl.SSLError | None = None
        try:
            shake_hands(approach, self._tamper.context())
        except ssl.SSLError as error:
            failed = error
        if not self._tamper.finished(self.attempts, failed is None):
            raise explained(failed or _ALERT, approach, approach.url, 0)

    async def greet(self, approach: Approach, hello: bytes) -> Flight:
        """What the server answers to these first bytes."""
        self.attempts += 1
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        server = self._tamper.context().wrap_bio(incoming, outgoing, server_side=True)
        incoming.write(hello)
        with contextlib.suppress(ssl.SSLError):
            server.do_handshake()
        return self._tamper.greeted(self.attempts, read_flight(outgoing.read()))


def shake_hands(approach: Approach, offered: ssl.SSLContext) -> x509.Certificate | None:
    """The client certificate that the server has seen and taken; raises ssl.SSLError for either side."""
    tls = approach.tls()
    assert tls is not None
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = tls.wrap_bio(back, there, server_hostname=approach.host)
    server = offered.wrap_bio(there, back, server_side=True)
    open_ends = [client, server]
    for _ in range(10):
        for end in list(open_ends):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLCertVerificationError:
                if end is client:
                    raise
                raise _ALERT from None
            open_ends.remove(end)
    assert not open_ends
    shown = server.getpeercert(binary_form=True)
    return x509.load_der_x509_certificate(shown) if shown else None


class SecurityHands(SecurityOperations):
    """The operations of the security profile on a CSMS in this process."""

    _csms: Csms

    async def set_password(self, station: str, *, password: str) -> Reply:
        await self._csms.security.access.set_password(station, password=password)
        return Reply()

    async def set_security_profile(self, station: str, *, profile: int) -> Reply:
        await self._csms.security.access.set_security_profile(station, profile=profile)
        return Reply()

    async def install_certificate(self, station: str, *, certificateType: str, certificate: str) -> Reply:
        roots = self._csms.security.roots
        await roots.install(station, certificateType=certificateType, certificate=certificate)
        return Reply()

    async def get_installed_certificates(self, station: str, *, certificateType: str) -> Reply:
        await self._csms.security.roots.installed(station, certificateType=certificateType)
        return Reply()

    async def delete_certificate(self, station: str, *, certificate: str, certificateHashData: dict[str, str]) -> Reply:
        await self._csms.security.roots.delete(station, certificate=certificate, lastToo=True)
        return Reply()

    async def extended_trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        triggers = self._csms.triggers
        await triggers.extended_trigger(station, requestedMessage=requestedMessage, connectorId=connectorId)
        return Reply()

    async def provision_access(
        self, station: str, *, securityProfile: int, password: str | None = None, serialNumber: str | None = None
    ) -> None:
        access = Access(securityProfile, "", station, password, serial_number=serialNumber)
        await provision(self._csms, access)


def latest_event(csms: Csms, station: str) -> Mapping[str, Any] | None:
    """The latest security event of a station."""
    found = csms.store.reads.security_events(station=station, limit=1)
    return found[0] if found else None


def but(flight: Flight, **changes: Any) -> Flight:
    """The same with something changed."""
    return replace(flight, **changes)
