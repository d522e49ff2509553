"""Every secret of the settings is known in each form in which it may turn up, and nothing else is."""

from __future__ import annotations

import base64

import pytest

from harness import config

TEXT = r"""
[environment]
url = "ws://host"
station_id = "CP-1"
password = 'pass"word/1'
cards = { Accepted = "CARD-1" }

[operator]
driver = "http"
base_url = "http://host"
token = "api-token"
headers = { X-Api-Key = "key-1", X-Tenant = "tenant-1", X-Env = { env = "OCPP_HEADER" } }

[operator.operations.reset]
path = "/reset"
headers = { Authorization = "Basic dXNlcjpoaWRkZW4=", Cookie = "session=77" }
body = { pin = { env = "OCPP_PIN" }, plain = "plain" }

[records]
token = "records-token"
"""


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> config.Settings:
    monkeypatch.setenv("OCPP_HEADER", "from-env")
    monkeypatch.setenv("OCPP_PIN", "0815-x")
    return config.parse(TEXT)


def test_every_form_of_every_secret(settings: config.Settings) -> None:
    basic = base64.b64encode(b'CP-1:pass"word/1').decode()
    assert config.secrets(settings) == {
        'pass"word/1',
        'pass\\"word/1',
        "pass%22word%2F1",
        basic,
        basic.replace("=", "%3D"),
        "api-token",
        "key-1",
        "from-env",
        "Basic dXNlcjpoaWRkZW4=",
        "Basic%20dXNlcjpoaWRkZW4%3D",
        "dXNlcjpoaWRkZW4=",
        "dXNlcjpoaWRkZW4%3D",
        "hidden",
        "session=77",
        "session%3D77",
        "0815-x",
        "records-token",
    }


def test_a_password_in_hexadecimal_is_also_known_as_its_bytes() -> None:
    password = "00112233445566778899aabbccddeeff00112233"
    text = (
        f'environment = {{ url = "ws://h", station_id = "S", password = "{password}", cards = {{ Accepted = "A" }} }}'
    )
    found = config.secrets(config.parse(text))
    assert base64.b64encode(b"S:" + bytes.fromhex(password)).decode() in found
    assert base64.b64encode(f"S:{password}".encode()).decode() in found


def test_secrets_do_not_show_in_the_repr(settings: config.Settings) -> None:
    shown = repr(settings)
    assert "tenant-1" in shown
    assert not [secret for secret in config.secrets(settings) if secret in shown]


def test_redact_masks_the_longest_first(settings: config.Settings) -> None:
    text = 'a Basic dXNlcjpoaWRkZW4= b {"p": "pass\\"word/1"} tenant-1'
    assert config.redact(text, config.secrets(settings)) == 'a [redacted] b {"p": "[redacted]"} tenant-1'


def test_a_basic_header_that_is_none_is_still_secret_as_a_whole() -> None:
    text = """
        environment = { url = "ws://h", station_id = "S", cards = { Accepted = "A" } }
        operator = { headers = { Authorization = "Basic not*base64" } }
    """
    found = {"Basic not*base64", "Basic%20not%2Abase64", "not*base64", "not%2Abase64"}
    assert config.secrets(config.parse(text)) == found


def test_settings_without_secrets_have_none() -> None:
    text = 'environment = { url = "ws://h", station_id = "S", cards = { Accepted = "A" } }'
    assert config.secrets(config.parse(text)) == frozenset()
