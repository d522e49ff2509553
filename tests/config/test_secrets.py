"""Every secret of the settings is known in each form in which it may turn up, and nothing else is."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote, urlencode

import pytest

from harness import config
from harness.masking import REDACTED, redact

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
headers = { X-Token = "bearer+of/news==" }
"""


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> config.Settings:
    monkeypatch.setenv("OCPP_HEADER", "from-env")
    monkeypatch.setenv("OCPP_PIN", "0815-x")
    return config.parse(TEXT)


SECRETS = [
    'pass"word/1',
    "api-token",
    "key-1",
    "from-env",
    "Basic dXNlcjpoaWRkZW4=",
    "dXNlcjpoaWRkZW4=",
    "hidden",
    "session=77",
    "0815-x",
    "records-token",
    "bearer+of/news==",
]
WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": lambda secret: json.dumps({"p": secret}),
    "JSON with escaped slashes": lambda secret: json.dumps({"p": secret}).replace("/", "\\/"),
    "JSON as Gson writes it": lambda secret: json.dumps(secret).replace("=", "\\u003d"),
    "JSON as .NET writes it": lambda secret: json.dumps(secret).replace('\\"', "\\u0022").replace("+", "\\u002B"),
    "HTML": html.escape,
    "a query": lambda secret: urlencode({"p": secret}),
    "a path": quote,
    "a URL in small letters": lambda secret: re.sub("%..", lambda code: code[0].lower(), quote(secret, safe="")),
    "hexadecimal": lambda secret: secret.encode().hex(),
}


@pytest.mark.parametrize("way", WAYS)
def test_every_secret_is_masked_in_every_form(settings: config.Settings, way: str) -> None:
    for secret in SECRETS:
        shown = WAYS[way](secret)
        assert secret not in masked(shown, settings)
        assert REDACTED in masked(shown, settings)


@pytest.mark.parametrize("before", ["", "u:", "Bearer ", "CP-1:"])
@pytest.mark.parametrize("encode", [base64.b64encode, base64.urlsafe_b64encode])
def test_a_secret_within_base64_is_masked(
    settings: config.Settings, before: str, encode: Callable[[bytes], bytes]
) -> None:
    """But for a letter at each end, which holds more of its neighbours than of the secret."""
    for secret in SECRETS:
        shown = masked(encode(f"{before}{secret}".encode()).decode(), settings)
        left = base64.urlsafe_b64decode(shown.partition(REDACTED)[0].replace("+", "-").replace("/", "_") + "===")
        assert REDACTED in shown
        assert left.decode(errors="ignore") in f"{before}{secret[:1]}"


def masked(text: str, settings: config.Settings) -> str:
    """The text as it may be shown."""
    return redact(text, config.secrets(settings))


@pytest.mark.parametrize("secret", ["1", "abc", "ä"])
def test_what_is_too_short_is_masked_where_it_stands_alone_and_the_person_is_told(secret: str) -> None:
    text = f"""
        environment = {{ url = "ws://h", station_id = "S", password = "{secret}", cards = {{ Accepted = "A" }} }}
        operator = {{ token = "{secret}", headers = {{ X-Key = "k{secret}" }} }}
    """
    settings = config.parse(text)
    shown = f"1 abcä {json.dumps({'p': secret})} expected {secret!r}"
    assert masked(shown, settings) == '1 abcä {"p": [redacted]} expected [redacted]'
    basic = base64.b64encode(f"S:{secret}".encode()).decode()
    assert masked(f"Basic {basic}", settings) == "Basic [redacted]"
    told = "expected at least 4 characters, received {}; it is masked only where it stands alone"
    expected = [f"[environment] password: {told.format(len(secret))}"]
    if len(secret) < 3:
        expected.append(f"[operator.headers] X-Key: {told.format(len(secret) + 1)}")
    assert config.too_short(settings) == expected


def test_the_password_of_another_station_is_told_by_its_place() -> None:
    text = """
        [environment]
        url = "ws://h"
        station_id = "S"
        cards = { Accepted = "A" }
        [[environment.access]]
        security_profile = 1
        url = "ws://h"
        station_id = "T"
        password = "pw"
    """
    (line,) = config.too_short(config.parse(text))
    assert line.startswith("[environment.access[0]] password: expected at least 4 characters, received 2; ")


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
    assert masked(text, settings) == 'a [redacted] b {"p": "[redacted]"} tenant-1'


def test_a_basic_header_that_is_none_is_still_secret_as_a_whole() -> None:
    text = """
        environment = { url = "ws://h", station_id = "S", cards = { Accepted = "A" } }
        operator = { headers = { Authorization = "Basic not*base64" } }
    """
    assert {"Basic not*base64", "not*base64"} <= config.secrets(config.parse(text))


def test_settings_without_secrets_have_none() -> None:
    text = 'environment = { url = "ws://h", station_id = "S", cards = { Accepted = "A" } }'
    assert config.secrets(config.parse(text)) == frozenset()
