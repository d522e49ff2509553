"""What cannot be used is one clear line on standard error and exit code 2, and costs nothing that was there before."""

from __future__ import annotations

import json
import re
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import config
from harness.alone import alone
from tests.e2e import tools
from tests.e2e.tools import Outcome, System
from tests.harness.servers import certificate

Told = Callable[..., Outcome]
CASE = "--case=TC_064_CSMS"


def line(outcome: Outcome) -> str:
    """The one line that was said."""
    assert (outcome.code, outcome.out) == (2, ""), outcome
    assert re.fullmatch(r"ocpp-conformance: [^\n]+\n", outcome.err), outcome.err
    return outcome.err.removeprefix("ocpp-conformance: ").rstrip()


@pytest.fixture
def free_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


SETTINGS = [
    ("[environment]", "[environment", ":6: expected TOML, received Expected ']' at the end of a table declaration"),
    ("station_id", "statoin_id", ':8: [environment] statoin_id: expected a known key, received "statoin_id"; did you'),
    (
        "connection_timeout_s = 0.2",
        'connection_timeout_s = "long"',
        ':10: [environment] connection_timeout_s: expected a number of seconds above 0, received "long"',
    ),
    (
        'password = "end-to-end-password"',
        'ca_file = "nowhere.pem"',
        ':9: [environment] ca_file: expected a PEM file that can be read, received "nowhere.pem"',
    ),
]


@pytest.mark.parametrize(("old", "new", "expected"), SETTINGS)
def test_a_mistake_in_the_settings(told: Told, csms: System, tmp_path: Path, old: str, new: str, expected: str) -> None:
    sut = csms.toml(tmp_path, (old, new))
    for command in (("run", "csms"), ("smoke",)):
        assert line(told(*command, "--sut", sut)).startswith(f"{sut}{expected}")


def test_a_settings_file_that_is_not_there(told: Told, tmp_path: Path) -> None:
    hint = "ocpp-conformance init csms writes one"
    expected = f"{tmp_path / 'x.toml'}: expected a settings file, received nothing; {hint}"
    assert line(told("run", "csms", "--sut", tmp_path / "x.toml")) == expected


COMMANDS = [
    (
        "run csms --case TC_64_CSMS",
        "--case TC_64_CSMS: expected a case id, received an unknown one; did you mean TC_064_CSMS?",
    ),
    ("run csms --case tc_001", "--case tc_001: expected a case id, received an unknown one; did you mean TC_001_CSMS?"),
    ("run csms --profile Cor", "--profile Cor: expected Core or FirmwareManagement or "),
    ("run csms --seed -1", "Invalid value for '--seed': "),
    ("run csms --shufle", "No such option: --shufle"),
    ("run", "Missing argument 'ROLE'; --help lists what there is"),
    ("run station", "station: expected csms, received 'station'"),
    ("rum csms", "No such command 'rum'. Did you mean 'run'?"),
    ("list csm", "csm: expected csms, received 'csm'"),
    ("show nowhere TC_001_CSMS", "nowhere: expected a readable journal, received no such file or directory"),
    ("report nowhere", "nowhere: expected a readable journal, received no such file or directory"),
    (
        "init csms -o /nowhere/sut.toml",
        "/nowhere/sut.toml: expected a file that can be written, received no such file or directory",
    ),
]


@pytest.mark.parametrize(("command", "expected"), COMMANDS)
def test_a_mistake_in_the_command(told: Told, command: str, expected: str) -> None:
    assert line(told(*command.split())).startswith(expected)


def test_a_file_is_not_overwritten_unless_that_is_asked_for(told: Told, tmp_path: Path) -> None:
    mine = tmp_path / "sut.toml"
    mine.write_text("mine")
    assert line(told("init", "csms", "-o", mine)) == (
        f"{mine}: expected a new file, received one that exists; --force overwrites it"
    )
    assert mine.read_text() == "mine"
    assert told("init", "csms", "-o", mine, "--force").code == 0
    assert mine.read_text() != "mine"


UNREACHABLE = [
    ("refused", "expected a server, received connection refused"),
    ("unknown name", "expected a server, received a host name that cannot be resolved "),
    ("tls on a plain port", "expected a TLS connection, received "),
    ("unknown station", "expected HTTP 101 (WebSocket), received HTTP 404; station_id of [environment] must be known"),
    (
        "wrong password",
        "expected HTTP 101 (WebSocket), received HTTP 401; password of [environment] must be the station's",
    ),
]


@pytest.mark.parametrize(("how", "expected"), UNREACHABLE)
def test_a_csms_that_lets_nobody_in(
    told: Told, csms: System, free_port: int, tmp_path: Path, how: str, expected: str
) -> None:
    url = csms.ready["url"]
    port = url.rpartition(":")[2].partition("/")[0]
    unprovisioned = ('preset = "reference"', 'preset = "payload"')
    change = {
        "refused": (url, url.replace(port, str(free_port))),
        "unknown name": (url, url.replace("127.0.0.1", "csms.invalid")),
        "tls on a plain port": (url, url.replace("ws:", "wss:")),
        "unknown station": ('station_id = "CP 1"', 'station_id = "CP 404"'),
        "wrong password": ("end-to-end-password", "another-password"),
    }[how]
    sut = csms.toml(tmp_path, change, *([unprovisioned] if how in ("unknown station", "wrong password") else []))
    assert told("smoke", "--sut", csms.toml(tmp_path, name="good.toml")).code == 0
    said = line(told("run", "csms", "--sut", sut, "--reports", tmp_path / "reports", CASE))
    assert f": {expected}" in said
    assert not (tmp_path / "reports").exists()


def test_a_certificate_that_nobody_vouches_for(told: Told, tmp_path: Path) -> None:
    """The same CSMS is reached once its CA is named; another CA does not help."""
    certificate(tmp_path)
    (tmp_path / "other").mkdir()
    certificate(tmp_path / "other")
    tls = ("--tls-certificate", tmp_path / "ca.pem", "--tls-key", tmp_path / "key.pem")
    with tools.reference(tmp_path, *tls) as csms:
        named = ('password = "end-to-end-password"', 'password = "end-to-end-password"\nca_file = "{}"')
        for ca_file, code in (("", 2), ("other/ca.pem", 2), ("ca.pem", 0)):
            sut = csms.toml(tmp_path, *([(named[0], named[1].format(ca_file))] if ca_file else []))
            outcome = told("smoke", "--sut", sut) if code == 0 else told("run", "csms", "--sut", sut, CASE)
            if code:
                expected = (
                    "expected a TLS connection, received a certificate that is not trusted (self-signed certificate"
                )
                assert expected in line(outcome)
                assert outcome.err.endswith(
                    "ca_file of [environment] names the CA that signed the server's certificate\n"
                )
            else:
                assert outcome.code == 0
                assert ", tls TLSv1.3" in outcome.out
        plain = csms.toml(tmp_path, ("wss:", "ws:"))
        assert line(told("run", "csms", "--sut", plain, CASE)).endswith("; a port that speaks TLS needs wss")


def test_an_operator_interface_that_is_not_there(quick: Told, csms: System, free_port: int, tmp_path: Path) -> None:
    """It is found before the first case, and only if a case needs it."""
    away = f"http://127.0.0.1:{free_port}"
    sut = csms.toml(tmp_path, (csms.ready["api"], away), ('preset = "reference"', 'preset = "payload"'))
    said = line(quick("run", "csms", "--sut", sut, "--reports", tmp_path / "reports", "--case=TC_013_CSMS"))
    assert said == f"reachable: GET {away}/: expected an answer, received connection refused"
    assert not (tmp_path / "reports").exists()
    assert quick("run", "csms", "--sut", sut, "--reports", tmp_path / "reports", CASE).code == 0


def test_an_operator_interface_that_breaks_in_a_case(quick: Told, curious: System, tmp_path: Path) -> None:
    """The case ends as an error of the set-up, in one line, and the run could not be done; the other cases are run."""
    sut = curious.toml(tmp_path, ("forget_cards", "forget_everything"))
    cases = ("--case=TC_061_CSMS", CASE)
    outcome = quick("run", "csms", "--sut", sut, "--reports", tmp_path, *cases)
    assert (outcome.code, outcome.err) == (2, "")
    assert outcome.verdicts == {"TC_061_CSMS": "error", "TC_064_CSMS": "fail"}
    url = f"{curious.ready['api']}/chargers/CHARGER-7/forget_everything"
    expected = f"clear_cache: POST {url}: expected a status from 200 to 299, received 500 "
    assert outcome.case("TC_061_CSMS").reason.startswith(expected)
    assert "Traceback" not in outcome.out


@pytest.mark.parametrize("reports", ["file", "/proc/reports"])
def test_a_reports_folder_that_cannot_be_made(told: Told, csms: System, tmp_path: Path, reports: str) -> None:
    (tmp_path / "file").write_text("mine")
    said = line(told("run", "csms", "--sut", csms.toml(tmp_path), "--reports", tmp_path / reports, CASE))
    assert re.search(r": expected a folder that can be made, received no[t]? .*", said)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.fixture
def cut(short: Outcome, tmp_path: Path) -> Path:
    """A run whose journal ends in the middle of a line, and nothing else."""
    text = (short.folder / "journal.jsonl").read_text(encoding="utf-8")
    (tmp_path / "journal.jsonl").write_text(text[: text.rindex('"type": "check"') + 40], encoding="utf-8")
    return tmp_path


def test_a_journal_that_was_cut_off_is_refused(told: Told, cut: Path) -> None:
    for command in (("report", cut), ("show", cut, "TC_064_CSMS")):
        assert line(told(*command)).endswith("; the journal was cut off; --cut-off reads it anyway")
    assert sorted(path.name for path in cut.iterdir()) == ["journal.jsonl"]


def test_a_journal_that_was_cut_off_is_read_if_asked_for_and_marked(told: Told, cut: Path) -> None:
    before = (cut / "journal.jsonl").read_bytes()
    last = json.loads(before.splitlines()[-2])["case"]
    outcome = told("report", cut, "--cut-off")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("INTERRUPTED: the journal was cut off before the run ended\n")
    assert "INTERRUPTED" in (cut / "report.html").read_text(encoding="utf-8")
    assert (cut / "journal.jsonl").read_bytes() == before
    assert told("show", cut, last, "--cut-off").out.startswith(f"{last}  Inconclusive  ")


def test_a_case_that_the_run_does_not_have(quick: Told, csms: System, tmp_path: Path) -> None:
    folder = quick("run", "csms", "--sut", csms.toml(tmp_path), "--reports", tmp_path, CASE).folder
    expected = f"expected a case of {folder}, received"
    assert line(quick("show", folder, "TC_001_CSMS")) == f"TC_001_CSMS: {expected} one that was not run"
    assert line(quick("show", folder, "TC_64")) == f"TC_64: {expected} an unknown one; did you mean TC_064_CSMS?"


def test_a_port_that_is_taken(csms: System, tmp_path: Path) -> None:
    port = csms.ready["url"].rpartition(":")[2].partition("/")[0]
    outcome = tools.command(
        sys.executable, "-m", "reference_csms", "serve", "--port", port, "--db", tmp_path / "second.db", cwd=tmp_path
    )
    assert (outcome.code, outcome.out) == (2, "")
    assert re.fullmatch(
        rf"reference-csms: --port {port}: expected a free port on 127.0.0.1, received[^\n]*\n", outcome.err
    )
    assert not list(tmp_path.iterdir())


def test_a_second_run_as_the_same_station(told: Told, csms: System, tmp_path: Path) -> None:
    """It would take the connection away from the first, which is the one that would look wrong."""
    sut = csms.toml(tmp_path)
    with alone(config.load(sut).environment):
        for command in (("run", "csms", "--reports", tmp_path / "reports", CASE), ("smoke",)):
            assert line(told(*command, "--sut", sut)) == (
                f"{csms.ready['url']} as CP 1: expected no other run as this station on this machine, "
                "received one that has not ended"
            )
    assert not (tmp_path / "reports").exists()
    assert told("smoke", "--sut", sut).code == 0
