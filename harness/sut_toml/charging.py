"""The table of sut.toml about smart charging."""

from __future__ import annotations

from harness.charging import Charging
from harness.sut_toml.kinds import Key, Section, choice, integer

_DEFAULT = Charging()
_LONGEST_S = 31 * 24 * 3600

CHARGING = Section(
    "environment.charging",
    "What the operator sets in the smart charging cases.",
    (
        Key("charging_rate_unit", choice("A", "W"), _DEFAULT.charging_rate_unit, "The unit: limits are 6 A or 6000 W."),
        Key("stack_level", integer(0, 10), _DEFAULT.stack_level, "The stackLevel of the profiles."),
        Key("number_phases", integer(1, 3), _DEFAULT.number_phases, "The numberPhases of the profiles."),
        Key(
            "duration_s",
            integer(1, _LONGEST_S),
            _DEFAULT.duration_s,
            "The duration of schedules, and of the composite schedule that is asked for.",
        ),
        Key(
            "tx_profile_kind",
            choice("Relative", "Absolute"),
            _DEFAULT.tx_profile_kind,
            "The kind of the profiles for one transaction in TC_057_CSMS and TC_059_CSMS.",
        ),
    ),
)
