"""What the security cases work with: other ways in, and certificates that are right or wrong in one way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

from harness.approach import Approach

HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]


@dataclass(frozen=True)
class Access:
    """One way in: a station and the security profile that the CSMS expects it to come with.

    `place` is the table of the settings that says so.
    """

    security_profile: int
    url: str
    station_id: str
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    client_certificate: Path | None = None
    serial_number: str | None = None
    place: str = "[environment]"

    @property
    def serial(self) -> str:
        """The serial number that the station's certificate names."""
        return self.serial_number or self.station_id

    @property
    def approach(self) -> Approach:
        """How the station comes: with its password up to profile 2, with its certificate on profile 3."""
        certificate = self.client_certificate.read_text() if self.client_certificate else None
        password = self.password if self.security_profile < 3 else None
        return Approach(self.url, password, self.ca_file, certificate, place=self.place)


class WrongCertificate(NamedTuple):
    """A credential of a station that is wrong: in what, as PEM if there is one, and the key that would name it."""

    what: str
    pem: str | None
    key: str = ""


CONFIGURED = {
    "another station's": "other_station_certificate",
    "another station's, whose name begins alike": "longer_name_certificate",
    "another organization's": "other_organization_certificate",
    "expired": "expired_certificate",
    "revoked": "revoked_certificate",
}
"""Wrong certificates that only the CA of the CSMS can make, and the keys of [environment.security] that name them."""


@dataclass(frozen=True)
class Material:
    """Certificates and how they are made; what is not configured is made anew, once per run."""

    algorithm: Literal["ECDSA", "RSA"] = "ECDSA"
    organization: str = "OCPP-CONFORMANCE"
    hash_algorithms: tuple[HashAlgorithm, ...] = ("SHA256", "SHA384", "SHA512")
    manufacturer_root_file: Path | None = None
    central_system_root_file: Path | None = None
    other_station_certificate: Path | None = None
    longer_name_certificate: Path | None = None
    other_organization_certificate: Path | None = None
    expired_certificate: Path | None = None
    revoked_certificate: Path | None = None
    legacy_tls: bool = False

    def root(self, kind: str) -> str:
        """The root of this certificateType to install, as PEM."""
        return self.manufacturer_root if kind == "ManufacturerRootCertificate" else self.central_system_root

    @cached_property
    def manufacturer_root(self) -> str:
        """The ManufacturerRootCertificate to install, as PEM."""
        return self._root(self.manufacturer_root_file, "Manufacturer root")

    @cached_property
    def central_system_root(self) -> str:
        """The second CentralSystemRootCertificate to install, as PEM."""
        return self._root(self.central_system_root_file, "Central System root 2")

    def wrong_certificates(self, serial_number: str) -> Iterator[WrongCertificate]:
        """Credentials that a CSMS has to refuse; what only the CA of the CSMS could make has to be configured."""
        from harness.pki import Maker

        for what, key in CONFIGURED.items():
            file: Path | None = getattr(self, key)
            yield WrongCertificate(what, None if file is None else file.read_text(), key)
        maker = Maker(self.organization)
        yield WrongCertificate("self-signed", maker.station(serial_number, None).pem)
        unknown = maker.station(serial_number, maker.root("Unknown CA"))
        yield WrongCertificate("of an unknown CA", unknown.pem)

    def _root(self, file: Path | None, name: str) -> str:
        if file is not None:
            return file.read_text()
        # Imported here because reading settings must be quick, and most need no certificates.
        from harness.pki import Maker

        return Maker(self.organization).root(name, self.algorithm).certificate_pem
