"""Signatures over firmware images (security whitepaper L01): SHA-256 with RSA-PSS, made by the CSMS's own key."""

from __future__ import annotations

import asyncio
import base64
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_csms.files.folder import chunks
from reference_csms.private import write_private

BITS = 3072
YEARS = 10
ALGORITHM = "RSA-PSS with SHA-256"


class Signed(NamedTuple):
    """A signature in base64 and the certificate of its key as PEM."""

    signature: str
    certificate: str


class Signer:
    """The firmware signing key of the CSMS, made when it is first needed; both files are for its owner's eyes."""

    def __init__(self, folder: Path) -> None:
        self._key, self._certificate = folder / "signing-key.pem", folder / "signing-certificate.pem"
        self._making = asyncio.Lock()

    async def sign(self, image: Path, now: datetime) -> Signed:
        """The signature over a whole image."""
        async with self._making:
            if not self._certificate.exists():
                await asyncio.to_thread(self._make, now)
        return await asyncio.to_thread(self._signed, image)

    def _signed(self, image: Path) -> Signed:
        key = serialization.load_pem_private_key(self._key.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        made = key.sign(_digest(image), pss, utils.Prehashed(hashes.SHA256()))
        return Signed(base64.b64encode(made).decode(), self._certificate.read_text(encoding="ascii"))

    def _make(self, now: datetime) -> None:
        key = rsa.generate_private_key(65537, BITS)
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        write_private(self._key, pem)
        # Last, because the certificate tells that the key is complete.
        write_private(self._certificate, _certificate(key, now).public_bytes(serialization.Encoding.PEM))


def verified(image: Path, signature: str, certificate: str) -> bool:
    """Whether this base64 text is a signature over the image by the key of this PEM certificate."""
    given, digest, prehashed = base64.b64decode(signature), _digest(image), utils.Prehashed(hashes.SHA256())
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(given, digest, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO), prehashed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(given, digest, ec.ECDSA(prehashed))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _digest(image: Path) -> bytes:
    digest = hashes.Hash(hashes.SHA256())
    for chunk in chunks(image):
        digest.update(chunk)
    return digest.finalize()


def _certificate(key: rsa.RSAPrivateKey, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "reference-csms firmware signing")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=365 * YEARS))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    signs = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
    builder = builder.add_extension(signs, critical=True)
    purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING])
    return builder.add_extension(purpose, critical=False).sign(key, hashes.SHA256())
