"""Each mistake in a sut.toml is one line that names the file, the line, the key, what was expected and what came."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from harness import config
from harness.errors import UsageError

GOOD = """\
[sut]
vendor = "Example Ltd"

[environment]
url = "ws://localhost:9000/ocpp"
station_id = "CP-1"
password = "secret-of-station"
number_of_connectors = 2
slack_s = 2

[environment.cards]
Accepted = "CARD-1"
Blocked = "CARD-2"

[operator]
driver = "http"
base_url = "http://localhost:8080"

[operator.operations.reset]
path = "/{station}"
body = { kind = "{type}", list = ["{station}"] }

[records.connector]
path = "/{connectorId}"
fields = { status = "state" }

[[known_failures]]
case = "TC_001_CSMS"
reason = "r"

[[known_failures]]
case = "TC_003_CSMS"
reason = "r"
"""


MISTAKES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text(encoding="utf-8"))["mistake"]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake["error"].partition(",")[0] for mistake in MISTAKES])
def test_a_mistake_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: dict[str, str]) -> None:
    monkeypatch.delenv("OCPP_UNSET", raising=False)
    assert mistake["old"] in GOOD, "the change must change something"
    path = tmp_path / "my-csms.toml"
    path.write_text(GOOD.replace(mistake["old"], mistake["new"], 1), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        config.load(path)
    assert str(caught.value) == f"{path}:{mistake['error']}"


def test_the_good_file_is_good() -> None:
    assert config.parse(GOOD).environment.station_id == "CP-1"


def test_a_missing_section_is_reported_at_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "sut.toml"
    path.write_text('[sut]\nvendor = "v"\n\n# end\n')
    with pytest.raises(UsageError, match=r"sut\.toml:4: \[environment\] url: expected a URL"):
        config.load(path)


FILES = [
    pytest.param(None, "expected a settings file, received nothing; ocpp-conformance init csms writes one", id="none"),
    pytest.param(b"\xff\xfe", "expected text in UTF-8, received byte 0xff at 0", id="not UTF-8"),
    pytest.param(b"a = " + b"[" * 5000, "expected TOML, received arrays or tables nested too deeply", id="deep"),
]


@pytest.mark.parametrize(("content", "expected"), FILES)
def test_a_file_that_is_no_settings_file(tmp_path: Path, content: bytes | None, expected: str) -> None:
    path = tmp_path / "sut.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        config.load(path)
    assert str(caught.value) == f"{path}: {expected}"


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"expected a settings file, received a directory$"):
        config.load(tmp_path)


CERTIFICATES = {
    "none.pem": 'a PEM file that can be read, received "none.pem"; {}/none.pem: no such file or directory',
    ".": 'a PEM file that can be read, received "."; {}: is a directory',
    "key.pem": 'a PEM file with certificates, received "key.pem"; {}/key.pem holds no BEGIN CERTIFICATE line',
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_a_ca_file_that_cannot_serve(tmp_path: Path, name: str) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    path = tmp_path / "sut.toml"
    path.write_text(GOOD.replace("slack_s = 2", f'ca_file = "{name}"'))
    with pytest.raises(UsageError) as caught:
        config.load(path)
    assert str(caught.value) == f"{path}:9: [environment] ca_file: expected {CERTIFICATES[name].format(tmp_path)}"
