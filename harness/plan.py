"""What a run would do, before it does it: which cases run, which do not and why, who has to act, and for how long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import catalogue, config, pics, questions
from harness.material import CONFIGURED, Access, Material
from harness.operators.csms import driver
from harness.operators.csms.base import CsmsOperator
from harness.results import Verdict
from harness.sut_toml.table import CARD_STATES, PROFILES, SUPPORTS

EXCHANGE_S = 0.1
PERSON_S = 30.0
EVERYTHING = {key.name: key.default for key in SUPPORTS.keys} | {
    "profiles": list(PROFILES),
    "security_profiles": [0, 1, 2, 3],
}
_ITS_OWN: dict[str, Any] = dict.fromkeys(CONFIGURED.values(), Path("station.pem"))
REFERENCE = config.Environment(
    url="ws://127.0.0.1/ocpp",
    station_id="CP-1",
    cards=dict.fromkeys(CARD_STATES, "CARD"),
    parent_id_tag="GROUP",
    access=tuple(Access(profile, "wss://127.0.0.1/ocpp", f"CP-{profile}") for profile in (1, 2, 3)),
    security=Material(**_ITS_OWN),
)


@dataclass(frozen=True)
class Planned:
    """One case: the row it counts for, whether it runs and else why not, how often a person acts, about how long.

    `without` are settings that are lacking for some of its checks.
    """

    case: catalogue.Case
    row: str
    left_out: pics.Excluded | None
    asked: tuple[str, ...]
    by_person: bool
    about_s: float
    without: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether the case runs."""
        return self.left_out is None

    def fields(self) -> dict[str, Any]:
        """The entry as a program reads it."""
        left_out = self.left_out
        return {
            "id": self.case.id,
            "title": self.case.title,
            "row": self.row,
            "runs": self.runs,
            "verdict": str(left_out.verdict) if left_out else None,
            "reason": left_out.reason if left_out else None,
            "operator": list(self.asked),
            "person": self.by_person,
            "about_s": round(self.about_s, 1),
            "without": list(self.without),
        }


def for_file(sut: Path | None) -> tuple[list[Planned], list[str]]:
    """The plan for a settings file, or for the reference CSMS; and what the generation demands beyond the claims."""
    if sut is None:
        settings = config.Settings(REFERENCE, supports=EVERYTHING)
        return plan(settings, _Everything()), pics.demands(settings)
    settings = config.load(sut)
    return plan(settings, driver(settings)), pics.demands(settings)


class _Everything(CsmsOperator):
    """The reference CSMS can do whatever a case asks for."""

    def supports(self, action: str) -> bool:
        return True


def plan(settings: config.Settings, operator: CsmsOperator) -> list[Planned]:
    """Every case of the catalogue with these settings; nothing is opened or sent."""
    generation = questions.load().generations[settings.supports["generation"]]
    return [_planned(case, settings, operator, generation) for case in catalogue.load().cases.values()]


def _planned(
    case: catalogue.Case, settings: config.Settings, operator: CsmsOperator, generation: questions.Generation
) -> Planned:
    left_out = pics.excluded(case.id, settings, case.profile)
    missing = [action for action in case.operator if not operator.supports(action)]
    if left_out is None and missing:
        left_out = pics.Excluded(Verdict.NOT_TESTED, f"the driver cannot do {', '.join(missing)}")
    rounds = case.rounds(settings.environment.ways, settings.supports["security_profiles"])
    asked = tuple(case.operator) * (max(1, len(rounds.profiles)) if case.upgrades else 1)
    by_person = bool(asked) and not operator.certain
    about_s = EXCHANGE_S + sum(_waits(case, settings.environment)) + (PERSON_S * len(asked) if by_person else 0)
    without = tuple(key for key in case.wants if getattr(settings.environment.security, key) is None)
    return Planned(case, generation.row(case.id, case.profile), left_out, asked, by_person, about_s, without)


def _waits(case: catalogue.Case, environment: config.Environment) -> Iterator[float]:
    """The times that the case itself takes: they are the station's, or the longest that the CSMS may set."""
    for wait in case.waits:
        yield getattr(environment, wait)
