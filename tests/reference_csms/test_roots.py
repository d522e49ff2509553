"""Roots at stations: which ones may be installed and deleted, and how they are recognised in what stations say."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from harness.pki import Credential, Maker
from reference_csms.app import Csms
from reference_csms.domain.certificates import HashData, hash_data
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.registry.stations import Station
from reference_csms.store.database import inline_store
from tests.reference_csms.conftest import FakeClock, Peer
from tests.reference_csms.securing import MAKER, NOON, authority, csr, leaf, passwords, root

CENTRAL, MANUFACTURER = "CentralSystemRootCertificate", "ManufacturerRootCertificate"
ACCEPTED = {"status": "Accepted"}
ROOT = root()


@pytest.fixture
async def csms(clock: FakeClock) -> AsyncIterator[Csms]:
    made = Csms(inline_store(), clock, passwords=passwords(), authority=authority)
    await made.stations.put(Station("CP"))
    yield made
    await made.close()


def expired() -> str:
    return Maker(valid_from=NOON - timedelta(days=9), valid_until=NOON - timedelta(days=1)).root("Old").certificate_pem


def early() -> str:
    return Maker(valid_from=NOON + timedelta(days=1), valid_until=NOON + timedelta(days=9)).root("New").certificate_pem


REFUSED: dict[str, tuple[Any, str]] = {
    "nothing": (lambda: "", "expected PEM blocks CERTIFICATE, received none"),
    "no PEM": (lambda: "no PEM", "received none"),
    "a request": (csr, "received CERTIFICATE REQUEST"),
    "a PEM of something else": (
        lambda: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
        "expected an X.509 certificate",
    ),
    "two": (lambda: ROOT.certificate_pem * 2, "expected one certificate, received 2"),
    "half of one": (lambda: ROOT.certificate_pem[:200], "received none"),
    "one that a root has signed": (lambda: leaf(ROOT).certificate_pem, "expected a root, which is signed with its own"),
    "expired": (expired, "expected one that is valid now"),
    "not yet valid": (early, "expected one that is valid now"),
    "no CA": (lambda: MAKER.station("CP", None).certificate_pem, "expected a CA"),
}


@pytest.mark.parametrize("odd", REFUSED)
async def test_what_is_no_root_is_not_installed(csms: Csms, peer: Peer, odd: str) -> None:
    make, line = REFUSED[odd]
    with pytest.raises(InvalidIntent, match=r"^InstallCertificate certificate: ") as refused:
        await csms.security.roots.install("CP", certificateType=CENTRAL, certificate=make())
    assert line in str(refused.value)
    assert csms.store.reads.commands() == []


@pytest.mark.parametrize("kind", [CENTRAL, MANUFACTURER])
async def test_a_root_is_installed_as_it_was_given(csms: Csms, peer: Peer, kind: str) -> None:
    await csms.security.roots.install("CP", certificateType=kind, certificate=ROOT.certificate_pem)
    call = await peer.answers(ACCEPTED)
    assert call[2:] == ["InstallCertificate", {"certificateType": kind, "certificate": ROOT.certificate_pem}]


async def tells(csms: Csms, peer: Peer, *entries: HashData, kind: str = CENTRAL) -> None:
    """The station says which roots of a type it holds."""
    command = await csms.security.roots.installed("CP", certificateType=kind)
    answer = {"status": "Accepted", "certificateHashData": [entry.fields() for entry in entries]}
    call = await peer.answers(answer if entries else {"status": "NotFound"})
    assert call[2:] == ["GetInstalledCertificateIds", {"certificateType": kind}]
    await command.ended()


def hashed(made: Credential, algorithm: str = "SHA256") -> HashData:
    return hash_data(made.certificate, algorithm)


@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
async def test_a_root_is_recognised_by_any_hash_in_any_letter_case(csms: Csms, peer: Peer, algorithm: str) -> None:
    await csms.security.roots.install("CP", certificateType=CENTRAL, certificate=ROOT.certificate_pem)
    await peer.answers(ACCEPTED)
    said, other = hashed(ROOT, algorithm), hashed(root("Another"))
    await tells(csms, peer, said._replace(issuer_name_hash=said.issuer_name_hash.upper()), other)
    told = csms.security.roots.told("CP")
    assert [entry["certificate"] for entry in told] == [ROOT.certificate_pem, None]
    again = Csms(csms.store, csms.clock, passwords=passwords())
    assert again.security.roots.told("CP") == told


async def test_only_what_a_station_has_told_of_is_deleted_and_the_last_root_only_on_demand(
    csms: Csms, peer: Peer
) -> None:
    roots, other = csms.security.roots, root("Another")
    with pytest.raises(NotAllowedNow, match=r"M04.FR.07"):
        await roots.delete("CP", certificate=ROOT.certificate_pem)
    await tells(csms, peer, hashed(ROOT), hashed(other))
    with pytest.raises(NotAllowedNow, match=r"M04.FR.07"):
        await roots.delete("CP", hashData=hashed(ROOT, "SHA512"))
    with pytest.raises(InvalidIntent, match="received both or none"):
        await roots.delete("CP")
    command = await roots.delete("CP", certificate=ROOT.certificate_pem)
    assert (await peer.answers(ACCEPTED))[2:] == [
        "DeleteCertificate",
        {"certificateHashData": hashed(ROOT).fields()},
    ]
    await command.ended()
    with pytest.raises(NotAllowedNow, match="expected a root that is not the last"):
        await roots.delete("CP", hashData=hashed(other))
    command = await roots.delete("CP", hashData=hashed(other), lastToo=True)
    await peer.answers({"status": "Failed"})
    await command.ended()
    assert len(roots.told("CP")) == 1


async def test_with_the_additional_check_a_new_root_is_signed_by_the_one_before(csms: Csms, peer: Peer) -> None:
    roots = csms.security.roots
    await roots.install("CP", certificateType=CENTRAL, certificate=ROOT.certificate_pem)
    await peer.answers(ACCEPTED)
    await tells(csms, peer, hashed(ROOT))
    await csms.commands.get_configuration("CP")
    check = {"key": "AdditionalRootCertificateCheck", "readonly": True, "value": "true"}
    await peer.answers({"configurationKey": [check]})
    await peer.calls("Heartbeat")
    with pytest.raises(InvalidIntent, match=r"signed by the root that it replaces, received another \(M05.FR.09\)"):
        await roots.install("CP", certificateType=CENTRAL, certificate=root("Unrelated").certificate_pem)
    await roots.install("CP", certificateType=MANUFACTURER, certificate=root("Unrelated").certificate_pem)
    assert (await peer.answers(ACCEPTED))[2] == "InstallCertificate"


async def test_security_events_are_stored_before_they_are_answered(csms: Csms, peer: Peer) -> None:
    said = {"type": "StartupOfTheDevice", "timestamp": "2024-05-01T12:00:00Z", "techInfo": "ok"}
    assert await peer.calls("SecurityEventNotification", **said) == {}
    (kept,) = csms.store.reads.security_events(station="CP")
    assert {name: kept[name] for name in said} == said
