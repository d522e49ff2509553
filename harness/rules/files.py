"""Rules on requests that send a station to a file: a place it can find, a proof of origin it can check."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from harness.matchers import MISSING, find
from harness.rules.observed import Finding, Observed, rule

# Where each request names its place; that of the last two is a URI by its schema already.
LOCATIONS: Mapping[str, str] = {
    "SignedUpdateFirmware": "firmware.location",
    "GetLog": "log.remoteLocation",
    "UpdateFirmware": "location",
    "GetDiagnostics": "location",
}
SCHEMES = ("ftp", "ftps", "http", "https", "sftp")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


def _places(observed: Observed, *actions: str) -> Iterator[tuple[str, str]]:
    for action in actions:
        value = find(observed.request(action), LOCATIONS[action])
        if isinstance(value, str):
            yield LOCATIONS[action], value


def _location(observed: Observed) -> Iterator[Finding]:
    for path, value in _places(observed, "SignedUpdateFirmware", "GetLog"):
        if not _URI.fullmatch(value):
            yield Finding(path, "a URI", value)


def _protocol(observed: Observed) -> Iterator[Finding]:
    for path, value in _places(observed, *LOCATIONS):
        if _URI.fullmatch(value) and urlsplit(value).scheme not in SCHEMES:
            yield Finding(path, f"a URI with one of the schemes {', '.join(SCHEMES)}", value)


def _signing_certificate(observed: Observed) -> Iterator[Finding]:
    path = "firmware.signingCertificate"
    value = find(observed.request("SignedUpdateFirmware"), path)
    if isinstance(value, str) and not _is_certificate(value):
        yield Finding(path, "an X.509 certificate as PEM", value)


def _is_certificate(pem: str) -> bool:
    # Imported here because few cases need it and it takes long.
    from harness.certificates import readable

    return readable(pem)


def _signature(observed: Observed) -> Iterator[Finding]:
    path = "firmware.signature"
    value = find(observed.request("SignedUpdateFirmware"), path)
    if isinstance(value, str) and not _is_base64("".join(value.split())):
        yield Finding(path, "a signature in base64", value)


def _is_base64(text: str) -> bool:
    try:
        return bool(base64.b64decode(text, validate=True))
    except ValueError:
        return False


def _again(observed: Observed) -> Iterator[Finding]:
    for action in LOCATIONS:
        for name in ("retries", "retryInterval"):
            value: Any = find(observed.request(action), name)
            if isinstance(value, int) and not isinstance(value, bool) and value < 0:
                yield Finding(name, "a number that is not negative", value)


def _request_id(observed: Observed) -> Iterator[Finding]:
    """The same request may be sent again; another one under the same id cannot be told from it by its notifications."""
    for action in ("SignedUpdateFirmware", "GetLog"):
        request = observed.request(action)
        id = find(request, "requestId")
        if request is not None and id is not MISSING:
            known = observed.memory.request_ids.setdefault(f"{action} {id}", repr(request))
            if known != repr(request):
                yield Finding("requestId", f"an id that no other {action}.req has", id)


FILE_RULES = (
    rule("SEC2-5-02", "OCPP 1.6 security whitepaper §5.9 and §5.21")(_location),
    rule("ERR4-3.88-01", "OCPP 1.6 errata v4.0 §3.88", "should")(_protocol),
    rule("SEC2-L01-11", "OCPP 1.6 security whitepaper L01.FR.11")(_signing_certificate),
    rule("SEC2-L01-09", "OCPP 1.6 security whitepaper L01.FR.09")(_signature),
    rule("OCPP16-6.55-01", "OCPP 1.6 §6.25 and §6.55", "should")(_again),
    rule("SEC2-L01-10", "OCPP 1.6 security whitepaper L01.FR.10 and N01.FR.07", "should")(_request_id),
)
