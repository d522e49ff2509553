"""What JSON and PEM allow and nothing can hold or read: refused in one line, quickly, wherever it comes."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from httpx import AsyncClient

from reference_csms.domain.certificates import MOST_PEM, parse_certificates, parse_request, request_objection
from reference_csms.store.sqlite import connect
from tests.reference_csms.conftest import Peer
from tests.reference_csms.securing import root
from tests.reference_csms.test_api import COMMAND

HUGE = 99999999999999999999999
EDGES = ["9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59"]
LONE = b"\\ud800"


def body(text: bytes, value: bytes) -> bytes:
    return text.replace(b"HERE", value)


SURROGATES = {
    "reserve": b'{"connectorId": 1, "idTag": "HERE", "expiryDate": "2030-01-01T00:00:00Z"}',
    "send-local-list": b'{"updateType": "Full", "cards": ["HERE"]}',
    "set-password": b'{"password": "0123456789abcdefHERE"}',
    "change-configuration": b'{"key": "HERE", "value": "1"}',
    "data-transfer": b'{"vendorId": "HERE"}',
}


@pytest.mark.parametrize("name", sorted(SURROGATES))
async def test_a_lone_surrogate_is_refused(api: AsyncClient, peer: Peer, name: str) -> None:
    answer = await api.post(f"{COMMAND}/{name}", content=body(SURROGATES[name], LONE))
    assert answer.status_code == 422
    assert "UTF-8" in answer.json()["detail"] or "valid" in answer.json()["detail"]


@pytest.mark.parametrize("moment", EDGES)
@pytest.mark.parametrize(
    ("path", "payload"),
    [
        ("reserve", {"connectorId": 1, "idTag": "A", "expiryDate": None}),
        ("update-firmware", {"location": "http://h/f", "retrieveDate": None}),
        ("get-diagnostics", {"location": "http://h/f", "startTime": None}),
    ],
)
async def test_a_time_beyond_the_calendar_is_refused(
    api: AsyncClient, peer: Peer, path: str, payload: dict[str, Any], moment: str
) -> None:
    answer = await api.post(f"{COMMAND}/{path}", json={key: value or moment for key, value in payload.items()})
    assert answer.status_code == 422
    assert "between the years 1 and 9999" in answer.json()["detail"]


async def test_a_number_of_more_than_64_bits_is_refused(api: AsyncClient, peer: Peer) -> None:
    profile = {
        "stackLevel": 0,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Relative",
        "chargingSchedule": {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": HUGE}]},
    }
    answer = await api.post(f"{COMMAND}/set-charging-profile", json={"connectorId": 1, "csChargingProfiles": profile})
    assert (answer.status_code, "64 bits" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize("number", [HUGE, -HUGE])
@pytest.mark.parametrize(
    "path",
    [
        "reservations/N",
        "transfers/N",
        "transfers/N/file",
        "stations/CP/charging-profiles/N",
        "stations/CP/composite-schedules/N",
        "stations/CP/transfers?requestId=N",
        "transactions/N",
    ],
)
async def test_a_record_with_such_a_number_does_not_exist(api: AsyncClient, peer: Peer, path: str, number: int) -> None:
    answer = await api.get(f"/api/{path.replace('N', str(number))}")
    assert answer.status_code in (404, 422)
    assert isinstance(answer.json()["detail"], str)


def test_beginnings_without_an_end_are_read_in_one_pass() -> None:
    began = time.process_time()
    with pytest.raises(ValueError, match="received none"):
        parse_certificates("-----BEGIN CERTIFICATE-----\n" * (MOST_PEM // 28 - 1))
    assert time.process_time() - began < 1
    with pytest.raises(ValueError, match=f"PEM of {MOST_PEM} characters at most"):
        parse_certificates("-----BEGIN CERTIFICATE-----\n" * MOST_PEM)


def pem(der: bytes, label: str) -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def spoilt(der: bytes) -> Iterator[bytes]:
    """The same with each byte changed in turn."""
    for place, byte in enumerate(der):
        yield der[:place] + bytes([byte ^ 7]) + der[place + 1 :]


def test_a_certificate_that_can_be_read_in_part_only_is_none() -> None:
    refusals = []
    for der in spoilt(root("A CA").certificate.public_bytes(Encoding.DER)):
        try:
            (found,) = parse_certificates(pem(der, "CERTIFICATE"))
        except ValueError as error:
            refusals.append(str(error))
        else:
            assert found.public_key()
            assert found.version
    assert refusals
    assert all(refusal.endswith("(A00.FR.507)") for refusal in refusals)


KEY = ec.generate_private_key(ec.SECP256R1())


def wanted(*pairs: tuple[x509.ObjectIdentifier, str]) -> bytes:
    """A request for these names."""
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in pairs])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(KEY, hashes.SHA256())
    return request.public_bytes(Encoding.DER)


GOOD = wanted((NameOID.COMMON_NAME, "SN-1"), (NameOID.ORGANIZATION_NAME, "CPO"))


def objection(der: bytes) -> str | None:
    return request_objection(parse_request(pem(der, "CERTIFICATE REQUEST")), "SN-1", "CPO")


def test_a_request_with_any_byte_changed_is_refused_in_words() -> None:
    assert objection(GOOD) is None
    for der in spoilt(GOOD):
        try:
            found = objection(der)
        except ValueError as error:
            found = str(error)
        assert found


@pytest.mark.parametrize(
    "more",
    [
        (NameOID.COMMON_NAME, "SN-3"),
        (NameOID.SERIAL_NUMBER, "SN-3"),
        (NameOID.ORGANIZATION_NAME, "Another CPO"),
    ],
)
def test_a_request_that_names_somebody_else_too_is_refused(more: tuple[x509.ObjectIdentifier, str]) -> None:
    names = [(NameOID.COMMON_NAME, "SN-1"), (NameOID.ORGANIZATION_NAME, "CPO")]
    for pairs in ([*names, more], [more, *names]):
        assert objection(wanted(*pairs)) is not None


def test_the_database_is_for_its_owner_only(tmp_path: Path) -> None:
    connection = connect(tmp_path / "csms.sqlite")
    connection.execute("CREATE TABLE t (a)")
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    connection.close()
    assert set(modes.values()) == {0o600}
    assert "csms.sqlite-wal" in modes
