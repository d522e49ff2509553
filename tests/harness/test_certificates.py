"""Certificates that can be read only in part: what is wrong with them is the sender's fault and told as such."""

from __future__ import annotations

import base64
import warnings

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from harness.certificates import chain_facts, facts, read_chain, readable, same_certificate, signing_request
from harness.errors import StepFailed
from harness.matchers import parse_time
from harness.pki import Algorithm, Credential, Maker
from tests.kills.certificates import GARBLED

MAKER = Maker()
ROOT = MAKER.root("Root")
SIGNED: dict[Algorithm, Credential] = {
    "ECDSA": MAKER.server("localhost", ROOT),
    "RSA": MAKER.server("localhost", MAKER.root("Another root", "RSA"), "RSA"),
}
NOW = parse_time("2026-03-01T12:00:00Z")


def as_pem(der: bytes) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(der).decode()}-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("algorithm", SIGNED)
@pytest.mark.parametrize("bits", [0x01, 0x07, 0x80])
def test_no_changed_byte_is_an_error_of_ours(algorithm: Algorithm, bits: int) -> None:
    der = SIGNED[algorithm].certificate.public_bytes(Encoding.DER)
    wanted, request = same_certificate(ROOT.certificate_pem), signing_request("SN-1", "O", "ECDSA")
    read = 0
    for index in range(len(der)):
        text = as_pem(der[:index] + bytes([der[index] ^ bits]) + der[index + 1 :])
        payload = {"certificateChain": text + ROOT.certificate_pem}
        with warnings.catch_warnings(action="ignore"):
            assert set(chain_facts(payload)) <= {*facts(ROOT.certificate), "chain"}
            read += readable(text)
        assert NOW is not None
        assert wanted.judge(text, NOW) == "fail"
        with pytest.raises(StepFailed, match="the certificate cannot be used"):
            request.credential(payload)
    assert 0 < read < len(der)


@pytest.mark.parametrize("how", GARBLED)
def test_what_cannot_be_read_is_left_out_of_the_facts(how: str) -> None:
    good = MAKER.station("SN-1", ROOT).certificate_pem
    garbled = GARBLED[how](good)
    assert readable(good)
    assert not readable(garbled)
    whole, told = chain_facts({"certificateChain": good}), chain_facts({"certificateChain": garbled})
    assert len(told) < len(whole)
    assert "publicKey" in whole


def test_a_certificate_of_another_key_and_a_text_that_is_none_are_no_credentials() -> None:
    request = signing_request("SN-1", "O", "ECDSA")
    for chain in (ROOT.certificate_pem, "no PEM"):
        with pytest.raises(StepFailed, match="it does not hold the key of the request"):
            request.credential({"certificateChain": chain})
    assert read_chain("no PEM") == []
    assert not readable("no PEM")
