"""What an operator does about charging profiles."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from harness.operators.csms.security import Reply


class ChargingOperations:
    """The operations of smart charging; a remote start with a charging profile is `remote_start`."""

    async def set_charging_profile(
        self, station: str, *, connectorId: int, profile: Mapping[str, Any], transactionId: int | None = None
    ) -> Reply:
        """Sets a charging profile: `profile` is a ChargingProfile of OCPP without its id, which the CSMS chooses.

        A TxProfile is for the transaction that runs on the connector; the CSMS knows it, and `transactionId` names it
        for those who have to.
        """
        raise NotImplementedError

    async def clear_charging_profile(
        self,
        station: str,
        *,
        id: int | None = None,
        connectorId: int | None = None,
        chargingProfilePurpose: str | None = None,
        stackLevel: int | None = None,
    ) -> Reply:
        """Clears a charging profile by its id, those that match the criteria, or without any of these all of them."""
        raise NotImplementedError

    async def get_composite_schedule(
        self, station: str, *, connectorId: int, duration: int, chargingRateUnit: str | None = None
    ) -> Reply:
        """Asks which limits a connector, or with 0 the whole station, will have for so many seconds."""
        raise NotImplementedError


class ChargingByName(ChargingOperations):
    """Does each of these operations through one method that takes its name."""

    @abstractmethod
    async def act(self, operation: str, station: str, **fields: Any) -> Reply:
        """Does an operation."""

    async def set_charging_profile(
        self, station: str, *, connectorId: int, profile: Mapping[str, Any], transactionId: int | None = None
    ) -> Reply:
        """Sets a charging profile."""
        fields = {"connectorId": connectorId, "profile": profile, "transactionId": transactionId}
        return await self.act("set_charging_profile", station, **fields)

    async def clear_charging_profile(
        self,
        station: str,
        *,
        id: int | None = None,
        connectorId: int | None = None,
        chargingProfilePurpose: str | None = None,
        stackLevel: int | None = None,
    ) -> Reply:
        """Clears charging profiles."""
        which = {"connectorId": connectorId, "stackLevel": stackLevel, "chargingProfilePurpose": chargingProfilePurpose}
        return await self.act("clear_charging_profile", station, id=id, **which)

    async def get_composite_schedule(
        self, station: str, *, connectorId: int, duration: int, chargingRateUnit: str | None = None
    ) -> Reply:
        """Asks for a composite schedule."""
        fields = {"duration": duration, "chargingRateUnit": chargingRateUnit}
        return await self.act("get_composite_schedule", station, connectorId=connectorId, **fields)
