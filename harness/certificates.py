"""Certificates as a station sees them: its own signing requests, what a certificate says, and hash data.

The reader of hash data takes the bits from the DER itself, so that it shares no code with what it judges.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import ssl
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID, SignatureAlgorithmOID

from harness.approach import load_credential
from harness.clock import rfc3339
from harness.errors import StepFailed, UsageError
from harness.matchers import Judged, Matcher
from harness.pki import Algorithm, PrivateKey, new_key

# A certificate is read part by part, each when it is asked for, and these are the ways in which that fails.
UNREADABLE: Final = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
LEAST_BITS: Final = {"RSA": 2048, "DSA": 2048, "EC": 224}
_BLOCK = re.compile(r"-----BEGIN CERTIFICATE-----\s[^-]*-----END CERTIFICATE-----")


@dataclass(frozen=True)
class SigningRequest:
    """A new key of the station and the request (PEM) to certify it."""

    key: PrivateKey
    pem: str

    @property
    def public_key(self) -> str:
        """The key's fingerprint."""
        return _fingerprint(self.key.public_key())

    def credential(self, payload: Mapping[str, Any] | None) -> str:
        """The key with the certificateChain that came for it; raises StepFailed if TLS cannot use them together."""
        found = read_chain((payload or {}).get("certificateChain"))
        if not found or facts(found[0]).get("publicKey") != self.public_key:
            raise StepFailed("the certificate cannot be used: it does not hold the key of the request")
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        credential = key + "".join(each.public_bytes(Encoding.PEM).decode() for each in found)
        try:
            load_credential(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), credential)
        except UsageError as error:
            raise StepFailed(f"the certificate cannot be used: {error}") from None
        return credential


def signing_request(serial_number: str, organization: str, algorithm: Algorithm) -> SigningRequest:
    """A request with the subject that the security whitepaper wants: CN the serial number, O the CPO."""
    key = new_key(algorithm)
    pairs = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, serial_number))
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs])
    made = x509.CertificateSigningRequestBuilder(name).sign(key, hashes.SHA256())
    return SigningRequest(key, made.public_bytes(Encoding.PEM).decode())


def read_chain(text: Any) -> list[x509.Certificate]:
    """The certificates of a PEM text, the leaf first; none if it is anything else."""
    if not isinstance(text, str) or text.count("-----BEGIN ") != len(_BLOCK.findall(text)):
        return []
    try:
        with warnings.catch_warnings(action="ignore"):
            return [x509.load_pem_x509_certificate(block.encode()) for block in _BLOCK.findall(text)]
    except UNREADABLE:
        return []


def readable(pem: str) -> bool:
    """Whether a text is an X.509 certificate in PEM that can be read to its end."""
    try:
        with warnings.catch_warnings(action="ignore"):
            certificate = x509.load_pem_x509_certificate(pem.encode())
            parts = (certificate.subject, certificate.issuer, certificate.extensions)
        return all(part is not None for part in parts) and facts(certificate).keys() >= _ALWAYS
    except UNREADABLE:
        return False


def chain_facts(payload: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the leaf of a certificateChain says, and whether the next signed each; empty if it is no PEM."""
    found = read_chain((payload or {}).get("certificateChain"))
    if not found:
        return {}
    signed = all(_signed(below, above) for below, above in itertools.pairwise(found))
    return {**facts(found[0]), "chain": "in order" if signed else "a certificate that the next has not signed"}


def facts(certificate: x509.Certificate) -> dict[str, Any]:
    """What a certificate says, as values that can be compared and printed, without what it leaves out or garbles."""
    said: dict[str, Any] = {}
    for read in _READERS:
        with suppress(*UNREADABLE), warnings.catch_warnings(action="ignore"):
            said |= read(certificate)
    return {name: value for name, value in said.items() if value}


def hash_data(pem: str, algorithm: str) -> dict[str, str]:
    """CertificateHashDataType of a root, which is its own issuer."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    spki = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "hashAlgorithm": algorithm,
        "issuerNameHash": hashlib.new(algorithm, certificate.issuer.public_bytes(Encoding.DER)).hexdigest(),
        "issuerKeyHash": hashlib.new(algorithm, _bit_string(spki)).hexdigest(),
        "serialNumber": f"{certificate.serial_number:x}",
    }


def same_certificate(pem: str) -> Matcher:
    """This certificate as PEM, whatever its line ends are."""
    wanted = x509.load_pem_x509_certificate(pem.encode())
    common_name = _text(wanted.subject, NameOID.COMMON_NAME)

    def judge(value: Any, at: datetime) -> Judged:
        return "pass" if read_chain(value) == [wanted] else "fail"

    return Matcher(f"the certificate of {common_name!r} in PEM", judge)


def authorization_key(password: str) -> Matcher:
    """The operator's password in hexadecimal; another one of 16 to 20 bytes is the CSMS's own choice and warns."""
    wanted = password.encode().hex()

    def judge(value: Any, at: datetime) -> Judged:
        if not isinstance(value, str) or not re.fullmatch(r"([0-9A-Fa-f]{2}){16,20}", value):
            return "fail"
        return "pass" if value.lower() == wanted else "warn"

    return Matcher("the operator's password in hexadecimal; another of 16 to 20 bytes with a warning", judge)


def _strong(value: Any, at: datetime) -> Judged:
    kind, _, bits = str(value).partition(" ")
    return "pass" if bits.isdigit() and int(bits) >= LEAST_BITS.get(kind, 2**31) else "fail"


def _still(value: Any, at: datetime) -> Judged:
    return "pass" if isinstance(value, str) and value > rfc3339(at) else "fail"


def _already(value: Any, at: datetime) -> Judged:
    return "pass" if isinstance(value, str) and value <= rfc3339(at) else "fail"


strong_key: Final = Matcher("RSA or DSA with 2048 bits or more, EC with 224 or more", _strong)
still_valid: Final = Matcher("a time in the future", _still)
already_valid: Final = Matcher("a time in the past", _already)


def names_host(host: str) -> Matcher:
    """One of the names that a server certificate is for."""

    def judge(value: Any, at: datetime) -> Judged:
        wanted = host.lower()
        wild = wanted.partition(".")[2]
        names = [str(name).lower() for name in value] if isinstance(value, list) else []
        return "pass" if wanted in names or (wild and f"*.{wild}" in names) else "fail"

    return Matcher(f"{host!r} among them", judge)


_READERS: Final[tuple[Callable[[x509.Certificate], Mapping[str, Any]], ...]] = (
    lambda it: {"publicKey": _fingerprint(it.public_key()), "key": _key(it.public_key())},
    lambda it: {"serialNumber": f"{it.serial_number:x}" if it.serial_number > 0 else ""},
    lambda it: {"commonName": _text(it.subject, NameOID.COMMON_NAME)},
    lambda it: {"organizationName": _text(it.subject, NameOID.ORGANIZATION_NAME)},
    lambda it: {"hosts": _hosts(it)},
    lambda it: {"notBefore": rfc3339(it.not_valid_before_utc), "notAfter": rfc3339(it.not_valid_after_utc)},
    lambda it: _signature(it),
    lambda it: {"signatureHash": _digest(it)},
)
_ALWAYS: Final = {"key", "notAfter", "signature", "signatureHash"}
"""What can be told of every certificate that can be read."""


def _text(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return ", ".join(str(attribute.value) for attribute in name.get_attributes_for_oid(oid))


def _fingerprint(key: Any) -> str:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _key(key: Any) -> str:
    kinds: Mapping[str, type] = {"RSA": rsa.RSAPublicKey, "DSA": dsa.DSAPublicKey, "EC": ec.EllipticCurvePublicKey}
    kind = next((name for name, type_ in kinds.items() if isinstance(key, type_)), type(key).__name__)
    return f"{kind} {getattr(key, 'key_size', '?')}"


def _hosts(certificate: x509.Certificate) -> list[str]:
    """The names in subjectAltName, else the common name (RFC 2818 §3.1)."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return [_text(certificate.subject, NameOID.COMMON_NAME)]
    return [str(name.value) for name in found]


def _signature(certificate: x509.Certificate) -> dict[str, str]:
    """The kind of key that signed, how RSA was padded, and the name of both together (RFC 8017)."""
    oid = certificate.signature_algorithm_oid
    name = getattr(oid, "_name", oid.dotted_string)
    if oid == SignatureAlgorithmOID.RSASSA_PSS:
        return {"signature": "RSA", "padding": "PSS", "scheme": "RSASSA-PSS"}
    if "RSA" in name:
        return {"signature": "RSA", "padding": "PKCS#1 v1.5", "scheme": "RSASSA-PKCS1-v1_5"}
    return {"signature": "ECDSA" if name.startswith("ecdsa") else name, "padding": "none", "scheme": "ECDSA"}


def _digest(certificate: x509.Certificate) -> str:
    digest = certificate.signature_hash_algorithm
    return digest.name.upper() if digest is not None else "none"


def _signed(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _bit_string(spki: bytes) -> bytes:
    """The subject public key in its DER: SEQUENCE { algorithm, BIT STRING }, without tag, length and unused bits."""
    _, body, _ = _element(spki)
    _, _, rest = _element(body)
    _, bits, _ = _element(rest)
    return bits[1:]


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """Tag, contents and what follows of the first DER element."""
    size, start = der[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(der[2:start], "big")
    return der[0], der[start : start + size], der[start + size :]
