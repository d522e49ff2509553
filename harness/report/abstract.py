"""abstract.html: the abstract of a test report, laid out as the one of an official test and ready to print."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from harness.report.pages import environment, flat
from harness.report.words import VERDICTS, generation, interruption, profile_name
from harness.results import Run, Verdict
from harness.tables.facts import Measurement, Row, all_cases, counts, performance, rows

DESCRIPTIONS = {
    "Core": "Registration, authorization, transactions, meter values, status, remote actions and configuration: "
    "what a charge point and a central system need to charge at all.",
    "FirmwareManagement": "Updating the firmware of a charge point and fetching its diagnostics.",
    "SmartCharging": "Limiting the power or current of a charge point, a connector or a transaction over time.",
    "Reservation": "Keeping a connector for one card until a given time.",
    "LocalAuthListManagement": "Keeping a list of cards on the charge point, so that it decides without a connection.",
    "RemoteTrigger": "Asking a charge point to send a message now.",
    "AdvancedSecurity": "Connections with a certificate on either side, and its renewal.",
    "Security": "Secured connections, passwords, keys, signed firmware and security events.",
}
_ROLES = {"csms": "CSMS", "station": "Charge Point"}


def abstract(run: Run) -> str:
    """The page as HTML."""
    found = [_functionality(row) for row in rows(run)]
    return environment().get_template("abstract.html.jinja").render(
        run=run,
        role=_ROLES.get(run.role, run.role),
        interruption=interruption(run),
        core=found[0],
        optional=found[1:],
        generation=generation(run),
        partial=any(case.reason == "not run" for case in all_cases(run)),
        words=VERDICTS,
        performance=[_measured(row) for row in performance(run)],
        limits=[*_limits(run)],
        counts=counts(check for case in all_cases(run) for check in case.checks),
    )  # fmt: skip


def _functionality(row: Row) -> dict[str, Any]:
    return {
        "name": profile_name(row.name),
        "result": row.result,
        "description": DESCRIPTIONS.get(row.name, ""),
        "numbers": row.numbers,
        "lacks": row.lacks,
        "unverifiable": row.unverifiable,
        "known": sum(bool(case.known_failure) and case.verdict is Verdict.FAIL for case in row.cases),
    }


def _measured(row: Measurement) -> dict[str, Any]:
    return {
        "it": row,
        "pics": f"{row.pics_s:g}s" if row.pics_s is not None else "not declared",
        "measured": clock(row.spread.max_ms) if row.spread else "not measured",
    }


def clock(duration_ms: float) -> str:
    """A duration in whole seconds as HH:MM:SS."""
    seconds = math.floor(duration_ms / 1000 + 0.5)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _limits(run: Run) -> list[tuple[str, str]]:
    answers: Mapping[str, Any] = run.supports
    return [*flat(run.environment), *((f"Declared: {name}", value) for name, value in flat(answers))]
