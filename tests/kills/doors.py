"""Mutants of the way in: each attempt of a green run with another outcome, and a server that offers something wrong."""

from __future__ import annotations

import ssl
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from harness.hello import Flight
from harness.pki import Credential, Maker
from harness.results import Check
from reference_csms.domain.certificates import pem
from reference_csms.security.tls import server_context
from tests.kills import admissions
from tests.subjects import doors
from tests.subjects.doors import ALWAYS, Outcome
from tests.subjects.world import Tamper, run_case

Change = tuple[str, str, Callable[[Check], bool], Callable[[], Tamper]]
"""What is changed, how, which check is meant to notice, and the tamper."""

CSMS = "Reference CSMS"
MAKER = Maker(CSMS, **ALWAYS)
DH_GROUP = Path(__file__).with_name("modp_2048.pem")


class Attempts(Tamper):
    """Notes every attempt of a green run."""

    def __init__(self) -> None:
        self.made: list[Outcome | Flight | bool] = []

    def entered(self, number: int, outcome: Outcome) -> Outcome:
        self.made.append(outcome)
        return outcome

    def finished(self, number: int, finished: bool) -> bool:
        self.made.append(finished)
        return finished

    def greeted(self, number: int, flight: Flight) -> Flight:
        self.made.append(flight)
        return flight


class OneAttempt(Tamper):
    """Gives the nth attempt another outcome."""

    def __init__(self, number: int, outcome: Any) -> None:
        self._number, self._outcome = number, outcome
        self.applied = False

    def entered(self, number: int, outcome: Outcome) -> Outcome:
        return self._changed(number, outcome)

    def finished(self, number: int, finished: bool) -> bool:
        return self._changed(number, finished)

    def greeted(self, number: int, flight: Flight) -> Flight:
        return self._changed(number, flight)

    def _changed(self, number: int, outcome: Any) -> Any:
        if number != self._number:
            return outcome
        self.applied = self._outcome != outcome
        return self._outcome


class OtherServer(Tamper):
    """Offers something else in TLS, from the first handshake to the last."""

    applied = True

    def __init__(self, make: Callable[[], ssl.SSLContext]) -> None:
        self._make = make

    def context(self) -> ssl.SSLContext:
        return self._make()


def changes(case: str) -> Iterator[Change]:
    """Every change of the way in to a case that tries doors."""
    recorder = Attempts()
    run_case(case, recorder)
    if all(map(_ordinary, recorder.made)):
        return
    # A case that begins connected was not reached if that is refused, which is no check.
    reached = 1 if _ordinary(recorder.made[0]) else 0
    for number, made in list(enumerate(recorder.made, 1))[reached:]:
        for how, outcome in _others(made):
            if outcome != made:
                yield f"attempt {number}", how, _concerned(made), lambda n=number, o=outcome: OneAttempt(n, o)
    for name, meant, tamper in admissions.changes(case):
        yield "admission", name, meant, tamper
    if case in ("TC_086_CSMS", "TC_087_CSMS"):
        for name, server in SERVERS.items():
            if case in server.cases:
                yield "server", name, server.meant, lambda make=server.make: OtherServer(make)


def _ordinary(made: Outcome | Flight | bool) -> bool:
    """Whether the station was just let in."""
    return isinstance(made, Outcome) and made.let_in and made.subprotocol == "ocpp1.6"


def _concerned(made: Outcome | Flight | bool) -> Callable[[Check], bool]:
    kinds = ("connection", "handshake", "cleanup") if isinstance(made, Outcome) else ("TLS",)
    return lambda check: check.message in kinds


def _others(made: Outcome | Flight | bool) -> Iterator[tuple[str, Any]]:
    """Other outcomes of an attempt."""
    if isinstance(made, bool):
        yield "not finished" if made else "finished", not made
    elif isinstance(made, Flight):
        yield from _other_flights(made)
    elif made.let_in:
        yield from ((f"refused with HTTP {status}", Outcome(False, status)) for status in (401, 403, 404, 500))
        yield from (("TLS fails", Outcome(False, None)), ("no subprotocol", replace(made, subprotocol=None)))
        yield "another subprotocol", replace(made, subprotocol="ocpp0.1" if made.subprotocol else "ocpp1.6")
    else:
        yield "let in", Outcome(True, 101, "ocpp1.6")
        yield "let in without a subprotocol, then closed", Outcome(True, 101, None)
        if made.status is not None:
            yield "refused with HTTP 500", Outcome(False, 500)


def _other_flights(made: Flight) -> Iterator[tuple[str, Flight]]:
    if not made.version:
        yield "a server hello", Flight("TLS 1.0", 0x002F, 0, (), whole=True)
        yield "a server hello, then an alert", Flight("TLS 1.0", 0x002F, 0, (), refusal="alert 80", whole=True)
        yield "a question for the user", Flight(refusal="alert 115 (unknown PSK identity)", whole=True, asks_user=True)
        yield "no answer at all", Flight(silent=True)
        return
    yield "an alert", Flight(refusal="alert 40 (handshake failure)", whole=True)
    yield "nothing", Flight()
    if len(made.certificates) and made.compression == 0:
        yield "an older version", replace(made, version="TLS 1.1")
        yield "compression", replace(made, compression=1)
        yield "no question for a certificate", replace(made, asks_certificate=False)
        for name, certificate in _certificates().items():
            yield f"a certificate {name}", replace(made, certificates=(certificate,))
        yield "no certificate", replace(made, certificates=())


@cache
def _certificates() -> dict[str, bytes]:
    root = MAKER.root("Another root")

    def der(credential: Credential) -> bytes:
        return credential.certificate.public_bytes(Encoding.DER)

    return {
        "that is none": b"no certificate",
        "for another host": der(MAKER.server("other.example.com", root)),
        "with the host in subjectAltName only": der(MAKER.server("localhost", root, common_name="CSMS")),
        "that has expired": der(MAKER.server("localhost", root, expired=True)),
        "without an organization": der(Maker("", **ALWAYS).server("localhost", root)),
        "with a short RSA key": der(MAKER.server("localhost", root, "RSA", bits=1024)),
        "with a short EC key": der(MAKER.server("localhost", root, bits=192)),
    }


@dataclass(frozen=True)
class Server:
    """A server with one fault, the cases that have to notice, and the checks that are meant to."""

    make: Callable[[], ssl.SSLContext]
    paths: tuple[str, ...]
    cases: tuple[str, ...] = ("TC_086_CSMS", "TC_087_CSMS")

    def meant(self, check: Check) -> bool:
        """Whether this check is meant to notice."""
        named = any(path in check.path if path else not check.path for path in self.paths)
        return check.message in ("TLS", "connection") and named


def _server(ecdsa: Credential | None, rsa: Credential | None) -> ssl.SSLContext:
    chains = [credential.pem for credential in (ecdsa, rsa) if credential is not None]
    return server_context(chains, [*map(pem, doors.authority().certificates), doors.pki().authority.certificate_pem])


def _good(**how: Any) -> tuple[Credential, Credential]:
    roots = doors.authority().roots
    return (
        MAKER.server("localhost", Credential(*roots["ECDSA"]), "ECDSA", **how),
        MAKER.server("localhost", Credential(*roots["RSA"]), "RSA", **how),
    )


def _lax(version: ssl.TLSVersion, suites: str) -> ssl.SSLContext:
    context = _server(*_good())
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = version
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    context.load_dh_params(DH_GROUP)
    return context


def _no_question() -> ssl.SSLContext:
    context = _server(*_good())
    context.verify_mode = ssl.CERT_NONE
    return context


def _other_host() -> ssl.SSLContext:
    roots = doors.authority().roots
    ecdsa = MAKER.server("other.example.com", Credential(*roots["ECDSA"]), "ECDSA")
    return _server(ecdsa, MAKER.server("other.example.com", Credential(*roots["RSA"]), "RSA"))


def _self_signed() -> ssl.SSLContext:
    return _server(MAKER.server("localhost", None, "ECDSA"), MAKER.server("localhost", None, "RSA"))


def _unknown() -> ssl.SSLContext:
    root = MAKER.root("Unknown CA")
    return _server(MAKER.server("localhost", root, "ECDSA"), MAKER.server("localhost", root, "RSA"))


_AES = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-GCM-SHA384"
_AES128 = "ECDHE-ECDSA-AES128-GCM-SHA256:AES128-GCM-SHA256"
_ANY_OLD = f"{_AES}:ECDHE-ECDSA-AES128-SHA:AES128-SHA"
_1_0, _1_1, _1_2 = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2
_OLD_SUITES = {
    "takes TLS 1.0 with DHE": (_1_0, "DHE-RSA-AES128-SHA"),
    "takes TLS 1.0 with Camellia": (_1_0, "CAMELLIA128-SHA"),
    "takes TLS 1.0 from anyone": (_1_0, "ADH-AES128-SHA"),
    "takes TLS 1.1 without encryption": (_1_1, "ECDHE-RSA-NULL-SHA"),
}
_WEAK_SUITES = ("NULL-SHA256", "AECDH-AES128-SHA", "ADH-AES256-SHA256", "ADH-AES256-GCM-SHA384", "AECDH-NULL-SHA")
_SUITE = ("TLS_",)
SERVERS = {
    "takes TLS 1.0": Server(cache(lambda: _lax(_1_0, _ANY_OLD)), ("TLS 1.0",)),
    "takes TLS 1.1": Server(cache(lambda: _lax(_1_1, _ANY_OLD)), ("TLS 1.1",)),
    **{
        name: Server(
            cache(lambda least=least, suite=suite: _lax(least, f"{_AES}:{suite}")), ("TLS 1.0", "TLS 1.1", "weak")
        )
        for name, (least, suite) in _OLD_SUITES.items()
    },
    **{
        f"takes {suite}": Server(cache(lambda suite=suite: _lax(_1_2, f"{_AES}:{suite}")), ("weak suites",))
        for suite in _WEAK_SUITES
    },
    "lacks AES256": Server(cache(lambda: _lax(_1_2, _AES128)), _SUITE),
    "lacks RSA key exchange": Server(cache(lambda: _lax(_1_2, "ECDHE+AESGCM")), ("RSA certificate", "TLS_RSA")),
    "has no RSA certificate": Server(cache(lambda: _server(_good()[0], None)), ("RSA certificate", "TLS_RSA")),
    "has no ECDSA certificate": Server(cache(lambda: _server(None, _good()[1])), ("ECDSA certificate", "TLS_ECDHE")),
    "is another host": Server(cache(_other_host), ("commonName", "hosts", "")),
    "has signed its certificates itself": Server(cache(_self_signed), ("",)),
    "has certificates of an unknown CA": Server(cache(_unknown), ("",)),
    "has expired certificates": Server(cache(lambda: _server(*_good(expired=True))), ("notAfter", "")),
    "asks for no certificate": Server(cache(_no_question), ("asks for a certificate",), ("TC_087_CSMS",)),
}
