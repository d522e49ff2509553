"""Certificates and signing requests: what they hold, what is wrong with them, and the hash data they are known by.

Every objection names the rule of the security whitepaper (edition 2) that stands behind it.
"""

from __future__ import annotations

import hashlib
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

CertificateUse = Literal["CentralSystemRootCertificate", "ManufacturerRootCertificate"]
HashAlgorithm = Literal["SHA256", "SHA384", "SHA512"]
LEAST_RSA_BITS: Final = 2048
LEAST_EC_BITS: Final = 224
MOST_SERIAL: Final = 1 << 160
"""RFC 5280 §4.1.2.2 ends serial numbers at 20 bytes."""
_WEAK_HASHES = (hashes.MD5, hashes.SHA1)
_BEGIN = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----")
MOST_PEM: Final = 100_000
"""Characters of PEM that are looked at; the longest chain that OCPP carries has 10,000."""
UNREADABLE = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading a certificate or a request may raise, which happens part by part and late."""


class HashData(NamedTuple):
    """CertificateHashDataType: how a station names a certificate that it holds."""

    algorithm: str
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    @classmethod
    def read(cls, wire: Mapping[str, str]) -> HashData:
        """The hash data of a payload."""
        return cls(wire["hashAlgorithm"], wire["issuerNameHash"], wire["issuerKeyHash"], wire["serialNumber"])

    def fields(self) -> dict[str, str]:
        """As on the wire."""
        names = ("hashAlgorithm", "issuerNameHash", "issuerKeyHash", "serialNumber")
        return dict(zip(names, self, strict=True))

    def same(self, other: HashData) -> bool:
        """Whether both name the same certificate: hexadecimal digits count in any letter case."""
        return [part.casefold() for part in self] == [part.casefold() for part in other]


def parse_certificates(text: str) -> list[x509.Certificate]:
    """The certificates of a PEM text, readable in all parts. Raises ValueError for none, or for something else."""
    if len(text) > MOST_PEM:
        raise ValueError(f"expected PEM of {MOST_PEM} characters at most, received {len(text)}")
    blocks = list(_blocks(normal_pem(text)))
    if not blocks or any(label != "CERTIFICATE" for label, _ in blocks):
        found = ", ".join(label for label, _ in blocks) or "none"
        raise ValueError(f"expected PEM blocks CERTIFICATE, received {found[:100]} (A00.FR.507)")
    try:
        with _unwarned():
            return [_whole(x509.load_pem_x509_certificate(block.encode())) for _, block in blocks]
    except UNREADABLE as error:
        raise ValueError(f"expected an X.509 certificate, received what is none: {error} (A00.FR.507)") from None


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """Each PEM block with its label, in one pass; what begins and does not end is none."""
    at = 0
    while begin := _BEGIN.search(text, at):
        ending = f"-----END {begin[1]}-----"
        end = text.find(ending, begin.end())
        if end < 0:
            return
        at = end + len(ending)
        yield begin[1], text[begin.start() : at]


def _whole(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate, once each of its parts has been read."""
    certificate.public_key()
    _ = (certificate.version, certificate.subject, certificate.issuer, certificate.extensions)
    _ = (certificate.signature_hash_algorithm, certificate.not_valid_before_utc, certificate.not_valid_after_utc)
    return certificate


def normal_pem(text: str) -> str:
    """PEM with plain line ends; some stations send CRLF, or the two characters backslash and n."""
    return text.replace("\\r", "").replace("\\n", "\n").replace("\r\n", "\n").strip() + "\n"


def parse_request(text: str) -> x509.CertificateSigningRequest:
    """The signing request of a PEM text. Raises ValueError."""
    try:
        return x509.load_pem_x509_csr(normal_pem(text).encode())
    except UNREADABLE as error:
        raise ValueError(f"csr: expected PKCS#10 in PEM, received what is none: {error} (A02.FR.03)") from None


def pem(certificate: x509.Certificate) -> str:
    """The certificate as PEM."""
    return certificate.public_bytes(Encoding.PEM).decode()


def shown_certificate(der: bytes) -> x509.Certificate | None:
    """The certificate that a station has shown, None if it cannot be read."""
    try:
        with _unwarned():
            return x509.load_der_x509_certificate(der)
    except UNREADABLE:
        return None


@contextmanager
def _unwarned() -> Iterator[None]:
    """What is odd about the names and numbers of others is judged here and no matter for a warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def names(subject: x509.Name, oid: x509.ObjectIdentifier) -> list[str]:
    """The values of an attribute of a name."""
    return [str(attribute.value) for attribute in subject.get_attributes_for_oid(oid)]


def subject_objection(subject: x509.Name, serial_number: str, organization: str | None) -> str | None:
    """What is wrong with the subject of a station's certificate or request; None if nothing."""
    common, serials = names(subject, NameOID.COMMON_NAME), names(subject, NameOID.SERIAL_NUMBER)
    found = ", ".join((*common, *serials)) or "none"
    if len(common) > 1 or len(serials) > 1:
        return f"subject: expected one commonName and one serialNumber at most, received {found} (A00.FR.511)"
    if not common or serial_number not in (*common, *serials):
        return f"commonName: expected the serial number {serial_number}, received {found} (A00.FR.405, A00.FR.511)"
    owners = names(subject, NameOID.ORGANIZATION_NAME)
    if organization is not None and organization not in owners:
        return f"organizationName: expected {organization}, received {', '.join(owners) or 'none'} (A00.FR.404)"
    return None


def certificate_objection(
    certificate: x509.Certificate, now: datetime, serial_number: str, organization: str | None
) -> str | None:
    """Why the certificate that a station shows is not taken; None if it is in order, its issuer aside."""
    try:
        with _unwarned():
            return _validity_objection(certificate, now) or subject_objection(
                certificate.subject, serial_number, organization
            )
    except UNREADABLE as error:
        return f"a certificate that can be read, received one that cannot: {error} (A00.FR.407)"


def _validity_objection(certificate: x509.Certificate, now: datetime) -> str | None:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not start <= now <= end:
        return f"a certificate that is valid now, received one valid from {start:%F} to {end:%F} (A00.FR.407)"
    if not 0 < certificate.serial_number < MOST_SERIAL:
        return f"a serial number of 1 to 20 bytes, received {certificate.serial_number:x} (A00.FR.508)"
    if _is_ca(certificate):
        return "the certificate of a station, received one of a CA (RFC 5280 §4.2.1.9)"
    return None


def key_objection(key: CertificatePublicKeyTypes | object) -> str | None:
    """What is wrong with a public key; None if nothing."""
    if isinstance(key, rsa.RSAPublicKey):
        if key.key_size < LEAST_RSA_BITS:
            return f"key: expected RSA with {LEAST_RSA_BITS} bits or more, received {key.key_size} (A00.FR.502)"
        return None
    if isinstance(key, ec.EllipticCurvePublicKey):
        if key.key_size < LEAST_EC_BITS:
            return f"key: expected a curve of {LEAST_EC_BITS} bits or more, received {key.key_size} (A00.FR.503)"
        return None
    return f"key: expected RSA or a named elliptic curve, received {type(key).__name__} (A00.FR.317, A00.FR.504)"


def request_objection(
    request: x509.CertificateSigningRequest, serial_number: str, organization: str | None
) -> str | None:
    """Why a signing request is not signed; None if it is in order."""
    try:
        if not request.is_signature_valid:
            return "csr: expected a signature by the key in it, received another (RFC 2986 §4.2)"
        with _unwarned():
            digest, key, subject = request.signature_hash_algorithm, request.public_key(), request.subject
    except UNREADABLE as error:
        return f"csr: expected a key and signature that can be checked, received {error} (A00.FR.504)"
    if isinstance(digest, _WEAK_HASHES):
        return f"csr: expected a signature with SHA-256 or better, received {digest.name} (A00.FR.504)"
    return (
        key_objection(key)
        or subject_objection(subject, serial_number, organization)
        or _names_objection(subject, serial_number, organization)
    )


def _names_objection(subject: x509.Name, serial_number: str, organization: str | None) -> str | None:
    """What our CA must not sign although it names the station: a second station, or names that are none."""
    others = {*names(subject, NameOID.COMMON_NAME), *names(subject, NameOID.SERIAL_NUMBER)} - {serial_number}
    if others:
        return f"subject: expected the serial number {serial_number} alone, received also {others.pop()} (A00.FR.511)"
    owners = {*names(subject, NameOID.ORGANIZATION_NAME)} - {organization}
    if organization is not None and owners:
        return f"organizationName: expected {organization} alone, received also {owners.pop()} (A00.FR.404)"
    try:
        for attribute in subject:
            if isinstance(attribute.value, str):
                x509.NameAttribute(attribute.oid, attribute.value)
    except ValueError as error:
        return f"subject: expected names that certificates can hold, received others: {error} (RFC 5280 A.1)"
    return None


def root_objection(
    certificate: x509.Certificate, now: datetime, replaced: Iterable[x509.Certificate] | None = None
) -> str | None:
    """Why a certificate must not be installed as a root; None if it is in order.

    `replaced` are the roots of a station that takes only what one of them has signed; else it must be self-signed.
    """
    if replaced is not None:
        if not signed_by(certificate, replaced):
            return "certificate: expected one signed by the root that it replaces, received another (M05.FR.09)"
    elif not signed_by(certificate, [certificate]):
        return "certificate: expected a root, which is signed with its own key, received another (§2.6.2)"
    if not (_is_ca(certificate) or certificate.version is x509.Version.v1):
        return "certificate: expected a CA, received one whose basicConstraints forbid that (RFC 5280 §4.2.1.9)"
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        until = certificate.not_valid_after_utc.isoformat()
        return f"certificate: expected one that is valid now, received one valid until {until} (RFC 5280 §6)"
    digest = certificate.signature_hash_algorithm
    if isinstance(digest, _WEAK_HASHES):
        return f"certificate: expected SHA-256 or better, received {digest.name} (A00.FR.504)"
    return key_objection(certificate.public_key())


def _is_ca(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


def signed_by(certificate: x509.Certificate, issuers: Iterable[x509.Certificate]) -> bool:
    """Whether one of these has signed the certificate."""
    for issuer in issuers:
        try:
            certificate.verify_directly_issued_by(issuer)
        except UNREADABLE:
            continue
        return True
    return False


def hash_data(certificate: x509.Certificate, algorithm: str, issuer: x509.Certificate | None = None) -> HashData:
    """The hash data of a certificate; without an issuer it is its own (RFC 6960 §4.1.1: CertID)."""
    name = hashlib.new(algorithm, certificate.issuer.public_bytes()).hexdigest()
    key = hashlib.new(algorithm, _key_bits((issuer or certificate).public_key())).hexdigest()
    return HashData(algorithm, name, key, f"{certificate.serial_number:x}")


def _key_bits(key: CertificatePublicKeyTypes) -> bytes:
    """The subject public key without tag, length and unused bits."""
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return key.public_bytes_raw()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    raise ValueError(f"expected an RSA or elliptic curve key, received {type(key).__name__}")
