"""One reference CSMS for all end-to-end tests, and the command line inside this process where that is enough."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator

import pytest

from harness import cli
from tests.e2e import tools
from tests.e2e.tools import Outcome, System


@pytest.fixture(scope="session")
def csms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """The reference CSMS, not restarted between tests."""
    with tools.reference(tmp_path_factory.mktemp("csms")) as system:
        yield system


@pytest.fixture(scope="session")
def short(csms: System, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A run of three cases with its reports."""
    folder = tmp_path_factory.mktemp("short")
    cases = ("--case=TC_003_CSMS", "--case=TC_013_CSMS", "--case=TC_064_CSMS")
    return tools.conformance("run", "csms", "--sut", csms.toml(folder), "--reports", folder, *cases)


@pytest.fixture(scope="session")
def stranger() -> Iterator[System]:
    """The stranger's CSMS."""
    with tools.stranger() as system:
        yield system


@pytest.fixture(scope="session")
def curious() -> Iterator[System]:
    """The stranger's CSMS with its clock right, which asks for the configuration when a station has booted."""
    with tools.stranger("curious") as system:
        yield system


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """Runs `ocpp-conformance` in this process: for what it refuses before it gets to the cases."""

    def run(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["ocpp-conformance", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        shown = capsys.readouterr()
        return Outcome(int(left.value.code or 0), shown.out, shown.err)

    return run


@pytest.fixture
def quick(told: Callable[..., Outcome], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Outcome]:
    """The same without the reports, which take most of the time of a short run."""
    monkeypatch.setattr("harness.report.make", lambda folder: None)
    return told
