"""The way in to a CSMS, tried with right and with wrong credentials.

Each attempt is a connection or a TLS handshake of its own, made as the station would make it, but for what the page
changes. A refusal is an answer of the CSMS: HTTP, a TLS alert or a closed connection before the WebSocket; a server
that is not there, or that we do not trust, has refused nothing. What nobody has configured cannot be tried, and the
check says so.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any, Literal, NamedTuple, NoReturn

from harness.approach import SUBPROTOCOL, Approach
from harness.catalogue import Rounds
from harness.certificates import SigningRequest, signing_request
from harness.credentials import wrong_credentials
from harness.errors import StepFailed
from harness.handshakes import Handshakes
from harness.material import Access, WrongCertificate
from harness.refusal import NotConnected
from harness.results import Outcome, Step
from harness.station import Station
from harness.wire import LinkClosed

End = Literal["refused", "closed after the upgrade", "accepted", "no answer"]
PASS: Outcome = "pass"
FAIL: Outcome = "fail"
UPGRADED = 101
SERVER_ERRORS = 500


class Attempt(NamedTuple):
    """How an attempt to connect ended: in a word, in a few, and with which HTTP status."""

    outcome: End
    text: str
    status: int | None = None
    subprotocol: str | None = None
    error: NotConnected | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The same as values that can be compared and printed."""
        upgraded = self.status == UPGRADED
        closed = self.outcome == "closed after the upgrade"
        subprotocol = self.subprotocol or "none"
        return {"outcome": self.outcome, "upgraded": upgraded, "closedAtOnce": closed, "subprotocol": subprotocol}


class Door(Handshakes):
    """Tries the door as the station, with its present credentials but for what is changed."""

    def __init__(self, station: Station, rounds: Rounds | None = None, way: Access | None = None) -> None:
        super().__init__(station, way)
        self._rounds = rounds or Rounds()
        self._before = station.approach
        self._renewed: str | None = None

    @property
    def profiles(self) -> tuple[int, ...]:
        """The security profiles on which the case is gone through."""
        return self._rounds.profiles

    @property
    def each(self) -> list[Door]:
        """A door for each of these profiles, tried by the station that is on it."""
        environment = self._station.environment
        others = {profile: way for profile, way in environment.ways.items() if profile != environment.profile}
        return [type(self)(self._station, self._rounds, others[p]) if p in others else self for p in self.profiles]

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
    def wrong_credentials(self) -> Mapping[str, Mapping[str, Any] | str]:
        """Users and passwords that a CSMS has to refuse, by what is wrong with them; a text says why one is lacking."""
        return wrong_credentials(self._access, self._station.environment.ways.values())

    @property
    def wrong_certificates(self) -> Iterable[WrongCertificate]:
        """Certificates that a CSMS has to refuse from this station."""
        return self._station.environment.security.wrong_certificates(self._access.serial)

    @property
    def _access(self) -> Access:
        return self._station.environment.own_access if self._way is None else self._way

    def new_password(self) -> str:
        """A password for the station, 20 characters long."""
        return secrets.token_hex(10)

    def request(self) -> SigningRequest:
        """A new key of the station, with the request to certify it."""
        environment = self._station.environment
        material = environment.security
        return signing_request(environment.own_access.serial, material.organization, material.algorithm)

    def takes_certificate(self, request: SigningRequest, payload: Mapping[str, Any] | None) -> None:
        """From now on the station has the certificate that came; raises StepFailed if it cannot be used."""
        try:
            self._renewed = request.credential(payload)
        except StepFailed as error:
            wanted = "a certificate of the key that was asked for"
            self._station.notes("", "CertificateSigned.req", "certificateChain", wanted, str(error), "fail")
            raise
        if self._station.approach.certificate is not None:
            self._changes(certificate=self._renewed)

    def changes_profile(self, profile: int) -> None:
        """From now on the station comes with this security profile, its password and its newest certificate."""
        way = self._station.environment.ways[profile].approach
        password = self._station.approach.password if profile < 3 else None
        certificate = self._renewed or way.certificate if profile == 3 else None
        self._changes(url=way.url, ca_file=way.ca_file, password=password, certificate=certificate, place=way.place)

    async def changes_password(self, step: Step, payload: Mapping[str, Any] | None) -> None:
        """Connects with the new password that came; some CSMSs take the digits for the password itself."""
        station, value = self._station, str((payload or {}).get("value"))
        self._changes(password=value)
        try:
            await station.connects()
        except NotConnected:
            station.approach = station.approach.but(password=value.encode())
            await station.reconnects(step)
            meant, outcome = "the digits themselves", FAIL
        else:
            station.notes(step, "connection", "", "a connection that is accepted again", "connected", "pass")
            meant, outcome = "the bytes that the digits stand for", PASS
        station.notes(step, "connection", "password", "the bytes that the digits stand for", meant, outcome)

    def _changes(self, **changes: Any) -> None:
        self._before = self._station.approach
        self._station.approach = self._before.but(**changes)

    async def proves(self, step: Step) -> None:
        """Sees that the station is let in as it is configured, which it has to be before another way in says anything.

        If not, the settings may be wrong, and the case was not reached; but a certificate of the server that is bad in
        itself, though we know who has signed it, fails this step.
        """
        tried = await self.tries()
        wanted = f"{self._access.station_id} let in as it is configured"
        if tried.status == UPGRADED:
            self._event(step, wanted, tried.text)
            if tried.subprotocol != SUBPROTOCOL:
                self._station.notes_subprotocol(tried.subprotocol)
        elif tried.error is not None and tried.error.untrusted == "certificate":
            self._stops(step, "connection", wanted, tried.error)
        else:
            async with self._station.preparing(wanted):
                self._stops("", "connection", wanted, tried.error)

    async def trusts(self, profile: int) -> None:
        """Sees that the server of this security profile is there and shows what we trust; else StepFailed."""
        wanted = f"a server on security profile {profile} that can be trusted"
        try:
            await self._station.dialer.shake_hands(self._station.environment.ways[profile].approach)
        except NotConnected as error:
            self._stops("", "TLS", wanted, error)
        self._event("", wanted, "a finished handshake")

    def _stops(self, step: Step, message: str, wanted: str, error: Exception | None) -> NoReturn:
        self._tried(step, message, "", wanted, str(error), "fail")
        raise StepFailed(str(error))

    def covers(self, step: Step) -> None:
        """Notes on which security profiles the case is gone through, of those that are claimed."""
        tried, lacking = (" and ".join(map(str, profiles)) for profiles in self._rounds[:2])
        claimed = " and ".join(map(str, sorted(self._rounds.profiles + self._rounds.lacking)))
        received = f"{tried}; not {lacking}: the settings have no station for that" if lacking else tried
        outcome: Outcome = "unverifiable" if lacking else "pass"
        self._station.notes(step, "connection", "security profiles", claimed, received, outcome)

    async def refuses_what_was_before(self, step: Step, what: str) -> None:
        """Demands that the station is refused as it came before the last change."""
        before = self._before
        await self.refuses(step, what, **{each.name: getattr(before, each.name) for each in fields(before)})

    async def tries(self, *, identity: str | None = None, **changes: Any) -> Attempt:
        """How an attempt with these changes ends; a connection that was opened is closed again."""
        approach = self._approach.but(**changes)
        try:
            link = await self._station.dialer.connect(identity or self._access.station_id, approach)
        except NotConnected as error:
            if error.kind == "unreachable" or error.untrusted:
                return Attempt("no answer", error.received, error=error)
            if error.subprotocol is not None:
                return Attempt("accepted", error.received, UPGRADED, error.subprotocol, error)
            return Attempt("refused", error.received, error.status, error=error)
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

    async def refuses(
        self,
        step: Step,
        what: str,
        *,
        statuses: tuple[int, ...] = (),
        accepted: Outcome = "fail",
        identity: str | None = None,
        **changes: Any,
    ) -> None:
        """Demands that an attempt is refused, by one of these HTTP statuses if some are given; another one warns."""
        tried = await self.tries(identity=identity, **changes)
        outcome: Outcome = "pass" if tried.outcome == "refused" else accepted
        odd = tried.status not in statuses if statuses else (tried.status or 0) >= SERVER_ERRORS
        if outcome == "pass" and odd:
            outcome = "warn"
        how = f"HTTP {', '.join(map(str, statuses))}; another refusal" if statuses else "a server error"
        who = identity or self._access.station_id
        expected = f"a connection as {who} that is refused{' with' if statuses else ';'} {how} warns"
        self._tried(step, "connection", what, expected, tried.text, outcome)

    async def refuses_credentials(self, step: Step, what: str, credentials: Mapping[str, Any] | str) -> None:
        """Demands that a user and password are refused; a text says why they cannot be tried."""
        if isinstance(credentials, str):
            self._unverifiable(step, what, credentials)
        else:
            await self.refuses(step, what, statuses=self.unauthorized, **credentials)

    async def refuses_stranger(self, step: Step, what: str) -> None:
        """Demands that an identity that nobody knows is refused without credentials.

        Where security profile 0 is claimed too, a CSMS may take whoever comes without TLS: that warns.
        """
        open_to_all = 0 in self._rounds.claimed and not self._approach.secure
        accepted: Outcome = "warn" if open_to_all else "fail"
        stranger = f"stranger-{secrets.token_hex(4)}"
        await self.refuses(step, what, statuses=self.unauthorized, accepted=accepted, identity=stranger, password=None)

    async def refuses_certificate(self, step: Step, wrong: WrongCertificate) -> None:
        """Demands that a client certificate is refused; without one at hand that cannot be verified."""
        what = f"a certificate that is {wrong.what}"
        if wrong.pem is None:
            self._unverifiable(step, what, f"{wrong.key} of [environment.security] is not given")
        else:
            await self.refuses(step, what, certificate=wrong.pem)

    async def refuses_password_instead(self, step: Step, what: str) -> None:
        """Demands that the station's password does not stand in for its certificate."""
        if self._access.password is None:
            self._unverifiable(step, what, f"{self._approach.key('password')} is not given")
        else:
            await self.refuses(step, what, certificate=None, password=self._access.password)

    async def refuses_way(self, step: Step, what: str, approach: Approach | None) -> None:
        """Demands that the station is refused where another security profile is at home."""
        if approach is None:
            self._unverifiable(step, what, "[[environment.access]] has no such address")
        else:
            await self.refuses(step, what, url=approach.url, ca_file=approach.ca_file, place=approach.place)

    def _unverifiable(self, step: Step, what: str, why: str) -> None:
        expected = "a connection that is refused"
        self._station.notes(step, "connection", what, expected, f"not tried: {why}", "unverifiable")
