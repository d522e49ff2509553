"""The other commands: list, init, smoke, show, report."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import catalogue, config, journal
from tests.e2e import tools
from tests.e2e.tools import Outcome, System, environment

Told = Callable[..., Outcome]
CORE = list(catalogue.load().cases)


def test_list_names_each_case_and_what_its_operator_does(told: Told) -> None:
    lines = told("list", "csms").out.splitlines()
    assert [line.split()[0] for line in lines] == CORE
    assert "TC_001_CSMS      Core   Cold Boot Charge Point" in lines
    assert any(line.startswith("TC_013_CSMS ") and line.endswith("  [Reset]") for line in lines)


def test_list_as_json_says_what_each_case_needs(told: Told) -> None:
    cases = {case["id"]: case for case in json.loads(told("list", "csms", "--json").out)}
    assert list(cases) == CORE
    assert cases["TC_013_CSMS"] == {
        "id": "TC_013_CSMS",
        "title": "Hard Reset",
        "profile": "Core",
        "section": catalogue.load().case("TC_013_CSMS").section,
        "operator": {"Reset": catalogue.load().case("TC_013_CSMS").operator["Reset"]},
        "cards": [],
        "records": ["command", "connector"],
        "needs": [],
    }


def test_list_loads_nothing_heavy() -> None:
    code = (
        "import sys; from harness import cli; sys.argv = ['x', 'list', 'csms', '--json']\n"
        "try: cli.main()\n"
        "except SystemExit: print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True, cwd="/"
    )
    heavy = {"pandas", "pyarrow", "numpy", "pytest", "rich", "websockets", "httpx", "jsonschema_rs", "ocpp"}
    assert heavy & set(done.stderr.split()) == set()
    assert len(json.loads(done.stdout)) == 77


def test_a_fresh_settings_file_loads_once_it_is_filled_in(told: Told, tmp_path: Path) -> None:
    path = tmp_path / "sut.toml"
    outcome = told("init", "csms", "-o", path)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"wrote {path}; " in outcome.out
    assert outcome.out.endswith(f"ocpp-conformance smoke --sut {path}\n")
    assert told("init", "csms", "-o", "-").out == path.read_text(encoding="utf-8")
    path.write_text(path.read_text(encoding="utf-8").replace('url = ""', 'url = "ws://csms.example:9000/ocpp"'))
    assert config.load(path).environment.url == "ws://csms.example:9000/ocpp"


def test_the_version_is_told(told: Told) -> None:
    assert told("--version").out.count(".") == 2


def test_help_is_what_no_command_gets(told: Told) -> None:
    assert told().out == told("--help").out
    for word in ("list", "init", "smoke", "run", "show", "report"):
        assert f" {word} " in told().out


def test_smoke_finds_nothing_wrong_with_a_good_csms(told: Told, csms: System, tmp_path: Path) -> None:
    outcome = told("smoke", "--sut", csms.toml(tmp_path))
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[-1] == "a run can be done"
    assert {line[:4] for line in lines[:-1]} == {"ok  "}
    looked_at = (
        "operator",
        "claims",
        "claims",
        "claims",
        "connection",
        "boot",
        "clock",
        "card Accepted",
        "card Invalid",
    )
    assert [line[5:21].strip() for line in lines[:-1]] == [*looked_at, "card Expired", "card Blocked", "records"]
    way = f"{csms.ready['url']} as CP 1, security profile 1, subprotocol ocpp1.6"
    assert f"ok   connection       {way}" in lines


def test_a_password_that_is_too_short_to_be_masked_is_told(told: Told, csms: System, tmp_path: Path) -> None:
    sut = csms.toml(tmp_path, ('"end-to-end-password"', '"1"'), ('station_id = "CP 1"', 'station_id = "CP short"'))
    line = "[environment] password: expected at least 4 characters, received 1; it is masked only where it stands alone"
    assert f"ok   secrets          {line}\n" in told("smoke", "--sut", sut).out
    outcome = told("run", "csms", "--sut", sut, "--reports", tmp_path, "--case=TC_064_CSMS")
    assert outcome.out.startswith(f"warning: {line}\n  1/1 pass         TC_064_CSMS ")
    assert "redacted" not in (outcome.folder / "journal.jsonl").read_text(encoding="utf-8")


def test_smoke_brings_up_the_reference_csms_by_itself(told: Told) -> None:
    assert told("smoke").out.endswith("\na run can be done\n")


def finding(outcome: Outcome, what: str) -> tuple[str, list[str]]:
    """What smoke found bad about this, and the cases that would break."""
    assert outcome.code == 1
    lines = outcome.out.splitlines()
    (index,) = [n for n, line in enumerate(lines) if line.startswith(f"BAD  {what:<15}  ")]
    breaks = lines[index + 1].partition("would break ")[2]
    return lines[index][22:], breaks.rpartition(": ")[2].split(", ")


def test_smoke_misses_a_card(told: Told, csms: System, tmp_path: Path) -> None:
    outcome = told("smoke", "--sut", csms.toml(tmp_path, ('Expired = "E-1"\n', "")))
    lines = outcome.out.splitlines()
    number = lines.index("note set-up           [environment.cards] has no Expired card")
    assert lines[number + 1].strip() == "not tested TC_023_2_CSMS"
    assert (outcome.code, lines[-1]) == (0, "a run can be done")


def test_smoke_tries_every_way_in(told: Told, csms: System, tmp_path: Path) -> None:
    access = 'security_profile = 2\nurl = "wss://127.0.0.1:9/ocpp"\nstation_id = "CP 2"\npassword = "0123456789abcdef"'
    sut = csms.toml(tmp_path)
    sut.write_text(f"{sut.read_text()}\n[[environment.access]]\n{access}\n")
    outcome = told("smoke", "csms", "--sut", sut)
    found, breaks = finding(outcome, "connection")
    assert found.startswith("wss://127.0.0.1:9/ocpp/CP%202: expected a server, received connection refused")
    assert breaks == [""]  # security profile 2 is not claimed, so no case comes in that way
    assert "station CP 2 is on security profile 2, which [supports] does not claim" in outcome.out


def test_smoke_finds_a_card_in_another_state(told: Told, csms: System, tmp_path: Path) -> None:
    """The preset that provisions nothing takes the cards as they are."""
    change = ('preset = "reference"', 'preset = "payload"')
    outcome = told("smoke", "--sut", csms.toml(tmp_path, change, ('Blocked = "B-1"', 'Blocked = "B-2"')))
    assert finding(outcome, "card Blocked") == ("B-2 is Invalid", ["TC_023_3_CSMS"])


def test_smoke_finds_a_wrong_clock(told: Told, tmp_path: Path) -> None:
    with tools.stranger("late") as csms:
        found, breaks = finding(told("smoke", "--sut", csms.toml(tmp_path)), "clock")
    assert found.startswith("-3600.")
    assert found.endswith(" s against this machine's clock")
    assert "TC_001_CSMS" in breaks
    assert "TC_064_CSMS" not in breaks


def test_smoke_finds_that_the_operator_is_away(told: Told, csms: System, tmp_path: Path) -> None:
    api = csms.ready["api"]
    sut = csms.toml(tmp_path, (f'"{api}"', f'"{api}/elsewhere"'))
    found, breaks = finding(told("smoke", "--sut", sut), "operator")
    assert found.startswith(
        f"provision_station: PUT {api}/elsewhere/api/stations/CP%201: expected a status from 200 to"
    )
    needing = [id for id, case in catalogue.load().cases.items() if case.operator and case.profile == "Core"]
    assert breaks[:8] == needing[:8]
    assert breaks[8:] == [f"and {len(needing) - 8} more"]


def test_smoke_finds_that_nobody_is_there(told: Told, csms: System, tmp_path: Path) -> None:
    url = csms.ready["url"]
    outcome = told("smoke", "--sut", csms.toml(tmp_path, (url, url.replace("/ocpp", "/elsewhere"))))
    found, breaks = finding(outcome, "connection")
    assert "received HTTP 404" in found
    assert breaks == ["all cases"]


def test_smoke_tells_what_the_referee_saw(told: Told, stranger: System, tmp_path: Path) -> None:
    outcome = told("smoke", "--sut", stranger.toml(tmp_path))
    assert "expected a date-time as in RFC 3339" in finding(outcome, "frames")[0]


@pytest.fixture
def copied(short: Outcome, tmp_path: Path) -> Path:
    """The journal of a run and nothing else."""
    shutil.copy(short.folder / journal.FILE, tmp_path)
    return tmp_path


def test_the_reports_are_made_again_from_the_journal_alone(told: Told, short: Outcome, copied: Path) -> None:
    outcome = told("report", copied)
    assert (outcome.code, outcome.err) == (0, "")
    assert f"report: {copied / 'report.html'}\n" in outcome.out
    assert re.search(r"^Core +Incomplete +3 ", outcome.out, re.MULTILINE)
    first = short.folder
    assert sorted(path.name for path in copied.iterdir()) == sorted(path.name for path in first.iterdir())
    for name in ("abstract.html", "checks.parquet", "timings.parquet"):
        assert (copied / name).read_bytes() == (first / name).read_bytes(), name


def test_a_case_is_shown_with_its_checks_and_its_whole_conversation(told: Told, copied: Path) -> None:
    outcome = told("show", copied, "TC_064_CSMS")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("TC_064_CSMS  Pass  Data Transfer to a Central System  ")
    result = next(case for case in journal.load(copied).cases if case.case == "TC_064_CSMS")
    assert "DataTransfer.conf" in outcome.out
    assert outcome.out.count("──") >= len(result.messages)
