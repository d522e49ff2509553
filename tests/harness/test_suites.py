"""The table of TLS suites holds what OpenSSL knows, and calls weak what nobody should use any more."""

from __future__ import annotations

import re
import ssl

import pytest

from harness.suites import MANDATORY, SOUND, SUITES, WEAK


def known() -> list[dict[str, object]]:
    """Every suite up to TLS 1.2 of the OpenSSL that this Python has, as it describes them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:COMPLEMENTOFALL:eNULL:@SECLEVEL=0")
    return [suite for suite in context.get_ciphers() if suite["protocol"] != "TLSv1.3"]  # type: ignore[misc]


OPENSSL = known()
WORDS = {"ADH": "DH_anon", "AECDH": "ECDH_anon", "NULL": "NULL", "RC4": "RC4", "SEED": "SEED", "ARIA": "ARIA"}


@pytest.mark.parametrize("suite", OPENSSL, ids=lambda suite: str(suite["name"]))
def test_a_suite_of_openssl_is_in_the_table_and_weighed_alike(suite: dict[str, int | str]) -> None:
    number, name, description = int(suite["id"]) & 0xFFFF, str(suite["name"]), str(suite["description"])
    assert number in SUITES
    weak = re.search(r"Au=None|Enc=(None|RC4|RC2|DES|3DES)|Mac=MD5|export", description) is not None
    assert (number in WEAK) == weak, SUITES[number]
    for word, meaning in WORDS.items():
        assert (word in re.split(r"[-0-9]", name)) <= (meaning in SUITES[number])
    size = re.search(r"Enc=(?!ChaCha|CHACHA|3DES)\w+\((\d+)\)", description)
    assert size is None or f"_{size[1]}_" in SUITES[number]


def test_openssl_knows_enough_to_compare() -> None:
    assert len(OPENSSL) > 100
    assert sum(int(str(suite["id"])) & 0xFFFF in WEAK for suite in OPENSSL) > 25


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x0000, "TLS_NULL_WITH_NULL_NULL"),
        (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
        (0x0006, "TLS_RSA_EXPORT_WITH_RC2_CBC_40_MD5"),
        (0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0x0011, "TLS_DHE_DSS_EXPORT_WITH_DES40_CBC_SHA"),
        (0x0015, "TLS_DHE_RSA_WITH_DES_CBC_SHA"),
        (0x0017, "TLS_DH_anon_EXPORT_WITH_RC4_40_MD5"),
        (0x001A, "TLS_DH_anon_WITH_DES_CBC_SHA"),
        (0x001F, "TLS_KRB5_WITH_3DES_EDE_CBC_SHA"),
        (0x0024, "TLS_KRB5_WITH_RC4_128_MD5"),
        (0x0026, "TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA"),
        (0x002B, "TLS_KRB5_EXPORT_WITH_RC4_40_MD5"),
        (0x002D, "TLS_DHE_PSK_WITH_NULL_SHA"),
        (0x003A, "TLS_DH_anon_WITH_AES_256_CBC_SHA"),
        (0x0063, "TLS_DHE_DSS_EXPORT1024_WITH_DES_CBC_SHA"),
        (0x0065, "TLS_DHE_DSS_EXPORT1024_WITH_RC4_56_SHA"),
        (0x008A, "TLS_PSK_WITH_RC4_128_SHA"),
        (0x0093, "TLS_RSA_PSK_WITH_3DES_EDE_CBC_SHA"),
        (0x009B, "TLS_DH_anon_WITH_SEED_CBC_SHA"),
        (0x00B5, "TLS_DHE_PSK_WITH_NULL_SHA384"),
        (0xC002, "TLS_ECDH_ECDSA_WITH_RC4_128_SHA"),
        (0xC012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"),
        (0xC019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA"),
        (0xC01C, "TLS_SRP_SHA_DSS_WITH_3DES_EDE_CBC_SHA"),
        (0xC03B, "TLS_ECDHE_PSK_WITH_NULL_SHA384"),
        (0xC047, "TLS_DH_anon_WITH_ARIA_256_CBC_SHA384"),
        (0xC05B, "TLS_DH_anon_WITH_ARIA_256_GCM_SHA384"),
        (0xC085, "TLS_DH_anon_WITH_CAMELLIA_256_GCM_SHA384"),
        (0xFEFF, "TLS_RSA_FIPS_WITH_3DES_EDE_CBC_SHA"),
    ],
)
def test_what_openssl_no_longer_knows_has_its_number_and_is_weak(number: int, name: str) -> None:
    assert WEAK[number] == name


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA"),
        (0x0088, "TLS_DHE_RSA_WITH_CAMELLIA_256_CBC_SHA"),
        (0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"),
        (0x009A, "TLS_DHE_RSA_WITH_SEED_CBC_SHA"),
        (0xC004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA"),
        (0xC078, "TLS_ECDH_RSA_WITH_CAMELLIA_128_CBC_SHA256"),
        (0xC0AF, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8"),
        (0xCCAE, "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256"),
        (0xD005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"),
    ],
)
def test_what_is_not_weak_is_sound(number: int, name: str) -> None:
    assert SOUND[number] == name


def test_every_name_stands_once_and_the_mandatory_suites_are_those_of_the_whitepaper() -> None:
    assert len(set(SUITES.values())) == len(SUITES) == len(SOUND) + len(WEAK)
    assert list(MANDATORY.values()) == [
        "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_RSA_WITH_AES_256_GCM_SHA384",
    ]
    assert MANDATORY.items() <= SOUND.items()
