"""Certificates that are well formed and wrong in one way: what a CSMS might send instead of the right one."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from harness.pki import Maker, new_key
from reference_csms.domain.certificates import parse_certificates, pem
from tests.subjects import doors
from tests.subjects.doors import ALWAYS
from tests.subjects.virtual import STARTED

FIELDS = {"CertificateSigned.req": "certificateChain", "InstallCertificate.req": "certificate"}
Change = Callable[[str], Iterator[tuple[float, str]]]


def changes(message: str) -> Iterator[tuple[str, Change]]:
    """How the certificate of a message can be changed, and the change of its frame."""
    makers = {"CertificateSigned.req": CHAINS, "InstallCertificate.req": ROOTS}.get(message, {})
    for how, make in makers.items():
        yield how, _in_frame(FIELDS[message], make)


def _in_frame(field: str, make: Callable[[str], str]) -> Change:
    def change(text: str) -> Iterator[tuple[float, str]]:
        frame = json.loads(text)
        frame[3][field] = make(frame[3][field])
        yield 0, json.dumps(frame)

    return change


def _leaf(
    text: str,
    *,
    key: Any = None,
    common_name: str | None = None,
    organization: str = "OCPP-CONFORMANCE",
    start: datetime = STARTED - timedelta(days=1),
    end: datetime = datetime(2099, 1, 1, tzinfo=UTC),
    algorithm: str = "ECDSA",
    digest: hashes.HashAlgorithm | None = None,
    **how: Any,
) -> str:
    """The leaf of a chain issued again, with something changed, and its issuer."""
    old = parse_certificates(text)[0]
    issuer = doors.authority().roots[algorithm]  # type: ignore[index]
    [own] = old.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    pairs = ((NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, common_name or str(own.value)))
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs if value])
    builder = x509.CertificateBuilder(issuer.certificate.subject, subject, key or old.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    return pem(builder.sign(issuer.key, digest or hashes.SHA256(), **how)) + pem(issuer.certificate)


def _pss(text: str) -> str:
    how = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    return _leaf(text, algorithm="RSA", rsa_padding=how)


def _other_issuer(text: str) -> str:
    return pem(parse_certificates(text)[0]) + Maker().root("Another root").certificate_pem


def _garbled(find: bytes, change: bytes, text: str) -> str:
    """The first certificate with what matches in its DER changed."""
    first, *above = parse_certificates(text)
    der, count = re.subn(find, lambda found: found[1] + change, first.public_bytes(Encoding.DER), flags=re.DOTALL)
    assert count
    block = base64.encodebytes(der).decode()
    return f"-----BEGIN CERTIFICATE-----\n{block}-----END CERTIFICATE-----\n" + "".join(map(pem, above))


GARBLED: dict[str, Callable[[str], str]] = {
    "of a version that nobody knows": partial(_garbled, rb"(\xa0\x03\x02\x01)\x02", b"\x03"),
    "with a key on a curve that nobody knows": partial(_garbled, rb"(\x2a\x86\x48\xce\x3d\x03\x01)\x07", b"\x31"),
    "with a key that is no point of its curve": partial(_garbled, rb"(\x03\x42\x00)\x04", b"\xfb"),
    "with a name that is no text": partial(_garbled, rb"(\x55\x04\x03\x0c.).", b"\xff"),
    "signed in a way that nobody knows": partial(_garbled, rb"(\x2a\x86\x48\xce\x3d\x04\x03)\x02", b"\x31"),
}
CHAINS: dict[str, Callable[[str], str]] = {
    "for another key": lambda text: _leaf(text, key=new_key("ECDSA").public_key()),
    "for a short key": lambda text: _leaf(text, key=new_key("ECDSA", 192).public_key()),
    "for another station": lambda text: _leaf(text, common_name="ANOTHER"),
    "without an organization": lambda text: _leaf(text, organization=""),
    "of another organization": lambda text: _leaf(text, organization="Another"),
    "that has expired": lambda text: _leaf(text, end=STARTED - timedelta(hours=1)),
    "that is not valid yet": lambda text: _leaf(text, start=STARTED + timedelta(days=1)),
    "signed with RSA": lambda text: _leaf(text, algorithm="RSA"),
    "signed with RSA-PSS": _pss,
    "signed over SHA-512": lambda text: _leaf(text, digest=hashes.SHA512()),
    "with an issuer that did not sign it": _other_issuer,
    "behind its issuer": lambda text: "".join(map(pem, reversed(parse_certificates(text)))),
    "without its issuer": lambda text: pem(parse_certificates(text)[0]),
    "with other line ends": lambda text: text.replace("\n", "\r\n"),
    **GARBLED,
}
ROOTS: dict[str, Callable[[str], str]] = {
    "of another root": lambda text: Maker(**ALWAYS).root("Another root").certificate_pem,
    "twice": lambda text: text * 2,
    "of a station": lambda text: doors.pki().station.certificate_pem,
    "with other line ends": lambda text: text.replace("\n", "\r\n"),
    **GARBLED,
}
