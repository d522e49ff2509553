"""The way in to a CSMS, tried with right and with wrong credentials.

Each attempt is a connection or a TLS handshake of its own, made as the station would make it, but for what the page
changes. A refusal is an answer of the CSMS: HTTP, a TLS alert or a closed connection before the WebSocket; a server
that is not there has refused nothing.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Literal, NamedTuple

from cryptography import x509

from harness.approach import Approach
from harness.certificates import SigningRequest, facts, signing_request
from harness.errors import StepFailed
from harness.hello import LEGACY, MANDATORY, NO_COMPRESSION, VERSIONS, WEAK, Flight, client_hello
from harness.matchers import any_of
from harness.refusal import NotConnected
from harness.results import Outcome, Step
from harness.station import Station
from harness.wire import LinkClosed

End = Literal["refused", "closed after the upgrade", "accepted", "no answer"]
TLS_1_2 = 0x0303
UPGRADED = 101
SERVER_ERRORS = 500
DEFLATE_FIRST = b"\x01\x00"
OLD_VERSIONS = {name: number for number, name in VERSIONS.items() if number < TLS_1_2}
SUITES_OF = {"ECDSA": (0xC02B, 0xC02C), "RSA": (0x009C, 0x009D)}


class Attempt(NamedTuple):
    """How an attempt to connect ended: in a word, in a few, and with which HTTP status."""

    outcome: End
    text: str
    status: int | None = None
    subprotocol: str | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The same as values that can be compared and printed."""
        upgraded = self.status == UPGRADED
        closed = self.outcome == "closed after the upgrade"
        subprotocol = self.subprotocol or "none"
        return {"outcome": self.outcome, "upgraded": upgraded, "closedAtOnce": closed, "subprotocol": subprotocol}


class Door:
    """Tries the door as the station, with its present credentials but for what is changed."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._before = station.approach
        self._renewed: str | None = None

    @property
    def suites(self) -> dict[str, int]:
        """The suites that a CSMS has to offer, by name."""
        return {name: number for number, name in MANDATORY.items()}

    @property
    def old_versions(self) -> list[str]:
        """The versions that a CSMS must not speak any more."""
        return list(OLD_VERSIONS)

    @property
    def host(self) -> str:
        """The name by which the CSMS is reached."""
        return self._station.approach.host

    @property
    def unauthorized(self) -> tuple[int, ...]:
        """The HTTP statuses for credentials that are wrong."""
        return (401, 403, 404)

    @property
    def without_tls(self) -> Approach | None:
        """An address of the CSMS without TLS, if one is known."""
        ways = self._station.environment.ways.values()
        return next((way.approach for way in ways if not way.approach.secure), None)

    @property
    def wrong_certificates(self) -> Mapping[str, str | None]:
        """Certificates that a CSMS has to refuse from this station, by what is wrong with them."""
        environment = self._station.environment
        return environment.security.wrong_certificates(environment.own_access.serial)

    def new_password(self) -> str:
        """A password for the station, 20 characters long."""
        return secrets.token_hex(10)

    def any_password(self) -> str:
        """A password that nobody has given to the station."""
        return secrets.token_hex(20)

    def request(self) -> SigningRequest:
        """A new key of the station, with the request to certify it."""
        environment = self._station.environment
        material = environment.security
        return signing_request(environment.own_access.serial, material.organization, material.algorithm)

    def takes_certificate(self, request: SigningRequest, payload: Mapping[str, Any] | None) -> None:
        """From now on the station has the certificate that came; raises StepFailed if it cannot be used."""
        self._renewed = request.credential(payload)
        if self._station.approach.certificate is not None:
            self._changes(certificate=self._renewed)

    def changes_profile(self, profile: int) -> None:
        """From now on the station comes with this security profile, its password and its newest certificate."""
        way = self._station.environment.ways[profile].approach
        password = self._station.approach.password if profile < 3 else None
        certificate = self._renewed or way.certificate if profile == 3 else None
        self._changes(url=way.url, ca_file=way.ca_file, password=password, certificate=certificate)

    async def changes_password(self, step: Step, payload: Mapping[str, Any] | None) -> None:
        """Connects with the new password that came; some CSMSs take the digits for the password itself."""
        station, value = self._station, str((payload or {}).get("value"))
        self._changes(password=value)
        try:
            await station.connects()
        except NotConnected:
            station.approach = station.approach.but(password=value.encode())
            await station.reconnects(step)
            meant, good = "the digits themselves", False
        else:
            station.notes(step, "connection", "", "a connection that is accepted again", "connected", "pass")
            meant, good = "the bytes that the digits stand for", True
        self._note(step, "connection", "password", "the bytes that the digits stand for", meant, good)

    def _changes(self, **changes: Any) -> None:
        self._before = self._station.approach
        self._station.approach = self._before.but(**changes)

    async def refuses_what_was_before(self, step: Step, what: str) -> None:
        """Demands that the station is refused as it came before the last change."""
        before = self._before
        await self.refuses(step, what, **{each.name: getattr(before, each.name) for each in fields(before)})

    async def tries(self, **changes: Any) -> Attempt:
        """How an attempt with these changes ends; a connection that was opened is closed again."""
        approach = self._station.approach.but(**changes)
        try:
            link = await self._station.dialer.connect(self._station.id, approach)
        except NotConnected as error:
            if error.kind == "unreachable":
                return Attempt("no answer", error.received)
            if error.subprotocol is not None:
                return Attempt("accepted", error.received, UPGRADED, error.subprotocol)
            return Attempt("refused", error.received, error.status)
        try:
            async with asyncio.timeout(self._station.environment.slack_s):
                if link.subprotocol is None:
                    await link.receive()
        except LinkClosed as closed:
            return Attempt("closed after the upgrade", f"HTTP 101, then {closed}", UPGRADED)
        except TimeoutError:
            pass
        finally:
            await link.close()
        return Attempt("accepted", f"HTTP 101 with subprotocol {link.subprotocol}", UPGRADED, link.subprotocol)

    async def refuses(self, step: Step, what: str, *, statuses: tuple[int, ...] = (), **changes: Any) -> None:
        """Demands that an attempt is refused; `statuses` are those that the specification knows for it."""
        tried = await self.tries(**changes)
        outcome: Outcome = "pass" if tried.outcome == "refused" else "fail"
        if outcome == "pass" and (tried.status or 0) >= SERVER_ERRORS:
            outcome = "warn"
        expected = "a connection that is refused; a server error warns"
        self._station.notes(step, "connection", what, expected, tried.text, outcome)
        if statuses and tried.outcome == "refused":
            self._station.reads(step, "connection", what, {"status": tried.status}, {"status": any_of(*statuses)})

    async def refuses_certificate(self, step: Step, what: str, certificate: str | None) -> None:
        """Demands that a client certificate is refused; without one at hand that cannot be verified."""
        if certificate is None:
            self._unverifiable(step, what, "not tried: [environment.security] names no such certificate")
        else:
            await self.refuses(step, what, certificate=certificate)

    async def refuses_way(self, step: Step, what: str, approach: Approach | None) -> None:
        """Demands that the station is refused where another security profile is at home."""
        if approach is None:
            self._unverifiable(step, what, "not tried: [[environment.access]] has no such address")
        else:
            await self.refuses(step, what, url=approach.url, ca_file=approach.ca_file)

    async def completes(self, step: Step, suite: str) -> None:
        """Demands that a TLS 1.2 handshake with this suite alone is finished."""
        approach = self._station.approach.but(suite=self.suites[suite])
        try:
            await self._station.dialer.shake_hands(approach)
        except NotConnected as error:
            self._note(step, "TLS", suite, "a finished handshake", error.received, False)
        else:
            self._note(step, "TLS", suite, "a finished handshake", "finished", True)

    async def shows(self, step: Step, kind: Literal["ECDSA", "RSA"], expected: dict[str, Any]) -> None:
        """Checks the certificate that the server shows for a kind of key."""
        flight = await self._greets(client_hello(self._station.approach.host, TLS_1_2, SUITES_OF[kind]))
        found = _shown(flight)
        self._station.reads(step, "TLS", f"{kind} certificate", found, expected)

    async def negotiates(self, step: Step, expected: dict[str, Any]) -> None:
        """Checks what the server chooses when everything is offered up to TLS 1.2, compression first."""
        hello = client_hello(self._station.approach.host, TLS_1_2, [*MANDATORY, *LEGACY], DEFLATE_FIRST)
        flight = await self._greets(hello)
        compression = "none" if flight.compression == NO_COMPRESSION else flight.compression
        found = {"version": flight.version or flight.refusal or "nothing", "compression": compression}
        found["asks for a certificate"] = flight.asks_certificate
        self._station.reads(step, "TLS", "server hello", found, expected)

    async def refuses_version(self, step: Step, version: str) -> None:
        """Demands that a client is refused that knows nothing newer than this version."""
        number = OLD_VERSIONS[version]
        hello = client_hello(self._station.approach.host, number, [*LEGACY, *MANDATORY])
        await self._refuses_hello(step, version, hello, warns=self._station.environment.security.legacy_tls)

    async def refuses_weak_suites(self, step: Step) -> None:
        """Demands that a client is refused that knows nothing but suites that nobody should use any more."""
        hello = client_hello(self._station.approach.host, TLS_1_2, WEAK)
        await self._refuses_hello(step, "weak suites", hello)

    async def _refuses_hello(self, step: Step, what: str, hello: bytes, *, warns: bool = False) -> None:
        flight = await self._greets(hello)
        if flight.version:
            received = f"{flight.version} with {flight.suite_name}"
        else:
            received = flight.refusal or "a closed connection"
        accepted: Outcome = "warn" if warns else "fail"
        self._station.notes(step, "TLS", what, "a refused client", received, accepted if flight.version else "pass")

    async def _greets(self, hello: bytes) -> Flight:
        try:
            return await self._station.dialer.greet(self._station.approach, hello)
        except NotConnected as error:
            raise StepFailed(str(error)) from None

    def _note(self, step: Step, message: str, path: str, expected: str, received: str, good: bool) -> None:
        self._station.notes(step, message, path, expected, received, "pass" if good else "fail")

    def _unverifiable(self, step: Step, what: str, why: str) -> None:
        self._station.notes(step, "connection", what, "a connection that is refused", why, "unverifiable")


def _shown(flight: Flight) -> dict[str, Any]:
    """What the server's certificate says; nothing if it shows none or what is none."""
    try:
        return facts(x509.load_der_x509_certificate(flight.certificates[0]))
    except (IndexError, ValueError):
        return {}
