"""Everything that the security whitepaper adds to a Central System, put together."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reference_csms.domain.clock import utc_text
from reference_csms.passwords import Passwords
from reference_csms.security.access import Access
from reference_csms.security.admission import Admission
from reference_csms.security.authority import Authority
from reference_csms.security.roots import Roots
from reference_csms.security.station_certificates import StationCertificates
from reference_csms.store.writes import AddSecurityEvent

if TYPE_CHECKING:
    from reference_csms.app import Csms


class Security:
    """Admission, passwords, profiles, certificates and security events of one Central System.

    `make_authority` gives the CA when it is first needed; `serves_tls` says whether there is a port with TLS, and
    `trusts_others` whether stations may show certificates of other CAs than ours there.
    """

    serves_tls = False
    trusts_others = False

    def __init__(
        self, csms: Csms, passwords: Passwords | None = None, make_authority: Callable[[], Authority] | None = None
    ) -> None:
        self._csms, self._make_authority = csms, make_authority
        writer, reads, commands = csms.store.writer, csms.store.reads, csms.commands
        self.passwords = passwords or Passwords()
        self.certificates = StationCertificates(
            commands,
            csms.triggers,
            csms.configurations,
            lambda: self.authority,
            writer,
            csms.clock,
            csms.events,
            csms.settings,
            reads.station_certificates(),
        )
        self.roots = Roots(
            commands, csms.configurations, writer, csms.clock, reads.installed_certificates, reads.certificates()
        )
        self.access = Access(
            commands,
            csms.stations,
            self.passwords,
            lambda: self.serves_tls,
            lambda station: self.trusts_others or self.certificates.accepted(station),
        )
        self.admission = Admission(csms, self.passwords, csms.settings.organization, self.certificates.revoked)

    @cached_property
    def authority(self) -> Authority:
        """The CSMS's own CA."""
        if self._make_authority is not None:
            return self._make_authority()
        return Authority.make(self._csms.clock.now(), self._csms.settings.rsa_padding)

    async def happened(self, station: str, type: str, timestamp: str, tech_info: str | None) -> None:
        """Store a security event of a station."""
        received_at = utc_text(self._csms.clock.now())
        await self._csms.store.writer.write(AddSecurityEvent(station, type, timestamp, tech_info, received_at))
        if self._csms.events.wanted:
            fields: dict[str, Any] = {"type": type, "timestamp": timestamp, "techInfo": tech_info}
            self._csms.events.publish("security_event", station, fields)
