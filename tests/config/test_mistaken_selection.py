"""Cases that were asked for and do not exist, or not together."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import UsageError
from harness.runs import Selection


def told(*options: str) -> str:
    """What a run with these options is told."""
    error = CliRunner().invoke(app, ["run", "csms", *options]).exception
    assert isinstance(error, UsageError)
    return str(error)


def test_a_profile_and_a_case_that_do_not_belong_together() -> None:
    words = "--case, --profile: expected a case of that profile, received none; both have to hold"
    assert told("--profile", "SmartCharging", "--case", "TC_010_CSMS") == words
    assert Selection(("TC_056_CSMS",), ("SmartCharging",))


@pytest.mark.parametrize("name", ["smartcharging", "SmartCharing"])
def test_a_profile_that_is_misspelt(name: str) -> None:
    assert "did you mean SmartCharging?" in told("--profile", name)


def test_a_row_of_the_certificate_is_no_profile() -> None:
    assert "are no profiles" in told("--profile", "AdvancedSecurity")
