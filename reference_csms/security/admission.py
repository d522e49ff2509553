"""Who is let in: one decision over what a station shows at the door, whatever the door is made of.

A station is on one security profile (A00.FR.001); one that comes with another is refused (A00.FR.002). While a new
password or a higher profile is on its way to the station, the old one and the new one open the door; the first use of
the new one ends the old one.
"""

from __future__ import annotations

import base64
import binascii
import http
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cryptography import x509

from reference_csms.domain.certificates import certificate_objection
from reference_csms.domain.identities import identity_objection
from reference_csms.passwords import Passwords
from reference_csms.registry.stations import Station

if TYPE_CHECKING:
    from reference_csms.app import Csms

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Visitor:
    """What a station shows: its identity, whether it came over TLS, with which certificate, and its Authorization."""

    identity: str
    tls: bool = False
    certificate: x509.Certificate | None = None
    authorization: str | None = None


class Refusal(NamedTuple):
    """Why a station is not let in, as an HTTP answer."""

    status: http.HTTPStatus
    text: str


Revoked = Callable[[x509.Certificate], bool]


class Admission:
    """Decides for one Central System; `organization` is the CPO's name in station certificates, None for any."""

    def __init__(self, csms: Csms, passwords: Passwords, organization: str | None, revoked: Revoked) -> None:
        self._csms, self._passwords = csms, passwords
        self._organization, self._revoked = organization, revoked

    async def admit(self, visitor: Visitor) -> Refusal | None:
        """None if the station is let in."""
        station = self._csms.stations.get(visitor.identity)
        welcome = self._csms.settings.accept_unknown and identity_objection(visitor.identity) is None
        if station is None and welcome:
            station = await self._csms.stations.put(Station(visitor.identity))
        if station is None:
            return self._refused(visitor, http.HTTPStatus.NOT_FOUND, "a registered station, received an unknown one")
        if not await self._raises(station, visitor):
            objection = await self._objection(station, station.security_profile, visitor)
            if objection is not None:
                return self._refused(visitor, *objection)
        shown = visitor.certificate if station.security_profile == 3 else None
        station.certificate_until = None if shown is None else shown.not_valid_after_utc
        return None

    async def _raises(self, station: Station, visitor: Visitor) -> bool:
        """Whether the station comes on a higher profile that it was told to take, which then counts alone."""
        for profile in sorted(set(station.pending_profiles), reverse=True):
            if await self._objection(station, profile, visitor) is not None:
                continue
            if await self._csms.stations.change(station, partial(_on_profile, profile=profile)):
                log.info("%s: is on security profile %s now", station.id, profile)
                return True
        return False

    async def _objection(
        self, station: Station, profile: int | None, visitor: Visitor
    ) -> tuple[http.HTTPStatus, str] | None:
        forbidden = http.HTTPStatus.FORBIDDEN
        if profile is not None and visitor.tls != (profile >= 2):
            came = "one over TLS" if visitor.tls else "one without TLS"
            return forbidden, f"a connection on security profile {profile}, received {came}"
        if profile == 3:
            why = self._certificate_objection(station, visitor.certificate)
            return None if why is None else (forbidden, why)
        authorized = await self._authorized(station, visitor.authorization)
        if authorized or profile == 0 or (profile is None and station.password_hash is None):
            return None
        return http.HTTPStatus.UNAUTHORIZED, "the station's user and password, received others or none"

    def _certificate_objection(self, station: Station, certificate: x509.Certificate | None) -> str | None:
        if certificate is None:
            return "a client certificate, received none (A00.FR.401)"
        named = station.serial_number or station.id
        objection = certificate_objection(certificate, self._csms.clock.now(), named, self._organization)
        if objection is None and self._revoked(certificate):
            return "a certificate that holds, received a revoked one (A00.FR.704)"
        return objection

    async def _authorized(self, station: Station, authorization: str | None) -> bool:
        given = basic(authorization)
        if given is None or given[0] != station.id.encode():
            return False
        if station.password_hash is not None and await self._passwords.right(given[1], station.password_hash):
            return True
        for pending in station.pending_passwords:
            if await self._passwords.right(given[1], pending):
                log.info("%s: uses its new password", station.id)
                return await self._csms.stations.change(station, partial(_with_password, used=pending))
        return False

    def _refused(self, visitor: Visitor, status: http.HTTPStatus, expected: str) -> Refusal:
        log.info("%s: refused, expected %s", visitor.identity, expected)
        told = {"status": int(status), "reason": f"expected {expected}"}
        self._csms.events.publish("refused", visitor.identity, told)
        return Refusal(status, f"expected {expected}")


def _on_profile(station: Station, profile: int) -> dict[str, Any]:
    """What changes when a station comes on a profile; nothing if somebody has taken it back meanwhile."""
    if profile not in station.pending_profiles:
        return {}
    higher = tuple(pending for pending in station.pending_profiles if pending > profile)
    return {"security_profile": profile, "pending_profiles": higher}


def _with_password(station: Station, used: str) -> dict[str, Any]:
    """What changes when a station uses a password; nothing if somebody has taken it back meanwhile."""
    if used not in station.pending_passwords:
        return {}
    later = station.pending_passwords[station.pending_passwords.index(used) + 1 :]
    return {"password_hash": used, "pending_passwords": later}


def basic(authorization: str | None) -> tuple[bytes, bytes] | None:
    """User and password of an Authorization header as bytes: a key need not be text."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(credentials.strip(), validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if colon else None
