"""PICS answers: which cases a product has to pass, and which of them this set-up can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from harness import catalogue, questions
from harness.config import Settings
from harness.results import Verdict


class Excluded(NamedTuple):
    """Why a case is left out: not applicable (not claimed) or not tested (claimed, but the set-up lacks something)."""

    verdict: Literal[Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED]
    reason: str


# The state that a configured card must have for a case to be run.
_CARDS: Mapping[str, str] = {
    "TC_023_1_CSMS": "Invalid",
    "TC_037_3_CSMS": "Invalid",
    "TC_023_2_CSMS": "Expired",
    "TC_023_3_CSMS": "Blocked",
    "TC_043_5_CSMS": "Accepted2",
    "TC_053_CSMS": "Accepted2",
}


def answers(settings: Settings) -> dict[str, bool]:
    """Every name that a condition may use, with its answer."""
    supports = settings.supports
    claimed = dict.fromkeys(supports["profiles"], True)
    security = {f"security_{number}": number in supports["security_profiles"] for number in (1, 2, 3)}
    asked = {key: bool(supports[key]) for key in questions.load().questions}
    return _NO_PROFILES | claimed | security | asked


_NO_PROFILES = dict.fromkeys(
    ("Core", "FirmwareManagement", "LocalAuthListManagement", "Reservation", "SmartCharging", "RemoteTrigger"), False
)


def excluded(case: str, settings: Settings, profile: str = "Core") -> Excluded | None:
    """Why a case of a profile is left out, or None if it is to be run."""
    given = answers(settings)
    if profile in _NO_PROFILES and not given[profile]:
        return Excluded(Verdict.NOT_APPLICABLE, f"profile {profile} is not claimed in [supports] profiles")
    condition = questions.load().conditions.get(case, "Core or not Core")
    if not questions.holds(condition, given):
        return Excluded(Verdict.NOT_APPLICABLE, _why(condition, given))
    card = _CARDS.get(case)
    if card is not None and card not in settings.environment.cards:
        return Excluded(Verdict.NOT_TESTED, f"[environment.cards] has no {card} card")
    if case == "TC_053_CSMS" and not settings.environment.parent_id_tag:
        return Excluded(Verdict.NOT_TESTED, "[environment] parent_id_tag names no parent of the accepted cards")
    if case == "TC_064_CSMS" and not settings.environment.vendor_id:
        return Excluded(Verdict.NOT_TESTED, "[environment] vendor_id names no vendor that the CSMS does not support")
    return _no_way(case, settings)


def _no_way(case: str, settings: Settings) -> Excluded | None:
    """Why a case cannot come in, or None if it can."""
    known = catalogue.load().cases.get(case)
    if known is None or not known.security_profiles:
        return None
    rounds = known.rounds(settings.environment.ways, settings.supports["security_profiles"])
    if rounds.profiles:
        return None
    wanted = rounds.lacking or known.security_profiles
    profiles = (f"{number} and {number + 1}" if known.upgrades else str(number) for number in wanted)
    lacking = "no station on security profile " + ", or on ".join(profiles)
    return Excluded(Verdict.NOT_TESTED, f"[environment] and [[environment.access]] have {lacking}")


def _why(condition: str, given: Mapping[str, bool]) -> str:
    """What would have to be claimed, part by part of the condition."""
    return "; ".join(_part(part) for part in questions.unmet(condition, given))


def _part(names: list[str]) -> str:
    """One of these would have to be claimed."""
    asked = questions.load().questions
    numbers = [name.removeprefix("security_") for name in names if name.startswith("security_")]
    words = [f"{asked[name].key} = true ({asked[name].id})" for name in names if name in asked]
    words += [f"{name} among profiles" for name in names if name in _NO_PROFILES]
    words += [f"{_either(numbers)} among security_profiles"] if numbers else []
    return f"needs {_either(words)} in [supports]"


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def demands(settings: Settings) -> list[str]:
    """What the chosen generation demands and the answers do not claim, each in a sentence."""
    generation = questions.load().generations[settings.supports["generation"]]
    given = answers(settings)
    return [_demand(generation.name, name) for name in ("Core", *generation.demands) if not given[name]]


def _demand(generation: str, name: str) -> str:
    number = name.removeprefix("security_")
    wanted, key = (f"security profile {number}", "security_profiles") if number != name else (name, "profiles")
    return f"generation {generation} demands {wanted}, which [supports] {key} does not have"
