"""The commands that move files: firmware to a station, diagnostics and logs from it, as the requests that say so."""

from __future__ import annotations

import base64
import re
from datetime import datetime
from urllib.parse import urlsplit

from reference_csms.commands.core import Request, demand, request
from reference_csms.domain.certificates import parse_certificates
from reference_csms.domain.clock import utc_text
from reference_csms.errors import InvalidIntent

# OCPP 1.6 errata v4.0 §3.88 names the first four, the security whitepaper (L01.FR.08) the last.
SCHEMES = ("ftp", "ftps", "http", "https", "sftp")
_URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")


def update_firmware(
    *, location: str, retrieveDate: datetime, retries: int | None = None, retryInterval: int | None = None
) -> Request:
    """Have the station get a firmware image from a location, after a date, and install it."""
    _demand_location("UpdateFirmware", "location", location, "OCPP 1.6 §6.55")
    _demand_retries("UpdateFirmware", retries, retryInterval)
    return request(
        "UpdateFirmware",
        location=location,
        retrieveDate=utc_text(retrieveDate),
        retries=retries,
        retryInterval=retryInterval,
    )


def get_diagnostics(
    *,
    location: str,
    startTime: datetime | None = None,
    stopTime: datetime | None = None,
    retries: int | None = None,
    retryInterval: int | None = None,
) -> Request:
    """Have the station put a file with diagnostics of a period into a location."""
    _demand_location("GetDiagnostics", "location", location, "OCPP 1.6 §6.25")
    _demand_retries("GetDiagnostics", retries, retryInterval)
    _demand_order("GetDiagnostics", ("startTime", startTime), ("stopTime", stopTime), "OCPP 1.6 §6.25")
    return request(
        "GetDiagnostics",
        location=location,
        startTime=_text(startTime),
        stopTime=_text(stopTime),
        retries=retries,
        retryInterval=retryInterval,
    )


def get_log(
    *,
    requestId: int,
    logType: str,
    remoteLocation: str,
    oldestTimestamp: datetime | None = None,
    latestTimestamp: datetime | None = None,
    retries: int | None = None,
    retryInterval: int | None = None,
) -> Request:
    """Have the station put its security or diagnostics log of a period into a location."""
    _demand_location("GetLog", "log.remoteLocation", remoteLocation, "security whitepaper §6.12")
    _demand_retries("GetLog", retries, retryInterval)
    period = ("oldestTimestamp", oldestTimestamp), ("latestTimestamp", latestTimestamp)
    _demand_order("GetLog", *period, "security whitepaper §6.12")
    log = {"remoteLocation": remoteLocation} | {name: utc_text(moment) for name, moment in period if moment}
    return request(
        "GetLog", requestId=requestId, logType=logType, log=log, retries=retries, retryInterval=retryInterval
    )


def signed_update_firmware(
    *,
    requestId: int,
    location: str,
    retrieveDateTime: datetime,
    signingCertificate: str,
    signature: str,
    installDateTime: datetime | None = None,
    retries: int | None = None,
    retryInterval: int | None = None,
) -> Request:
    """Have the station get a firmware image, check its signature, and install it."""
    _demand_location("SignedUpdateFirmware", "firmware.location", location, "security whitepaper §6.7")
    _demand_retries("SignedUpdateFirmware", retries, retryInterval)
    times = ("retrieveDateTime", retrieveDateTime), ("installDateTime", installDateTime)
    _demand_order("SignedUpdateFirmware", *times, "security whitepaper L01.FR.16")
    _demand_certificate(signingCertificate)
    _demand_signature(signature)
    firmware = {"location": location} | {name: utc_text(moment) for name, moment in times if moment}
    firmware |= {"signingCertificate": signingCertificate, "signature": signature}
    return request(
        "SignedUpdateFirmware", requestId=requestId, firmware=firmware, retries=retries, retryInterval=retryInterval
    )


def scheme(location: str) -> str:
    """The protocol that a location names, in lower case."""
    return urlsplit(location).scheme


def _demand_location(action: str, field: str, location: str, rule: str) -> None:
    try:
        parts = urlsplit(location)
        good = _URI.fullmatch(location) and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good:
        raise InvalidIntent(
            f"{action} {field}: expected a URI such as https://host/path ({rule}), received {location!r}"
        )
    if parts.scheme not in SCHEMES:
        wanted = ", ".join(SCHEMES)
        raise InvalidIntent(
            f"{action} {field}: expected a URI with one of the schemes {wanted}"
            f" (OCPP 1.6 errata v4.0 §3.88), received {parts.scheme!r}"
        )


def _demand_retries(action: str, retries: int | None, interval: int | None) -> None:
    for name, value in (("retries", retries), ("retryInterval", interval)):
        if value is not None:
            demand(action, name, value, at_least=0)


def _demand_order(
    action: str, first: tuple[str, datetime | None], second: tuple[str, datetime | None], rule: str
) -> None:
    (name, early), (later_name, late) = first, second
    if early is not None and late is not None and late < early:
        raise InvalidIntent(
            f"{action} {later_name}: expected a time not before {name} {utc_text(early)} ({rule}),"
            f" received {utc_text(late)}"
        )


def _demand_certificate(pem: str) -> None:
    try:
        found = parse_certificates(pem)
    except ValueError:
        found = []
    if len(found) != 1:
        what = "none" if not found else f"{len(found)}"
        raise InvalidIntent(
            "SignedUpdateFirmware firmware.signingCertificate: expected one X.509 certificate as PEM"
            f" (security whitepaper L01.FR.11), received {what}"
        )


def _demand_signature(signature: str) -> None:
    try:
        good = signature != "" and base64.b64encode(base64.b64decode(signature, validate=True)).decode() == signature
    except ValueError:
        good = False
    if not good:
        raise InvalidIntent(
            "SignedUpdateFirmware firmware.signature: expected a signature in base64 (security whitepaper L01.FR.09),"
            f" received {signature!r}"
        )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
