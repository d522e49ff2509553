"""The CSMS's own certificate authority: an ECDSA and an RSA root, and what they sign.

Keys live in files that only the owner can read, or in memory only. A certificate is signed by the root whose key is of
the kind of its own key, so that a station needs one kind of arithmetic.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_csms.domain.certificates import pem
from reference_csms.errors import UsageError
from reference_csms.private import write_private

Algorithm = Literal["ECDSA", "RSA"]
ALGORITHMS: tuple[Algorithm, ...] = ("ECDSA", "RSA")
Padding = Literal["pkcs1", "pss"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
ROOT_DAYS = 3650
SERVER_DAYS = 397
RENEW_DAYS = 30
BACKDATED = timedelta(hours=1)
ORGANIZATION = "Reference CSMS"


class Signer(NamedTuple):
    """A certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def pem(self) -> str:
        """Key and certificate as PEM."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return key + pem(self.certificate)


class Authority:
    """Two roots. `rsa_padding` is how the RSA root signs: the whitepaper advises pss, the official tool takes pkcs1."""

    def __init__(self, roots: dict[Algorithm, Signer], rsa_padding: Padding = "pkcs1") -> None:
        self.roots = roots
        self._padding = rsa_padding

    @classmethod
    def make(cls, now: datetime, rsa_padding: Padding = "pkcs1") -> Authority:
        """New roots, in memory."""
        return cls({algorithm: _root(algorithm, now) for algorithm in ALGORITHMS}, rsa_padding)

    @classmethod
    def at(cls, folder: Path, now: datetime, rsa_padding: Padding = "pkcs1") -> Authority:
        """The roots in this folder, made if there are none. Raises UsageError."""
        roots = {algorithm: _kept(folder, f"ca-{algorithm}") for algorithm in ALGORITHMS}
        missing = {algorithm: _root(algorithm, now) for algorithm, root in roots.items() if root is None}
        for algorithm, root in missing.items():
            keep(folder / f"ca-{algorithm}.pem", root)
        return cls({algorithm: root or missing[algorithm] for algorithm, root in roots.items()}, rsa_padding)

    @property
    def certificates(self) -> list[x509.Certificate]:
        """The roots' certificates."""
        return [root.certificate for root in self.roots.values()]

    def issuers(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        """The certificates above one of ours."""
        return [root for root in self.certificates if root.subject == certificate.issuer]

    def signed(self, request: x509.CertificateSigningRequest, now: datetime, days: int) -> x509.Certificate:
        """A station's certificate for a request that is in order."""
        key = request.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey)
        issuer = self.roots["RSA" if isinstance(key, rsa.RSAPublicKey) else "ECDSA"]
        builder = _builder(request.subject, issuer.certificate.subject, key, now, timedelta(days=days))
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        builder = builder.add_extension(_usage(digital_signature=True), critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
        return self._sign(builder, issuer)

    def server(self, names: Iterable[str], algorithm: Algorithm, now: datetime) -> Signer:
        """A new server certificate; the first name is its common name, all are alternative names."""
        hosts = list(names)
        key, issuer = new_key(algorithm), self.roots[algorithm]
        builder = _builder(_name(hosts[0]), issuer.certificate.subject, key.public_key(), now, _days(SERVER_DAYS))
        builder = builder.add_extension(x509.BasicConstraints(False, None), critical=True)
        usage = _usage(digital_signature=True, key_encipherment=algorithm == "RSA")
        builder = builder.add_extension(usage, critical=True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        alternatives = x509.SubjectAlternativeName([_alternative(host) for host in hosts])
        builder = builder.add_extension(alternatives, critical=False)
        return Signer(self._sign(builder, issuer), key)

    def server_at(self, folder: Path, names: Iterable[str], algorithm: Algorithm, now: datetime) -> Signer:
        """The server certificate in this folder, made anew if it names other hosts or ends soon. Raises UsageError."""
        hosts, name = list(names), f"server-{algorithm}"
        kept = _kept(folder, name)
        if kept is None or _hosts(kept.certificate) != hosts or _ends(kept.certificate, now):
            kept = self.server(hosts, algorithm, now)
            keep(folder / f"{name}.pem", kept)
        return kept

    def _sign(self, builder: x509.CertificateBuilder, issuer: Signer) -> x509.Certificate:
        above = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key())
        builder = builder.add_extension(above, critical=False)
        pss = isinstance(issuer.key, rsa.RSAPrivateKey) and self._padding == "pss"
        how = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH) if pss else None
        return builder.sign(issuer.key, hashes.SHA256(), rsa_padding=how)


def _root(algorithm: Algorithm, now: datetime) -> Signer:
    key, name = new_key(algorithm), _name(f"Reference CSMS {algorithm} root")
    builder = _builder(name, name, key.public_key(), now, _days(ROOT_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(True, 0), critical=True)
    builder = builder.add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
    return Signer(builder.sign(key, hashes.SHA256()), key)


def new_key(algorithm: Algorithm) -> PrivateKey:
    """A private key of this kind."""
    return rsa.generate_private_key(65537, 2048) if algorithm == "RSA" else ec.generate_private_key(ec.SECP256R1())


def _name(common_name: str) -> x509.Name:
    pairs = ((NameOID.ORGANIZATION_NAME, ORGANIZATION), (NameOID.COMMON_NAME, common_name))
    return x509.Name([x509.NameAttribute(oid, text) for oid, text in pairs])


def _days(days: int) -> timedelta:
    return timedelta(days=days)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    now: datetime,
    lasting: timedelta,
) -> x509.CertificateBuilder:
    """What all certificates have; they start a little early, for stations whose clock is behind."""
    builder = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    builder = builder.not_valid_before(now - BACKDATED).not_valid_after(now + lasting)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(**allowed: bool) -> x509.KeyUsage:
    return x509.KeyUsage(**{name: allowed.get(name, False) for name in _USAGES})


_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _hosts(certificate: x509.Certificate) -> list[str]:
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [str(name.value) for name in found]


def _ends(certificate: x509.Certificate, now: datetime) -> bool:
    return certificate.not_valid_after_utc < now + _days(RENEW_DAYS)


def _kept(folder: Path, name: str) -> Signer | None:
    path = folder / f"{name}.pem"
    try:
        text = path.read_bytes()
        key = load_pem_private_key(text, None)
        certificate = x509.load_pem_x509_certificate(text)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"{path}: expected a private key and its certificate in PEM, received: {error}") from None
    assert isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey)
    return Signer(certificate, key)


def keep(path: Path, signer: Signer) -> None:
    """Writes a key for its owner only. Raises UsageError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_private(path, signer.pem.encode())
    except OSError as error:
        raise UsageError(f"{path.parent}: expected a folder for keys, received: {error.strerror}") from None
