"""Passwords and security profiles as operators change them: through OCPP, and never downwards (A01, A05, A00.FR.005).

Whatever way a ChangeConfiguration takes through the Central System, these rules come before it. What was sent counts
beside the old value until the station uses it; a station that refuses it keeps the old one alone.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from reference_csms.commands import core
from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import Request
from reference_csms.domain.identities import password_objection
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.hidden import AUTHORIZATION_KEY
from reference_csms.passwords import LEAST_BYTES, MOST_BYTES, Passwords, key_octets, password_octets
from reference_csms.registry.stations import Station, Stations

log = logging.getLogger(__name__)

SECURITY_PROFILE = "SecurityProfile"
# So many values that were sent and not yet used open the door; what was sent before them does no longer.
MOST_PENDING = 8
T = TypeVar("T")


class Access:
    """Changes how stations come in. `serves_tls` and `has_certificate` say what a higher profile can build on."""

    def __init__(
        self,
        commands: Commands,
        stations: Stations,
        passwords: Passwords,
        serves_tls: Callable[[], bool],
        has_certificate: Callable[[str], bool],
    ) -> None:
        self._commands, self._stations, self._passwords = commands, stations, passwords
        self._serves_tls, self._has_certificate = serves_tls, has_certificate
        commands.precede("ChangeConfiguration", self._precede)
        commands.follow("ChangeConfiguration", self._answered)
        commands.follow_errors("ChangeConfiguration", self._answered)

    async def set_password(self, station: str, *, password: str | None = None) -> Command:
        """Give a station another Basic auth password, by default a random one; on the wire it is hexadecimal."""
        octets = secrets.token_bytes(MOST_BYTES) if password is None else password_octets(password)
        if not LEAST_BYTES <= len(octets) <= MOST_BYTES:
            raise InvalidIntent(
                f"password: expected {LEAST_BYTES} to {MOST_BYTES} bytes, received {len(octets)} (A00.FR.205)"
            )
        return await self._commands.send(station, core.change_configuration(key=AUTHORIZATION_KEY, value=octets.hex()))

    async def set_security_profile(self, station: str, *, profile: int) -> Command:
        """Raise the security profile of a station; it counts from the station's first connection with it on."""
        return await self._commands.send(station, core.change_configuration(key=SECURITY_PROFILE, value=profile))

    async def _precede(self, station_id: str, request: Request) -> None:
        key, value = request.payload["key"].casefold(), request.payload["value"]
        station = self._stations.get(station_id)
        if station is None:
            return
        if key == AUTHORIZATION_KEY.casefold():
            objection = password_objection(station_id)
            if objection is not None:
                raise InvalidIntent(objection)
            octets = key_octets(value)
            if octets is None:
                raise InvalidIntent(
                    f"{AUTHORIZATION_KEY}: expected {2 * LEAST_BYTES} to {2 * MOST_BYTES} hexadecimal digits, two a"
                    f" byte, received {len(value)} characters (A00.FR.205)"
                )
            stored = await self._passwords.hash(octets)
            await self._stations.change(
                station, lambda now: {"pending_passwords": _also(now.pending_passwords, stored)}
            )
        elif key == SECURITY_PROFILE.casefold():
            profile = self._raised(station, value)
            await self._stations.change(station, lambda now: {"pending_profiles": _also(now.pending_profiles, profile)})

    def _raised(self, station: Station, value: str) -> int:
        """The profile to raise to; says which rule stands against it."""
        if value not in ("0", "1", "2", "3"):
            raise InvalidIntent(f"{SECURITY_PROFILE}: expected 1, 2 or 3, received {value!r}")
        profile, current = int(value), station.security_profile or 0
        if profile <= current:
            raise NotAllowedNow(
                f"{station.id}: {SECURITY_PROFILE} expected more than {current}, the one in use, received {profile};"
                " a profile is never lowered through OCPP (A00.FR.005)"
            )
        if profile >= 2 and not self._serves_tls():
            raise NotAllowedNow(f"{station.id}: {SECURITY_PROFILE} {profile} expected a port with TLS, there is none")
        if profile <= 2 and station.password_hash is None and not station.pending_passwords:
            raise NotAllowedNow(
                f"{station.id}: {SECURITY_PROFILE} {profile} expected a password, the station has none (A05.FR.02)"
            )
        if profile == 3 and not self._has_certificate(station.id):
            raise NotAllowedNow(
                f"{station.id}: {SECURITY_PROFILE} 3 expected a station with a certificate of ours, it has none"
                " (A05.FR.04); ExtendedTriggerMessage SignChargePointCertificate gets it one"
            )
        return profile

    async def _answered(self, command: Command) -> None:
        """What was accepted replaces all that was sent before it; what was refused is not on its way."""
        station = self._stations.get(command.station)
        if station is None:
            return
        status = command.response["status"] if command.response is not None else "CALLERROR"
        taken = status in ("Accepted", "RebootRequired")
        key, value = command.request["key"].casefold(), command.request["value"]
        if key == AUTHORIZATION_KEY.casefold():
            sent: str | int | None = await self._sent(station, bytes.fromhex(value))
            name = "pending_passwords"
        elif key == SECURITY_PROFILE.casefold():
            sent, name = int(value), "pending_profiles"
        else:
            return
        await self._stations.change(station, lambda now: _without(now, name, sent, taken=taken))

    async def _sent(self, station: Station, password: bytes) -> str | None:
        """Which of the passwords on their way this is, the latest if it was sent more than once."""
        for stored in reversed(station.pending_passwords):
            if await self._passwords.right(password, stored):
                return stored
        return None


def _also(pending: tuple[T, ...], new: T) -> tuple[T, ...]:
    return (*pending, new)[-MOST_PENDING:]


def _without(station: Station, name: str, sent: str | int | None, *, taken: bool) -> dict[str, Any]:
    """What of the pending values changes with the answer to the latest of them that is `sent`."""
    pending: tuple[Any, ...] = getattr(station, name)
    if sent not in pending:
        return {}
    if taken:
        return {name: (sent,)}
    place = len(pending) - 1 - pending[::-1].index(sent)
    return {name: pending[:place] + pending[place + 1 :]}
