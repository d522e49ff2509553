"""The operator's hands on a CSMS in this process: each operation is a call of what its REST API would call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from harness.operators.csms.base import CsmsOperator, Reply
from reference_csms.app import Csms
from reference_csms.commands.transfers import Retries
from reference_csms.domain.clock import parse_utc
from tests.subjects import doors


class Hands(doors.SecurityHands, CsmsOperator):
    """A driver that speaks to the CSMS in this process."""

    def __init__(self, csms: Csms) -> None:
        self._csms = csms

    async def remote_start(
        self, station: str, *, connectorId: int | None, idTag: str, chargingProfile: Mapping[str, Any] | None = None
    ) -> Reply:
        who = {"connectorId": connectorId, "idTag": idTag}
        if chargingProfile is None:
            await self._csms.commands.remote_start(station, **who)
        else:
            await self._csms.charging.remote_start(station, **who, chargingProfile=dict(chargingProfile))
        return Reply()

    async def remote_stop(self, station: str, *, transactionId: int) -> Reply:
        await self._csms.commands.remote_stop(station, transactionId=transactionId)
        return Reply()

    async def reset(self, station: str, *, type: str) -> Reply:
        await self._csms.commands.reset(station, type=type)
        return Reply()

    async def unlock(self, station: str, *, connectorId: int) -> Reply:
        await self._csms.commands.unlock(station, connectorId=connectorId)
        return Reply()

    async def get_configuration(self, station: str, *, key: list[str]) -> Reply:
        await self._csms.commands.get_configuration(station, keys=key)
        return Reply()

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        await self._csms.commands.change_configuration(station, key=key, value=value)
        return Reply()

    async def change_availability(self, station: str, *, connectorId: int, type: str) -> Reply:
        await self._csms.commands.change_availability(station, connectorId=connectorId, type=type)
        return Reply()

    async def reserve(
        self, station: str, *, connectorId: int, idTag: str, expiryDate: str, parentIdTag: str | None = None
    ) -> Reply:
        until, intent = parse_utc(expiryDate), {"connectorId": connectorId, "idTag": idTag, "parentIdTag": parentIdTag}
        await self._csms.reservations.reserve(station, expiryDate=until, insist=True, **intent)
        return Reply()

    async def send_local_list(self, station: str, *, updateType: str, cards: list[str]) -> Reply:
        update: Any = updateType
        await self._csms.local_lists.send(station, updateType=update, cards=cards, insist=True)
        return Reply()

    async def get_local_list_version(self, station: str) -> Reply:
        await self._csms.local_lists.get_version(station)
        return Reply()

    async def trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Reply:
        await self._csms.triggers.trigger(station, requestedMessage=requestedMessage, connectorId=connectorId)
        return Reply()

    async def cancel_reservation(self, station: str, *, reservationId: int) -> Reply:
        await self._csms.reservations.cancel(station, reservationId=reservationId, insist=True)
        return Reply()

    async def set_charging_profile(
        self, station: str, *, connectorId: int, profile: Mapping[str, Any], transactionId: int | None = None
    ) -> Reply:
        await self._csms.charging.set_profile(station, connectorId=connectorId, csChargingProfiles=dict(profile))
        return Reply()

    async def clear_charging_profile(self, station: str, **which: Any) -> Reply:
        await self._csms.charging.clear_profiles(station, **which)
        return Reply()

    async def get_composite_schedule(self, station: str, **question: Any) -> Reply:
        await self._csms.charging.get_composite_schedule(station, **question)
        return Reply()

    async def update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDate: str,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        again = Retries(retries, retryInterval)
        await self._csms.transfers.update_firmware(
            station, location=location, retrieveDate=parse_utc(retrieveDate), retries=again
        )
        return Reply()

    async def get_diagnostics(
        self,
        station: str,
        *,
        location: str,
        startTime: str | None = None,
        stopTime: str | None = None,
        retries: int | None = None,
        retryInterval: int | None = None,
    ) -> Reply:
        again = Retries(retries, retryInterval)
        period = {"startTime": _moment(startTime), "stopTime": _moment(stopTime)}
        await self._csms.transfers.get_diagnostics(station, location=location, retries=again, **period)
        return Reply()

    async def signed_update_firmware(
        self,
        station: str,
        *,
        location: str,
        retrieveDateTime: str,
        signingCertificate: str,
        signature: str,
        installDateTime: str | None = None,
    ) -> Reply:
        when = {"retrieveDateTime": _moment(retrieveDateTime), "installDateTime": _moment(installDateTime)}
        await self._csms.transfers.signed_update_firmware(
            station, location=location, signingCertificate=signingCertificate, signature=signature, **when
        )
        return Reply()

    async def get_log(
        self,
        station: str,
        *,
        logType: str,
        remoteLocation: str,
        oldestTimestamp: str | None = None,
        latestTimestamp: str | None = None,
    ) -> Reply:
        period = {"oldestTimestamp": _moment(oldestTimestamp), "latestTimestamp": _moment(latestTimestamp)}
        await self._csms.transfers.get_log(station, logType=logType, remoteLocation=remoteLocation, **period)
        return Reply()

    async def clear_cache(self, station: str) -> Reply:
        await self._csms.commands.clear_cache(station)
        return Reply()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else parse_utc(text)
