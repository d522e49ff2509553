"""Every rule is a requirement and weighs what that says, or the conformance notes tell why not."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from harness.rules import RULES
from harness.rules.observed import Rule

WEIGHTS = {"MUST": "shall", "MUST_NOT": "shall", "SHOULD": "should", "SHOULD_NOT": "should"}
NOT_OF_OCPP = {"RFC8259-4"}
NOTES = (Path(__file__).parents[2] / "docs" / "conformance-notes.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\S+) \| (MUST\w*|SHOULD\w*) \| (\w+) \| \S", NOTES, re.MULTILINE)
NOTED = {id: (said, here) for id, said, here in ROWS}

with Path(__file__).with_name("requirements.csv").open(encoding="utf-8") as file:
    LEVELS = {row["id"]: row["level"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_weighs_what_its_requirement_says_or_the_notes_tell_why_not(rule: Rule) -> None:
    if rule.id in NOT_OF_OCPP:
        assert rule.id not in LEVELS
        assert f"\n{rule.id} is no requirement of OCPP.\n" in NOTES
    elif WEIGHTS[LEVELS[rule.id]] == rule.level:
        assert rule.id not in NOTED
    else:
        assert NOTED[rule.id] == (LEVELS[rule.id], rule.level)


def test_the_notes_tell_of_rules_that_there_are() -> None:
    assert NOTED
    assert NOTED.keys() <= {rule.id for rule in RULES}
