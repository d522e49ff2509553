"""Firmware Management and the files of the security whitepaper: what stations say of firmware, diagnostics and logs."""

# mypy: disallow-untyped-decorators=False

from __future__ import annotations

from typing import TYPE_CHECKING

from ocpp.routing import on
from ocpp.v16 import call_result
from ocpp.v16.enums import Action

from reference_csms.registry.stations import Station

if TYPE_CHECKING:
    from reference_csms.app import Csms


class FirmwareHandlers:
    """Answers one station; what it says is on disk before that."""

    csms: Csms
    station: Station

    @on(Action.firmware_status_notification)
    async def on_firmware_status_notification(self, status: str) -> call_result.FirmwareStatusNotification:
        """Nothing; the status is kept."""
        await self._progressed("FirmwareStatusNotification", status)
        return call_result.FirmwareStatusNotification()

    @on(Action.diagnostics_status_notification)
    async def on_diagnostics_status_notification(self, status: str) -> call_result.DiagnosticsStatusNotification:
        """Nothing; the status is kept."""
        await self._progressed("DiagnosticsStatusNotification", status)
        return call_result.DiagnosticsStatusNotification()

    @on(Action.signed_firmware_status_notification)
    async def on_signed_firmware_status_notification(
        self, status: str, request_id: int | None = None
    ) -> call_result.SignedFirmwareStatusNotification:
        """Nothing; the status is kept."""
        await self._progressed("SignedFirmwareStatusNotification", status, request_id)
        return call_result.SignedFirmwareStatusNotification()

    @on(Action.log_status_notification)
    async def on_log_status_notification(
        self, status: str, request_id: int | None = None
    ) -> call_result.LogStatusNotification:
        """Nothing; the status is kept."""
        await self._progressed("LogStatusNotification", status, request_id)
        return call_result.LogStatusNotification()

    async def _progressed(self, notification: str, status: str, request_id: int | None = None) -> None:
        await self.csms.transfers.progressed(self.station.id, notification, status, request_id)
