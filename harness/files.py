"""The files that cases speak of: where firmware lies, what proves its origin, and where stations put theirs.

No case moves a file: what a CSMS hands on is compared with what the operator gave it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness.pki import Maker, pem

IMAGE = b"ocpp-conformance firmware\n"


@dataclass(frozen=True)
class Files:
    """Locations and proofs of origin; a signing certificate and signatures that are not given are made once per run."""

    firmware_url: str = "https://files.example.com/firmware/station-2.0.bin"
    diagnostics_url: str = "https://files.example.com/diagnostics/"
    log_url: str = "https://files.example.com/logs/"
    signing_certificate_file: Path | None = None
    firmware_signature: str | None = None
    invalid_firmware_signature: str | None = None

    @property
    def signing_certificate(self) -> str:
        """The certificate of the key that signed the firmware, as PEM."""
        if self.signing_certificate_file is None:
            return _made()[0]
        # The first certificate of the file alone: a request has room for one.
        return pem(x509.load_pem_x509_certificates(self.signing_certificate_file.read_bytes())[0])

    @property
    def signature(self) -> str:
        """The signature of the firmware, in base64."""
        return self.firmware_signature or _made()[1]

    @property
    def invalid_signature(self) -> str:
        """A signature that is not that of the firmware, in base64."""
        return self.invalid_firmware_signature or _spoilt(self.signature)


@cache
def _made() -> tuple[str, str]:
    """A certificate and a signature by its key, RSA-PSS with SHA-256 as the security whitepaper says (L01.FR.04)."""
    signer = Maker().signer("Firmware signing")
    assert isinstance(signer.key, rsa.RSAPrivateKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return signer.certificate_pem, base64.b64encode(signer.key.sign(IMAGE, pss, hashes.SHA256())).decode()


def _spoilt(signature: str) -> str:
    first, *rest = base64.b64decode(signature)
    return base64.b64encode(bytes((first ^ 1, *rest))).decode()
