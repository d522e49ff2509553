"""What an operator does about the security of a station: passwords, security profiles, certificates."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any

from harness.approach import password_bytes

AUTHORIZATION_KEY = "AuthorizationKey"
SECURITY_PROFILE = "SecurityProfile"


@dataclass(frozen=True)
class Reply:
    """What a driver says after it acted: a line for people, and whether it dictated the OCPP payload."""

    detail: str = ""
    dictated: bool = False


class SecurityOperations:
    """The operations of the security profile; those of a password and a profile are changes of a configuration key."""

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        """Sets a configuration key."""
        raise NotImplementedError

    async def set_password(self, station: str, *, password: str) -> Reply:
        """Gives the station another Basic auth password, which goes out in hexadecimal as AuthorizationKey."""
        return await self.change_configuration(station, key=AUTHORIZATION_KEY, value=password_bytes(password).hex())

    async def set_security_profile(self, station: str, *, profile: int) -> Reply:
        """Raises the security profile of the station."""
        return await self.change_configuration(station, key=SECURITY_PROFILE, value=str(profile))

    async def install_certificate(self, station: str, *, certificateType: str, certificate: str) -> Reply:
        """Installs a root (PEM): CentralSystemRootCertificate or ManufacturerRootCertificate."""
        raise NotImplementedError

    async def get_installed_certificates(self, station: str, *, certificateType: str) -> Reply:
        """Asks the station which roots of a type it holds."""
        raise NotImplementedError

    async def delete_certificate(self, station: str, *, certificate: str, certificateHashData: dict[str, str]) -> Reply:
        """Deletes a root, given as PEM and as the hash data by which the station has named it."""
        raise NotImplementedError

    async def extended_trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        """Has the station send a message, such as SignChargePointCertificate for a new certificate."""
        raise NotImplementedError

    async def provision_access(
        self, station: str, *, securityProfile: int, password: str | None = None, serialNumber: str | None = None
    ) -> None:
        """Sets how the station has to come in, outside OCPP: before the first case, and after one that changed it."""
        raise NotImplementedError


class ByName(SecurityOperations):
    """Does each of these operations through one method that takes its name."""

    @abstractmethod
    async def act(self, operation: str, station: str, **fields: Any) -> Reply:
        """Does an operation."""

    async def install_certificate(self, station: str, *, certificateType: str, certificate: str) -> Reply:
        """Installs a root."""
        fields = {"certificateType": certificateType, "certificate": certificate}
        return await self.act("install_certificate", station, **fields)

    async def get_installed_certificates(self, station: str, *, certificateType: str) -> Reply:
        """Asks which roots the station holds."""
        return await self.act("get_installed_certificates", station, certificateType=certificateType)

    async def delete_certificate(self, station: str, *, certificate: str, certificateHashData: dict[str, str]) -> Reply:
        """Deletes a root."""
        fields = {"certificate": certificate, "certificateHashData": certificateHashData}
        return await self.act("delete_certificate", station, **fields)

    async def extended_trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        """Has the station send a message."""
        fields = {"requestedMessage": requestedMessage, "connectorId": connectorId}
        return await self.act("extended_trigger", station, **fields)
