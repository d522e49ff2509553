"""Certificates that a trusted CA has signed and that are odd all the same: nobody comes in with one, nothing breaks."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from reference_csms.app import Csms
from reference_csms.domain.certificates import shown_certificate
from reference_csms.registry.stations import Station
from reference_csms.security.admission import Visitor
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import FakeClock
from tests.reference_csms.doors import TLS_FAILED, Ports, ports
from tests.reference_csms.securing import NOON, authority, name, passwords, root, station_key

ROOT = root("A trusted CA")
CN, SERIAL = NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER
PLACE = 0x2A << 152 | 0x1234567890ABCDEF
# ecdsa-with-SHA256
ALGORITHM = bytes.fromhex("300a06082a8648ce3d040302")
Builder = x509.CertificateBuilder


@pytest.fixture
async def csms(clock: FakeClock) -> AsyncIterator[Csms]:
    """A Central System with station `SN-1` on profile 3."""
    made = Csms(inline_store(), clock, passwords=passwords(), authority=authority)
    await made.stations.put(Station("SN-1"), security_profile=3)
    yield made
    await made.close()


@pytest.fixture
async def at(csms: Csms, tmp_path: Path) -> AsyncIterator[Ports]:
    async with ports(csms, tmp_path, ROOT.certificate_pem) as opened:
        yield opened


def built(
    subject: x509.Name | None = None,
    *,
    ca: bool | None = False,
    purpose: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.CLIENT_AUTH,
    start: datetime = NOON - timedelta(days=1),
    more: Callable[[Builder], Builder] = lambda builder: builder,
) -> x509.Certificate:
    """A certificate of the trusted CA for the station's key, good unless told otherwise."""
    key = station_key().public_key()
    builder = Builder(ROOT.certificate.subject, name("SN-1", "CPO") if subject is None else subject, key, PLACE)
    builder = builder.not_valid_before(start).not_valid_after(NOON + timedelta(days=36500))
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, None), critical=True)
    if purpose is not None:
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    return more(builder).sign(ROOT.key, hashes.SHA256())


def shown(certificate: x509.Certificate, old: bytes = b"", new: bytes = b"") -> str:
    """Key and certificate as PEM, perhaps with other bytes in it."""
    key = station_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return key + ssl.DER_cert_to_PEM_cert(resigned(certificate, old, new))


def resigned(certificate: x509.Certificate, old: bytes, new: bytes) -> bytes:
    """The certificate as DER with bytes replaced by others of the same length, signed again."""
    body = certificate.tbs_certificate_bytes
    assert old in body
    body = body.replace(old, new) if old else body
    assert isinstance(ROOT.key, ec.EllipticCurvePrivateKey)
    signature = ROOT.key.sign(body, ec.ECDSA(hashes.SHA256()))
    return _tagged(0x30, body + ALGORITHM + _tagged(0x03, b"\0" + signature))


def _tagged(tag: int, content: bytes) -> bytes:
    length = len(content)
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    head = bytes([length]) if length < 128 else bytes([0x80 | len(octets)]) + octets
    return bytes([tag]) + head + content


SERIAL_BYTES = PLACE.to_bytes(20, "big")
LONG = "x" * 3000
ODD: dict[str, tuple[Callable[[], str], Any]] = {
    "no name": (lambda: shown(built(name(None, "CPO"))), 403),
    "no name at all": (lambda: shown(built(x509.Name([]))), 403),
    "no CN but the serialNumber": (lambda: shown(built(name(None, "CPO", [(SERIAL, "SN-1")]))), 403),
    "two CN": (lambda: shown(built(name("SN-1", "CPO", [(CN, "SN-2")]))), 403),
    "the CN twice": (lambda: shown(built(name("SN-1", "CPO", [(CN, "SN-1")]))), 403),
    "two serialNumbers": (lambda: shown(built(name("SN-1", "CPO", [(SERIAL, "a"), (SERIAL, "b")]))), 403),
    "another CN, very long": (lambda: shown(built(name("SN-1" + LONG, "CPO"))), 403),
    "NUL in the CN": (lambda: shown(built(name("SN-1\0", "CPO"))), 403),
    "negative serial number": (lambda: shown(built(), SERIAL_BYTES, b"\xaa" + SERIAL_BYTES[1:]), 403),
    "not yet valid": (lambda: shown(built(start=datetime.now(UTC) + timedelta(days=2))), TLS_FAILED),
    "a CA": (lambda: shown(built(ca=True)), 403),
    "for servers": (lambda: shown(built(purpose=ExtendedKeyUsageOID.SERVER_AUTH)), TLS_FAILED),
    "the CA itself": (lambda: ROOT.pem, 403),
}


def _with_unknown(builder: Builder) -> Builder:
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.1"), b"\x30\x00")
    return builder.add_extension(unknown, critical=False)


@pytest.mark.filterwarnings("ignore:Attribute's length:UserWarning")
@pytest.mark.parametrize("odd", ODD)
async def test_nobody_comes_in_with_an_odd_certificate(csms: Csms, at: Ports, odd: str, caplog: Any) -> None:
    make, told = ODD[odd]
    assert await at.tried("SN-1", tls=True, certificate=make()) == told
    assert await at.tried("SN-1", tls=True, certificate=shown(built())) == 101
    assert not [record for record in caplog.records if record.exc_info]


UNKNOWN, CONSTRAINTS = bytes.fromhex("06032a0301"), bytes.fromhex("0603551d13")


async def test_what_openssl_would_not_pass_on_is_refused_too(csms: Csms) -> None:
    twice = resigned(built(more=_with_unknown), UNKNOWN, CONSTRAINTS)
    no_text = resigned(built(), b"SN-1", b"SN\xff\xfe")
    for der, told in ((twice, "can be read"), (no_text, "can be read"), (b"", "none"), (b"\x30\x00", "none")):
        refusal = await csms.security.admission.admit(Visitor("SN-1", True, shown_certificate(der)))
        assert refusal is not None
        assert told in refusal.text


@pytest.mark.parametrize(
    "plain",
    [built(ca=None), built(purpose=None), built(name("SN-1", LONG)), built(name("A-Model", "CPO", [(SERIAL, "SN-1")]))],
)
async def test_what_is_only_unusual_is_taken(csms: Csms, at: Ports, plain: x509.Certificate) -> None:
    assert await at.tried("SN-1", tls=True, certificate=shown(plain)) == 101


@pytest.mark.parametrize("days", [-2, 36501])
async def test_the_clock_of_the_central_system_counts_too(csms: Csms, at: Ports, clock: FakeClock, days: int) -> None:
    clock.move(days=days)
    assert await at.tried("SN-1", tls=True, certificate=shown(built())) == 403
