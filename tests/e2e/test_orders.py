"""All cases over real sockets and TLS, three times on one CSMS: no case leaves behind what another one meets."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest

from harness import catalogue
from harness.config import Settings
from harness.results import CaseResult
from harness.sut import reference_csms
from tests.e2e import tools
from tests.e2e.tools import Outcome

# None of these decides a verdict of a CSMS that does nothing late.
SHORT = (
    ("number_of_connectors = 2", "number_of_connectors = 2\nlisten_s = 0.02"),
    ("connection_timeout_s = 1", "connection_timeout_s = 0.2"),
    ("reservation_s = 2", "reservation_s = 1"),
)
ORDERS: tuple[tuple[str, ...], ...] = ((), ("--seed=7",), ("--seed=8",))
Told = tuple[object, ...]


class Orders(NamedTuple):
    """The runs, and what the CSMS shows of its stations after each of them."""

    outcomes: tuple[Outcome, ...]
    left: tuple[dict[str, dict[str, Any]], ...]
    settings: Settings


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Orders:
    """The official order and two others, one after the other on a CSMS that is not restarted."""
    folder = tmp_path_factory.mktemp("orders")
    outcomes, left = [], []
    with reference_csms("1") as settings:
        assert settings.path is not None
        text = settings.path.read_text(encoding="utf-8")
        for old, new in SHORT:
            assert old in text
            text = text.replace(old, new)
        settings.path.write_text(text, encoding="utf-8")
        for order in ORDERS:
            outcomes.append(tools.conformance("run", "csms", "--sut", settings.path, "--reports", folder, *order))
            left.append(shown(settings))
    return Orders(tuple(outcomes), tuple(left), settings)


def shown(settings: Settings) -> dict[str, dict[str, Any]]:
    """What the CSMS believes of each of our stations."""
    headers = {"Authorization": f"Bearer {settings.operator['token']}"}
    with httpx.Client(base_url=settings.operator["base_url"], headers=headers) as api:
        return {way.station_id: _of(api, way.station_id) for way in settings.environment.ways.values()}


def _of(api: httpx.Client, id: str) -> dict[str, Any]:
    def get(path: str, **which: str) -> Any:
        return api.get(f"/api/{path}", params=which).raise_for_status().json()

    own = f"stations/{quote(id, safe='')}"
    station = get(own)
    kept = ("registration", "hasPassword", "securityProfile", "pendingProfile", "serialNumber", "running")
    return {name: station[name] for name in kept} | {
        "transactions": get("transactions", station=id, active="true"),
        "reservations": [kept for kept in get("reservations", station=id) if kept["status"] in ("Requested", "Active")],
        "busy": [connector for connector in get(f"{own}/connectors") if connector["status"] != "Available"],
        "profiles": get(f"{own}/charging-profiles"),
        "waiting": [command for command in get(f"{own}/commands") if command["state"] == "sent"],
    }


def told(case: CaseResult) -> Told:
    """What must be the same wherever a case stands in a run."""
    checks = sorted((c.outcome, str(c.step), c.message, c.path, c.rule, c.phase) for c in case.checks)
    return case.verdict, checks, [(m.direction, m.name, m.unsolicited) for m in case.messages if m.raw]


def test_every_case_passes_in_every_order(orders: Orders) -> None:
    for outcome in orders.outcomes:
        assert (outcome.code, outcome.err) == (0, ""), [case.reason for case in outcome.run.cases if case.reason]
        assert outcome.verdicts == dict.fromkeys(catalogue.load().cases, "pass")
    assert len({tuple(outcome.verdicts) for outcome in orders.outcomes}) == len(ORDERS)


def test_a_case_has_the_same_checks_and_frames_wherever_it_stands(orders: Orders) -> None:
    first, *others = ({case.case: told(case) for case in outcome.run.cases} for outcome in orders.outcomes)
    for other in others:
        for case, found in first.items():
            assert other[case] == found, case


def test_the_csms_takes_every_station_to_be_idle_and_as_it_was(orders: Orders) -> None:
    """Also the password and the certificate: the next run comes in with those of the settings."""
    settings, idle = orders.settings, {"registration": "Accepted", "pendingProfile": None}
    nothing = {key: [] for key in ("running", "transactions", "reservations", "busy", "profiles", "waiting")}
    for left in orders.left:
        for way in settings.environment.ways.values():
            own = {"securityProfile": way.security_profile, "serialNumber": way.serial_number}
            assert left[way.station_id] == idle | nothing | own | {"hasPassword": way.password is not None}
