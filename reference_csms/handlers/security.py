"""The security whitepaper's messages from stations: signing requests and security events."""

# mypy: disallow-untyped-decorators=False

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from ocpp.routing import after, on
from ocpp.v16 import call_result
from ocpp.v16.enums import Action, GenericStatus

from reference_csms.errors import CommandError
from reference_csms.registry.stations import Station

if TYPE_CHECKING:
    from reference_csms.app import Csms

log = logging.getLogger(__name__)


class SecurityHandlers:
    """Answers one station; the certificate follows the answer by itself."""

    csms: Csms
    station: Station

    @on(Action.sign_certificate)
    def on_sign_certificate(self, csr: str) -> call_result.SignCertificate:
        """Accepted if the request will be signed."""
        objection = self.csms.security.certificates.objection(self.station, csr)
        if objection is not None:
            log.warning("%s: SignCertificate rejected: %s", self.station.id, objection)
            return call_result.SignCertificate(GenericStatus.rejected)
        return call_result.SignCertificate(GenericStatus.accepted)

    @after(Action.sign_certificate)
    async def after_sign_certificate(self, csr: str) -> None:
        """Sign what is in order and send the certificate."""
        certificates = self.csms.security.certificates
        if certificates.objection(self.station, csr) is None:
            try:
                await certificates.sign(self.station, csr)
            except CommandError as error:
                log.warning("%s: its certificate was signed but not sent: %s", self.station.id, error)

    @after(Action.boot_notification)
    async def after_boot_notification(self, **_boot: Any) -> None:
        """Have a certificate renewed that ends soon, if the settings ask for it."""
        if self.station.boot_status in ("Accepted", "Pending"):
            await self.csms.security.certificates.booted(self.station)

    @on(Action.security_event_notification)
    async def on_security_event_notification(
        self, type: str, timestamp: str, tech_info: str | None = None
    ) -> call_result.SecurityEventNotification:
        """Nothing; the event is stored before this is answered."""
        await self.csms.security.happened(self.station.id, type, timestamp, tech_info)
        return call_result.SecurityEventNotification()
