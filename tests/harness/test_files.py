"""The files that cases speak of: what is configured, and what is made for a run."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from harness.files import IMAGE, Files
from harness.pki import Maker


def test_what_is_not_given_is_made_once_and_fits_together() -> None:
    files = Files()
    assert (files.signing_certificate, files.signature) == (Files().signing_certificate, Files().signature)
    key = x509.load_pem_x509_certificate(files.signing_certificate.encode()).public_key()
    assert isinstance(key, rsa.RSAPublicKey)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    key.verify(base64.b64decode(files.signature), IMAGE, pss, hashes.SHA256())
    assert len(files.signature) <= 800
    assert len(files.signing_certificate) <= 5500


def test_an_invalid_signature_differs_and_is_as_long() -> None:
    files = Files(firmware_signature=base64.b64encode(b"signature").decode())
    assert files.invalid_signature != files.signature
    assert len(base64.b64decode(files.invalid_signature)) == len(b"signature")
    assert Files(invalid_firmware_signature="AAAA").invalid_signature == "AAAA"


def test_of_a_chain_the_first_certificate_is_the_one(tmp_path: Path) -> None:
    first, second = Maker().signer("First", "ECDSA"), Maker().signer("Second", "ECDSA")
    file = tmp_path / "signing.pem"
    file.write_text(f"a chain\n{first.certificate_pem}{second.certificate_pem}", encoding="utf-8")
    assert Files(signing_certificate_file=file).signing_certificate == first.certificate_pem
