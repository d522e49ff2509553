"""A test PKI: certificates that are right, and certificates that are wrong in one way each, made anew whenever needed.

Everything is PEM text: a credential holds its private key, its certificate and those of its issuers.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Algorithm = Literal["ECDSA", "RSA"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
FILE_MODE = 0o600


@dataclass(frozen=True)
class Credential:
    """A certificate with its private key and the certificates above it, the root left out."""

    certificate: x509.Certificate
    key: PrivateKey
    above: tuple[x509.Certificate, ...] = ()

    @property
    def certificate_pem(self) -> str:
        """The certificate alone."""
        return pem(self.certificate)

    @property
    def pem(self) -> str:
        """Key, certificate and chain in one text, as TLS libraries load it."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return key + "".join(pem(certificate) for certificate in (self.certificate, *self.above))


def pem(certificate: x509.Certificate) -> str:
    """A certificate as PEM text."""
    return certificate.public_bytes(Encoding.PEM).decode()


def new_key(algorithm: Algorithm, bits: int | None = None) -> PrivateKey:
    """A private key; P-256 or RSA 2048 unless another size is asked for."""
    if algorithm == "RSA":
        return rsa.generate_private_key(65537, bits or 2048)
    curves: dict[int, ec.EllipticCurve] = {192: ec.SECP192R1(), 256: ec.SECP256R1(), 384: ec.SECP384R1()}
    return ec.generate_private_key(curves[bits or 256])


@dataclass(frozen=True)
class Maker:
    """Makes certificates for one organization that are valid in one span of time."""

    organization: str = "OCPP-CONFORMANCE"
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def root(self, name: str, algorithm: Algorithm = "ECDSA") -> Credential:
        """A root: self-signed, allowed to sign certificates and revocation lists."""
        key = new_key(algorithm)
        usage = _usage(key_cert_sign=True, crl_sign=True, digital_signature=True)
        return Credential(self._signed(key, name, None, usage, authority=True), key)

    def station(
        self, name: str, issuer: Credential | None, algorithm: Algorithm = "ECDSA", *, expired: bool = False
    ) -> Credential:
        """A client certificate; without an issuer it is self-signed."""
        key = new_key(algorithm)
        purpose = ExtendedKeyUsageOID.CLIENT_AUTH
        made = self._signed(key, name, issuer, _usage(digital_signature=True), purpose=purpose, expired=expired)
        return Credential(made, key, issuer.above if issuer else ())

    def server(
        self,
        host: str,
        issuer: Credential | None,
        algorithm: Algorithm = "ECDSA",
        *,
        expired: bool = False,
        bits: int | None = None,
        common_name: str | None = None,
    ) -> Credential:
        """A server certificate for a host, which stands in CN (unless another is given) and in subjectAltName."""
        key = new_key(algorithm, bits)
        usage = _usage(digital_signature=True, key_encipherment=algorithm == "RSA")
        made = self._signed(
            key,
            host if common_name is None else common_name,
            issuer,
            usage,
            purpose=ExtendedKeyUsageOID.SERVER_AUTH,
            host=host,
            expired=expired,
        )
        return Credential(made, key, issuer.above if issuer else ())

    def signer(self, name: str, algorithm: Algorithm = "RSA") -> Credential:
        """A self-signed certificate whose key signs firmware."""
        key = new_key(algorithm)
        usage, purpose = _usage(digital_signature=True), ExtendedKeyUsageOID.CODE_SIGNING
        return Credential(self._signed(key, name, None, usage, purpose=purpose), key)

    def _signed(
        self,
        key: PrivateKey,
        name: str,
        issuer: Credential | None,
        usage: x509.KeyUsage,
        *,
        purpose: x509.ObjectIdentifier | None = None,
        host: str = "",
        authority: bool = False,
        expired: bool = False,
    ) -> x509.Certificate:
        subject = self._name(name)
        start, end = self._span(expired)
        builder = x509.CertificateBuilder(issuer.certificate.subject if issuer else subject, subject, key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
        builder = builder.add_extension(x509.BasicConstraints(authority, None), critical=True)
        builder = builder.add_extension(usage, critical=True)
        if purpose is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if host:
            builder = builder.add_extension(x509.SubjectAlternativeName([_host(host)]), critical=False)
        signer = issuer.key if issuer else key
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        return builder.add_extension(above, critical=False).sign(signer, hashes.SHA256())

    def _name(self, common_name: str) -> x509.Name:
        pairs = ((NameOID.ORGANIZATION_NAME, self.organization), (NameOID.COMMON_NAME, common_name))
        return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs if text])

    def _span(self, expired: bool) -> tuple[datetime, datetime]:
        if expired:
            return LONG_AGO, LONG_AGO + timedelta(days=1)
        now = datetime.now(UTC)
        return self.valid_from or now - timedelta(days=1), self.valid_until or now + timedelta(days=30)


class Pki:
    """The certificates of one run: a CA, what it signed, and what it would never sign."""

    def __init__(self, serial_number: str, host: str = "localhost", maker: Maker | None = None) -> None:
        self._serial_number, self._host, self._maker = serial_number, host, maker or Maker()
        self.authority = self._maker.root("Test CA")

    @cached_property
    def station(self) -> Credential:
        """The station's certificate: CN is its serial number."""
        return self._maker.station(self._serial_number, self.authority)

    @cached_property
    def other_station(self) -> Credential:
        """A good certificate of the station next door, whose serial number differs in its last character."""
        name = self._serial_number
        return self._maker.station(name[:-1] + ("Y" if name.endswith("X") else "X"), self.authority)

    @cached_property
    def longer_name(self) -> Credential:
        """A good certificate of a station whose serial number begins with this one and goes on."""
        return self._maker.station(f"{self._serial_number}X", self.authority)

    @cached_property
    def other_organization(self) -> Credential:
        """A certificate with the station's name that was issued to another organization."""
        foreign = replace(self._maker, organization=f"Not {self._maker.organization}")
        return foreign.station(self._serial_number, self.authority)

    @cached_property
    def expired(self) -> Credential:
        """The station's certificate of years ago."""
        return self._maker.station(self._serial_number, self.authority, expired=True)

    @cached_property
    def revoked(self) -> Credential:
        """The station's certificate, revoked by `revocations`."""
        return self._maker.station(self._serial_number, self.authority)

    @cached_property
    def self_signed(self) -> Credential:
        """A certificate that the station has signed itself."""
        return self._maker.station(self._serial_number, None)

    @cached_property
    def unknown_ca(self) -> Credential:
        """A certificate with the station's name, signed by a CA that nobody knows."""
        return self._maker.station(self._serial_number, self._maker.root("Unknown CA"))

    @cached_property
    def revocations(self) -> str:
        """The CA's revocation list as PEM text."""
        now = datetime.now(UTC)
        serial = self.revoked.certificate.serial_number
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now - timedelta(days=1)).build()
        builder = x509.CertificateRevocationListBuilder(self.authority.certificate.subject)
        builder = builder.last_update(now - timedelta(days=1)).next_update(now + timedelta(days=30))
        made = builder.add_revoked_certificate(entry).sign(self.authority.key, hashes.SHA256())
        return made.public_bytes(Encoding.PEM).decode()

    def server(self, algorithm: Algorithm) -> Credential:
        """A good server certificate."""
        return self._maker.server(self._host, self.authority, algorithm)

    def write(self, folder: Path) -> None:
        """Writes the CA's certificate and list and the station's credentials as PEM files for the owner's eyes."""
        folder.mkdir(parents=True, exist_ok=True)
        texts = {"ca.pem": self.authority.certificate_pem, "revoked.crl.pem": self.revocations}
        for name in ("station", "other_station", "longer_name", "other_organization", "expired", "revoked"):
            texts[f"{name}.pem"] = getattr(self, name).pem
        for name, text in texts.items():
            with open(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE), "w") as file:
                file.write(text)


def _usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
