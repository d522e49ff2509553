"""TLS handshakes with a CSMS: what it shows, what it takes and what it must not take, each in one handshake of its own.

Whether its certificate is to be trusted is another question, so a handshake with one suite does not ask it.
"""

from __future__ import annotations

from typing import Any, Literal

from cryptography import x509

from harness.approach import Approach
from harness.certificates import UNREADABLE, facts
from harness.errors import StepFailed
from harness.hello import NO_COMPRESSION, VERSIONS, Flight, client_hello
from harness.material import Access
from harness.refusal import NotConnected
from harness.results import Outcome, Step
from harness.station import Station
from harness.suites import MANDATORY, SOUND, SUITES, WEAK

TLS_1_2 = 0x0303
DEFLATE_FIRST = b"\x01\x00"
OLD_VERSIONS = {name: number for number, name in VERSIONS.items() if number < TLS_1_2}
SUITES_OF = {"ECDSA": (0xC02B, 0xC02C), "RSA": (0x009C, 0x009D)}


class Handshakes:
    """Shakes hands as the station of a case, or as the one of another way in."""

    def __init__(self, station: Station, way: Access | None = None) -> None:
        self._station, self._way = station, way

    @property
    def _approach(self) -> Approach:
        return self._station.approach if self._way is None else self._way.approach

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
        return self._approach.host

    async def completes(self, step: Step, suite: str) -> None:
        """Demands that a TLS 1.2 handshake with this suite alone is finished, whoever has signed the certificate."""
        try:
            await self._station.dialer.shake_hands(self._approach.but(suite=self.suites[suite], verify=False))
        except NotConnected as error:
            self._tried(step, "TLS", suite, "a finished handshake", error.received, "fail")
        else:
            self._tried(step, "TLS", suite, "a finished handshake", "finished", "pass")

    async def shows(self, step: Step, kind: Literal["ECDSA", "RSA"], expected: dict[str, Any]) -> None:
        """Checks the certificate that the server shows for a kind of key."""
        what = f"{kind} certificate"
        flight = await self._greets(client_hello(self.host, TLS_1_2, SUITES_OF[kind]))
        self._event(step, f"hello for an {what}", flight.text)
        self._station.reads(step, "TLS", what, _shown(flight), expected)

    async def negotiates(self, step: Step, expected: dict[str, Any]) -> None:
        """Checks what the server chooses when all that is sound is offered up to TLS 1.2, compression first."""
        hello = client_hello(self.host, TLS_1_2, dict.fromkeys((*MANDATORY, *SOUND)), DEFLATE_FIRST)
        flight = await self._greets(hello)
        self._event(step, "hello with all sound suites", flight.text)
        compression = "none" if flight.compression == NO_COMPRESSION else flight.compression
        found = {"version": flight.version or flight.refusal or "nothing", "compression": compression}
        found["asks for a certificate"] = flight.asks_certificate
        self._station.reads(step, "TLS", "server hello", found, expected)

    async def refuses_version(self, step: Step, version: str) -> None:
        """Demands that a client is refused that knows nothing newer than this version, whichever suite is chosen."""
        hello = client_hello(self.host, OLD_VERSIONS[version], SUITES)
        await self._refuses_hello(step, version, hello, warns=self._station.environment.security.legacy_tls)

    async def refuses_weak_suites(self, step: Step) -> None:
        """Demands that a client is refused that knows nothing but suites that nobody should use any more."""
        await self._refuses_hello(step, "weak suites", client_hello(self.host, TLS_1_2, WEAK))

    async def _refuses_hello(self, step: Step, what: str, hello: bytes, *, warns: bool = False) -> None:
        """The hello offers whatever there is, so that every end but a choice of the server is a refusal."""
        flight = await self._greets(hello)
        accepted: Outcome = "warn" if warns else "fail"
        self._tried(step, "TLS", what, "a refused client", flight.text, accepted if flight.chosen else _ended(flight))

    async def _greets(self, hello: bytes) -> Flight:
        try:
            return await self._station.dialer.greet(self._approach, hello)
        except NotConnected as error:
            raise StepFailed(str(error)) from None

    def _tried(self, step: Step, message: str, what: str, expected: str, received: str, outcome: Outcome) -> None:
        """Notes an attempt: that it was made, and how it was judged."""
        evidence = self._station.evidence
        note = f"{what or expected}: {received}"
        at_ns = evidence.clock.monotonic_ns()
        made = evidence.message("sent", "attempt", connection=0, at_ns=at_ns, step=step, note=note)
        self._station.notes(step, message, what, expected, received, outcome, made)

    def _event(self, step: Step, what: str, text: str) -> None:
        evidence = self._station.evidence
        at_ns = evidence.clock.monotonic_ns()
        evidence.message("sent", "attempt", connection=0, at_ns=at_ns, step=step, note=f"{what}: {text}")


def _ended(flight: Flight) -> Outcome:
    """A server that says nothing and keeps the connection has ended nothing (A00.FR.314)."""
    return "fail" if flight.silent else "pass"


def _shown(flight: Flight) -> dict[str, Any]:
    """What the server's certificate says; nothing if it shows none or what is none."""
    try:
        return facts(x509.load_der_x509_certificate(flight.certificates[0]))
    except (IndexError, *UNREADABLE):
        return {}
