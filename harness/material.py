"""What the security cases work with: other ways in, and certificates that are right or wrong in one way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

from harness.approach import Approach

HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]


@dataclass(frozen=True)
class Access:
    """One way in: a station and the security profile that the CSMS expects it to come with."""

    security_profile: int
    url: str
    station_id: str
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    client_certificate: Path | None = None
    serial_number: str | None = None

    @property
    def serial(self) -> str:
        """The serial number that the station's certificate names."""
        return self.serial_number or self.station_id

    @property
    def approach(self) -> Approach:
        """How the station comes: with its password up to profile 2, with its certificate on profile 3."""
        certificate = self.client_certificate.read_text() if self.client_certificate else None
        password = self.password if self.security_profile < 3 else None
        return Approach(self.url, password, self.ca_file, certificate)


@dataclass(frozen=True)
class Material:
    """Certificates and how they are made; what is not configured is made anew, once per run."""

    algorithm: Literal["ECDSA", "RSA"] = "ECDSA"
    organization: str = "OCPP-CONFORMANCE"
    hash_algorithms: tuple[HashAlgorithm, ...] = ("SHA256", "SHA384", "SHA512")
    manufacturer_root_file: Path | None = None
    central_system_root_file: Path | None = None
    other_station_certificate: Path | None = None
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

    def wrong_certificates(self, serial_number: str) -> Mapping[str, str | None]:
        """Credentials that a CSMS has to refuse, as PEM; None for what only the CA of the CSMS could make."""
        from harness.pki import Maker

        maker = Maker(self.organization)
        return {
            "another station's": _read(self.other_station_certificate),
            "expired": _read(self.expired_certificate),
            "revoked": _read(self.revoked_certificate),
            "self-signed": maker.station(serial_number, None).pem,
            "of an unknown CA": maker.station(serial_number, maker.root("Unknown CA")).pem,
        }

    def _root(self, file: Path | None, name: str) -> str:
        if file is not None:
            return file.read_text()
        # Imported here because reading settings must be quick, and most need no certificates.
        from harness.pki import Maker

        return Maker(self.organization).root(name, self.algorithm).certificate_pem


def _read(file: Path | None) -> str | None:
    return None if file is None else file.read_text()
