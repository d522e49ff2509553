"""Certificates of stations: which requests are signed, what comes of it, and when they are renewed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from harness.pki import new_key
from reference_csms.app import Csms
from reference_csms.domain.certificates import parse_certificates, signed_by
from reference_csms.errors import NotAllowedNow
from reference_csms.registry.stations import Station
from reference_csms.settings import Settings
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import BOOT, Connect, FakeClock, Peer, until
from tests.reference_csms.doors import ports
from tests.reference_csms.securing import authority, csr, leaf, passwords, request, root, station_key

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}
CN, SERIAL = NameOID.COMMON_NAME, NameOID.SERIAL_NUMBER


@pytest.fixture
def settings() -> Settings:
    return Settings(call_timeout_s=0.02, certificate_days=3650)


@pytest.fixture
async def csms(clock: FakeClock, settings: Settings) -> AsyncIterator[Csms]:
    made = Csms(inline_store(), clock, settings, passwords=passwords(), authority=authority)
    await made.stations.put(Station("CP"))
    yield made
    await made.close()


async def signed(peer: Peer, text: str, answer: Any = ACCEPTED) -> list[x509.Certificate]:
    """The chain that follows a signing request by itself."""
    assert await peer.calls("SignCertificate", csr=text) == ACCEPTED
    call = await peer.answers(answer)
    assert call[2] == "CertificateSigned"
    return parse_certificates(call[3]["certificateChain"])


def states(csms: Csms) -> list[str]:
    """What became of the certificates of station CP, oldest first."""
    return [issued.state for issued in csms.security.certificates.of("CP")]


@pytest.mark.parametrize(("algorithm", "bits"), [("ECDSA", 256), ("ECDSA", 384), ("RSA", 2048)])
async def test_a_certificate_follows_its_request_by_itself(
    csms: Csms, peer: Peer, clock: FakeClock, algorithm: Any, bits: int
) -> None:
    key = new_key(algorithm, bits)
    made, above = await signed(peer, csr(key=key))
    assert above == authority().roots[algorithm].certificate
    assert signed_by(made, [above])
    assert made.public_key() == key.public_key()
    assert made.subject.rfc4514_string() == "CN=CP,O=Acme CPO"
    assert made.not_valid_before_utc < clock.now() < made.not_valid_after_utc
    assert made.not_valid_after_utc == clock.now() + timedelta(days=3650)
    purposes = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert await peer.calls("Heartbeat")
    await until(lambda: states(csms) == ["Accepted"])


async def test_what_a_request_wants_beside_its_name_is_not_signed(peer: Peer) -> None:
    builder = x509.CertificateSigningRequestBuilder(x509.Name([x509.NameAttribute(CN, "CP")]))
    builder = builder.add_extension(x509.BasicConstraints(True, 3), critical=True)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("csms.example")]), critical=False)
    made, _ = await signed(peer, builder.sign(station_key(), hashes.SHA256()).public_bytes(Encoding.PEM).decode())
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    with pytest.raises(x509.ExtensionNotFound):
        made.extensions.get_extension_for_class(x509.SubjectAlternativeName)


@pytest.mark.parametrize("change", [("\n", "\r\n"), ("\n", "\\n"), ("\n", "\\r\\n"), ("", "")])
async def test_line_ends_as_stations_write_them(peer: Peer, change: tuple[str, str]) -> None:
    assert len(await signed(peer, csr().replace(*change) if change[0] else f"\n{csr()}\n ")) == 2


def patched(text: str, old: bytes, new: bytes) -> str:
    """A request with other bytes in it."""
    der = x509.load_pem_x509_csr(text.encode()).public_bytes(Encoding.DER)
    assert old in der
    return request(der.replace(old, new))


def private(key: Any) -> str:
    pem: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


P256 = bytes.fromhex("2a8648ce3d030107")
REFUSED: dict[str, Any] = {
    "nothing": lambda: "",
    "no PEM": lambda: "CP wants a certificate",
    "an empty PEM": lambda: request(b""),
    "a PEM of something else": lambda: request(b"\x30\x03\x02\x01\x00"),
    "half of it": lambda: csr()[: len(csr()) // 2],
    "a certificate": lambda: leaf(root()).certificate_pem,
    "a private key": lambda: private(station_key()),
    "the signature of another key": lambda: patched(csr(), b"Acme CPO", b"Evil CPO"),
    "an unknown curve": lambda: patched(csr(), P256, P256[:-1] + b"\x77"),
    "another station": lambda: csr("CP2"),
    "another letter case": lambda: csr("cp"),
    "no name": lambda: csr(None),
    "two names": lambda: csr(more=[(CN, "CP2")]),
    "the same name twice": lambda: csr(more=[(CN, "CP")]),
    "another serial number": lambda: csr(more=[(SERIAL, "CP2")]),
    "another name": lambda: csr("CP2", more=[(SERIAL, "CP")]),
    "a country that is none": lambda: csr(more=[(NameOID.COUNTRY_NAME, "Germany")]),
    "a short RSA key": lambda: csr(key=rsa.generate_private_key(65537, 1024)),
    "a short elliptic curve": lambda: csr(key=new_key("ECDSA", 192)),
    "an Edwards curve": lambda: csr(key=ed25519.Ed25519PrivateKey.generate(), digest=None),
    "DSA": lambda: csr(key=dsa.generate_private_key(2048)),
}


@pytest.mark.filterwarnings("ignore:Attribute's length:UserWarning")
@pytest.mark.parametrize("odd", REFUSED)
async def test_a_request_that_is_not_in_order_is_rejected_and_nothing_follows(csms: Csms, peer: Peer, odd: str) -> None:
    assert await peer.calls("SignCertificate", csr=REFUSED[odd]()) == REJECTED
    assert (await peer.calls("Heartbeat")).keys() == {"currentTime"}
    assert states(csms) == []
    assert csms.store.reads.commands() == []


@pytest.mark.filterwarnings("ignore:Attribute's length:UserWarning")
async def test_a_name_that_is_too_long_for_a_certificate_is_rejected(csms: Csms, peer: Peer) -> None:
    for length, status in ((65, REJECTED), (64, ACCEPTED)):
        await csms.stations.put(Station("CP"), serial_number="x" * length)
        assert await peer.calls("SignCertificate", csr=csr("x" * length)) == status
    assert (await peer.answers(ACCEPTED))[2] == "CertificateSigned"


async def test_the_organization_has_to_be_the_one_that_is_set(clock: FakeClock, connect: Connect) -> None:
    csms = Csms(inline_store(), clock, Settings(organization="Acme CPO"), passwords=passwords(), authority=authority)
    await csms.stations.put(Station("CP"))
    peer = await connect(to=csms)
    for organization in ("Other CPO", None):
        assert await peer.calls("SignCertificate", csr=csr(organization=organization)) == REJECTED
    assert len(await signed(peer, csr())) == 2
    await csms.close()


@pytest.mark.parametrize(
    ("answer", "state"), [(ACCEPTED, "Accepted"), (REJECTED, "Rejected"), ({"status": "Odd"}, "Signed"), ({}, "Signed")]
)
async def test_the_answer_of_the_station_is_kept(csms: Csms, peer: Peer, answer: Any, state: str) -> None:
    await signed(peer, csr(), answer)
    await csms.commands.close()
    again = Csms(csms.store, csms.clock, csms.settings, passwords=passwords())
    assert states(csms) == states(again) == [state]


@pytest.mark.parametrize("code", ["NotSupported", "InternalError"])
async def test_a_call_error_refuses_a_certificate_too(csms: Csms, peer: Peer, code: str) -> None:
    assert await peer.calls("SignCertificate", csr=csr()) == ACCEPTED
    await peer.sends(4, (await peer.receives())[1], code, "", {})
    assert await peer.calls("Heartbeat")
    await csms.commands.close()
    await until(lambda: states(csms) == ["Rejected"])


async def test_two_requests_get_two_certificates_and_each_its_own_answer(csms: Csms, peer: Peer) -> None:
    keys = [new_key("ECDSA"), new_key("ECDSA")]
    for number, key in enumerate(keys):
        await peer.sends(2, f"s{number}", "SignCertificate", {"csr": csr(key=key)})
    received = [await peer.receives() for _ in range(3)]
    calls = [frame for frame in received if frame[0] == 2]
    assert [frame[1:] for frame in received if frame[0] == 3] == [["s0", ACCEPTED], ["s1", ACCEPTED]]
    await peer.sends(3, calls[0][1], REJECTED)
    calls.append(await peer.answers(ACCEPTED))
    chains = [parse_certificates(call[3]["certificateChain"]) for call in calls]
    assert [chain[0].public_key() for chain in chains] == [key.public_key() for key in keys]
    await csms.commands.close()
    await until(lambda: states(csms) == ["Rejected", "Accepted"])
    assert csms.security.certificates.accepted("CP")


async def test_a_chain_is_no_longer_than_the_station_takes(csms: Csms, peer: Peer) -> None:
    for most, length in ((900, 1), (10, 0)):
        await csms.commands.get_configuration("CP")
        entry = {"key": "CertificateSignedMaxChainSize", "readonly": True, "value": str(most)}
        await peer.answers({"configurationKey": [entry]})
        if length:
            assert len(await signed(peer, csr())) == length
        else:
            assert await peer.calls("SignCertificate", csr=csr()) == ACCEPTED
    await until(lambda: states(csms) == ["Accepted"])


async def ends(csms: Csms, days: float) -> None:
    """The certificate with which station CP has come ends in so many days."""
    csms.settings = replace(csms.settings, renew_before_days=10)
    csms.security.certificates._settings = csms.settings
    csms.stations.all()[0].certificate_until = csms.clock.now() + timedelta(days=days)


@pytest.mark.parametrize("registration", ["Accepted", "Pending"])
async def test_a_station_is_asked_to_renew_its_certificate_and_may_do_so(
    csms: Csms, connect: Connect, registration: str
) -> None:
    await csms.stations.put(Station("CP"), registration=registration)
    peer = await connect(boot=False)
    await ends(csms, 9)
    await peer.calls("BootNotification", **BOOT)
    asked = await peer.answers(ACCEPTED)
    assert asked[2:] == ["ExtendedTriggerMessage", {"requestedMessage": "SignChargePointCertificate"}]
    await signed(peer, csr())
    assert await peer.calls("SignCertificate", csr=csr("CP2")) == REJECTED
    await until(lambda: states(csms) == ["Accepted"])


@pytest.mark.parametrize(("registration", "days"), [("Accepted", 11), ("Rejected", 9)])
async def test_nobody_is_asked_too_early_or_before_it_may_answer(
    csms: Csms, connect: Connect, registration: str, days: int
) -> None:
    await csms.stations.put(Station("CP"), registration=registration)
    peer = await connect(boot=False)
    await ends(csms, days)
    await peer.calls("BootNotification", **BOOT)
    await peer.asks("Heartbeat")
    assert csms.store.reads.commands() == []


async def test_a_pending_station_that_was_not_asked_gets_no_certificate(csms: Csms, connect: Connect) -> None:
    await csms.stations.put(Station("CP"), registration="Pending")
    peer = await connect()
    assert (await peer.asks("SignCertificate", csr=csr()))[2] == "SecurityError"
    assert states(csms) == []


async def test_with_its_certificate_a_station_comes_on_profile_3_until_that_is_revoked(
    csms: Csms, peer: Peer, clock: FakeClock, tmp_path: Path
) -> None:
    csms.security.serves_tls = True
    with pytest.raises(NotAllowedNow, match=r"A05.FR.04"):
        await csms.security.access.set_security_profile("CP", profile=3)
    clock.moment = datetime.now(UTC)
    made, _ = await signed(peer, csr())
    await csms.commands.close()
    await csms.security.access.set_security_profile("CP", profile=3)
    await peer.answers(ACCEPTED)
    shown = private(station_key()) + made.public_bytes(Encoding.PEM).decode()
    async with ports(csms, tmp_path) as at:
        assert await at.tried(tls=True) == 101
        assert await at.tried(tls=True, certificate=shown) == 101
        assert csms.stations.all()[0].security_profile == 3
        assert await at.tried(tls=True) == 403
        await csms.stations.put(Station("CP2"), security_profile=3)
        assert await at.tried("CP2", tls=True, certificate=shown) == 403
        assert await csms.security.certificates.revoke(f"{made.serial_number:X}") is not None
        assert await at.tried(tls=True, certificate=shown) == 403
    assert await csms.security.certificates.revoke("ff") is None
