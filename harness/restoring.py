"""Leaves a station's way in as it was found: its password, its security profile, the certificate that is taken.

What a case may have changed is put back by the operator outside OCPP, and where no driver can do that, the password
through OCPP. Whether it worked is seen by connecting. What could not be put back is remembered for the cases to come.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import CaseFailed, Inconclusive, OperatorError
from harness.operators.csms.base import CsmsOperator, guarded
from harness.refusal import NotConnected
from harness.station import Station

if TYPE_CHECKING:
    from harness.verbs import Operator


@dataclass
class Left:
    """What earlier cases have left, by station: the certificate that counts now, and what could not be put back."""

    certificates: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


class Restoring:
    """Puts the access of one case's station back."""

    def __init__(self, station: Station, operator: Operator, driver: CsmsOperator, left: Left) -> None:
        self._station, self._operator, self._driver, self._left = station, operator, driver, left
        self._configured = station.approach
        if station.id in left.certificates:
            station.approach = self._configured.but(certificate=left.certificates[station.id])

    @property
    def owes(self) -> bool:
        """Whether the access may be another one than at the start, in this case or since an earlier one."""
        changed = self._station.approach != self._configured and self._station.id not in self._left.certificates
        return self._operator.touched_access or changed or self._station.id in self._left.reasons

    async def restore(self) -> None:
        """Puts back what was changed; notes what could not be, and remembers it. The station is away afterwards."""
        try:
            await self._restore()
        finally:
            if self._station.connected:
                await self._station.connection.close()

    async def _restore(self) -> None:
        station = self._station
        self._left.reasons.pop(station.id, None)
        current = station.approach
        try:
            if self._operator.touched_access or not await self._opens():
                await self._put_back()
        except (CaseFailed, Inconclusive, NotConnected, OperatorError) as error:
            self._left.reasons[station.id] = f"an earlier case has left station {station.id} in another state: {error}"
        station.approach = self._configured
        if station.id not in self._left.reasons and not await self._opens():
            station.approach = self._configured.but(certificate=current.certificate)
            if current.certificate != self._configured.certificate and await self._opens():
                self._left.certificates[station.id] = current.certificate or ""
                station.left_behind("the configured certificate still taken", "only the new one is taken")
                return
            station.approach = self._configured
            self._left.reasons[station.id] = f"station {station.id} is no longer let in as configured"
        if station.id in self._left.reasons:
            station.left_behind("password and security profile as they were", self._left.reasons[station.id])

    async def _put_back(self) -> None:
        way = self._station.environment.own_access
        try:
            acting = self._driver.provision_access(
                way.station_id,
                securityProfile=way.security_profile,
                password=way.password,
                serialNumber=way.serial_number,
            )
            await guarded("provision_access", acting)
        except NotImplementedError:
            await self._through_ocpp()

    async def _through_ocpp(self) -> None:
        station, password = self._station, self._station.environment.own_access.password
        if password is None or station.approach.password == password:
            return
        if not station.connected:
            await station.connects()
        await self._operator.sets_password(password)
        await station.receives("", "ChangeConfiguration.req", {"key": "AuthorizationKey"})
        await station.sends("", "ChangeConfiguration.conf", status="Accepted")

    async def _opens(self) -> bool:
        """Whether the station is let in as it comes now."""
        station = self._station
        try:
            if station.connected:
                await station.connection.close()
            await station.connects()
        except NotConnected:
            return False
        return True
