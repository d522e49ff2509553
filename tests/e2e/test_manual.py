"""A person operates the CSMS: the test reads the prompts on a terminal, acts through the CSMS's API, and types."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from harness import journal
from harness.results import Run
from harness.smoke import check
from tests.e2e.tools import HARNESS, Screen, System, environment

CASES = ("TC_061_CSMS", "TC_013_CSMS", "TC_014_CSMS", "TC_064_CSMS")
HTTP = 'driver = "http"\npreset = "reference"\n'


class Session(NamedTuple):
    """A run with a person: what was on the screen at each prompt and at the end, and the run."""

    code: int
    prompts: tuple[str, ...]
    rest: str
    err: str
    run: Run


@pytest.fixture(scope="module")
def session(csms: System, tmp_path_factory: pytest.TempPathFactory) -> Session:
    """The person does what the first prompt says, leaves out the second case, and stops the run at the third."""
    folder = tmp_path_factory.mktemp("manual")
    check(csms.toml(folder, name="provisioned.toml"))
    sut = csms.toml(
        folder, (HTTP, 'driver = "manual"\n'), (f'base_url = "{csms.ready["api"]}"\n', ""), (token(csms), "")
    )
    screen = Screen.open()
    run = subprocess.Popen(
        [*HARNESS, "run", "csms", "--sut", sut, "--reports", folder, *(f"--case={id}" for id in CASES)],
        env=environment(),
        stdin=screen.terminal,
        stdout=screen.terminal,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with run:
        first = screen.until(" s left > ")
        order(csms, "clear-cache")
        second = screen.until("reset the station, type Hard") + screen.until(" s left > ")
        screen.type("skip\n")
        third = screen.until("reset the station, type Soft") + screen.until(" s left > ")
        screen.type("abort\n")
        _, err = run.communicate(timeout=20)
        (left,) = folder.glob("*-csms")
        return Session(run.returncode, (first, second, third), screen.close(), err, journal.load(left))


def token(csms: System) -> str:
    """The line of the settings that a manual driver does not have."""
    return f'token = "{csms.ready["token"]}"\n'


def order(csms: System, command: str, **body: str) -> None:
    """What the person does at the CSMS."""
    url = f"{csms.ready['api']}/api/stations/CP%201/commands/{command}"
    httpx.post(url, json=body, headers={"Authorization": f"Bearer {csms.ready['token']}"}).raise_for_status()


def test_the_prompt_says_whose_turn_it_is_what_to_do_and_in_which_case(session: Session) -> None:
    first = session.prompts[0].replace("\r", "")
    assert "  1 of 4  TC_061_CSMS  Clear Authorization Data in Authorization Cache\n" in first
    assert "\nWAITING FOR YOU: at station CP 1, clear the authorization cache\n" in first
    assert "\n  Enter = I have done it, skip = leave this case out, abort = stop the run\n" in first
    assert "  5 s left > " in first
    assert "  2 of 4  TC_013_CSMS  Hard Reset\n" in session.prompts[1].replace("\r", "")


def test_what_the_person_did_is_seen_on_the_wire(session: Session) -> None:
    assert "  seen, thank you\r\n" in session.prompts[1]
    assert "  1/4 pass         TC_061_CSMS " in session.prompts[1]
    assert session.run.cases[0].verdict == "pass"


def test_skip_leaves_out_one_case_only(session: Session) -> None:
    assert "  left out\r\n" in session.prompts[2]
    assert (session.run.cases[1].case, session.run.cases[1].verdict) == ("TC_013_CSMS", "inconclusive")
    assert session.run.cases[1].reason == "left out by the operator: at station CP 1, reset the station, type Hard"


def test_abort_stops_the_run_and_keeps_what_there_is(session: Session) -> None:
    assert (session.code, session.err) == (2, "")
    assert [case.case for case in session.run.cases] == list(CASES[:3])
    assert session.run.complete
    assert session.run.interrupted
    last = session.run.cases[2]
    assert (last.verdict, last.error) == ("inconclusive", "")
    assert last.reason == "stopped by the operator: at station CP 1, reset the station, type Soft"
    assert "  stopping the run\r\n" in session.rest
    assert "INTERRUPTED: the person at the harness stopped the run" in session.rest
    assert "Traceback" not in session.rest


def test_nobody_at_the_terminal_is_found_before_the_first_case(csms: System, tmp_path: Path) -> None:
    sut = csms.toml(
        tmp_path, (HTTP, 'driver = "manual"\n'), (f'base_url = "{csms.ready["api"]}"\n', ""), (token(csms), "")
    )
    run = subprocess.run(
        [*HARNESS, "run", "csms", "--sut", sut, "--reports", tmp_path / "reports", "--case=TC_013_CSMS"],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == (
        "ocpp-conformance: operator: expected a terminal for driver manual, received none; "
        "drivers http and python need none\n"
    )
    assert not (tmp_path / "reports").exists()
