"""Every check bites: a sample of the kill table, and proof that the table would see a check that does not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from harness.checks import Checks
from harness.results import Verdict
from harness.rules import RULES, Observed
from harness.rules import judge as judged
from harness.verbs import Records
from tests.kills import __main__ as command
from tests.kills.mutants import Mutant, OneFrame
from tests.kills.summary import page, sample, unexplained, unused
from tests.kills.verdicts import Found, Survivor, all_mutants, judge, survivors
from tests.subjects.world import all_pages, run_case

# Servers that offer old TLS are what some mutants are about.
pytestmark = pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
ACCEPTED = survivors()
EVERY = list(all_mutants())
SAMPLE = sample(EVERY)


def test_the_sample_has_every_kind_of_mutant_and_some_of_every_case() -> None:
    assert {mutant.how for mutant in SAMPLE} == {mutant.how for mutant in EVERY}
    assert {mutant.what for mutant in SAMPLE} == {mutant.what for mutant in EVERY}
    assert {mutant.path for mutant in SAMPLE} == {mutant.path for mutant in EVERY}
    count = Counter(mutant.case for mutant in SAMPLE)
    assert count.keys() == all_pages().keys()
    assert min(count.values()) >= 1
    assert len(SAMPLE) > 200
    assert [mutant.name for mutant in sample(EVERY)] == [mutant.name for mutant in SAMPLE]


# No detail in the ids: certificates differ from one process to the next.
@pytest.mark.parametrize("mutant", SAMPLE, ids=[f"{m.case} {m.what} {m.path} {m.how}" for m in SAMPLE])
def test_the_check_that_is_meant_notices_a_mutant(mutant: Mutant) -> None:
    found = judge(mutant, ACCEPTED)
    assert found.fate in ("killed", "warned") or found.reason, f"{found.fate}: {found.verdict} {found.noticed}"
    assert found.verdict in ("fail", "inconclusive") or found.fate != "killed"
    assert found.verdict == "pass" or found.fate == "killed"


def of(case: str, what: str, path: str, how: str, detail: str = "") -> Mutant:
    """The first mutant of this kind."""
    return next(
        mutant
        for mutant in EVERY
        if (mutant.case, mutant.what, mutant.path, mutant.how) == (case, what, path, how) and detail in mutant.detail
    )


STATUS = of("TC_003_CSMS", "Authorize.conf", "idTagInfo.status", "another value", "Blocked")
EXTRA = of("TC_003_CSMS", "Authorize.conf", "extra", "extra property")
TOLD = of("TC_003_CSMS", "records.transaction", "idTag", "told wrongly")


def test_a_check_that_a_page_no_longer_makes_lets_a_mutant_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(STATUS, ACCEPTED).fate == "killed"
    made = Checks._field

    def forgetful(self: Checks, step: Any, message: str, path: str, received: Any, expected: Any) -> None:
        if path != "idTagInfo.status":
            made(self, step, message, path, received, expected)

    monkeypatch.setattr(Checks, "_field", forgetful)
    found = judge(STATUS, ACCEPTED)
    assert (found.fate, found.reason) == ("survived", "")
    assert unexplained([found]) == [found]


def test_a_rule_that_is_gone_lets_a_mutant_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(EXTRA, ACCEPTED).fate == "killed"
    monkeypatch.setattr("harness.connection.RULES", tuple(rule for rule in RULES if rule.id != "OCPP16-6-02"))
    assert judge(EXTRA, ACCEPTED).fate == "survived"


def test_records_that_are_not_looked_at_let_a_mutant_survive(monkeypatch: pytest.MonkeyPatch) -> None:
    assert judge(TOLD, ACCEPTED).fate == "killed"

    async def blind(self: Records, *key: Any) -> None:
        """Looks at nothing."""

    monkeypatch.setattr(Records, "_compare", blind)
    found = judge(TOLD, ACCEPTED)
    assert found.fate != "killed"
    assert unexplained([found]) == [found]


def test_a_mutant_that_another_check_notices_first_is_misplaced() -> None:
    found = judge(replace(STATUS, meant=lambda check: check.path == "transactionId"), ACCEPTED)
    assert (found.fate, found.verdict) == ("misplaced", "fail")
    assert unexplained([found]) == [found]


def test_a_mutant_that_breaks_the_harness_is_no_kill(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(rules: Any, observed: Observed) -> Iterator[Any]:
        if observed.message.name == "Authorize.conf":
            raise ZeroDivisionError("a bug")
        yield from judged(rules, observed)

    monkeypatch.setattr("harness.connection.judge", broken)
    found = judge(STATUS, ACCEPTED)
    assert (found.fate, found.noticed) == ("crashed", "ZeroDivisionError: a bug")
    assert unexplained([found]) == [found]


@pytest.mark.parametrize("number", [1, 999])
def test_a_mutation_that_changes_nothing_is_not_applied(number: int) -> None:
    idle = replace(STATUS, tamper=lambda: OneFrame(number, lambda text: iter([(0, text)])))
    found = judge(idle, [Survivor(".*", ".*", ".*", "everything is fine")])
    assert (found.fate, found.reason) == ("not applied", "")
    assert unexplained([found]) == [found]


def test_an_extra_call_warns_and_fails_a_strict_run() -> None:
    for case in ("TC_003_CSMS", "TC_061_CSMS"):
        mutant = next(m for m in EVERY if m.case == case and m.how == "an extra CALL" and m.phase == "case")
        relaxed, strict = run_case(case, mutant.tamper()), run_case(case, mutant.tamper(), strict=True)
        assert (relaxed.verdict, relaxed.failed) == (Verdict.PASS, ())
        assert "unsolicited" in [check.rule for check in relaxed.warned]
        assert (strict.verdict, strict.failed[0].rule) == (Verdict.FAIL, "unsolicited")
        assert run_case(case, strict=True).verdict is Verdict.PASS


@pytest.mark.parametrize("survivor", ACCEPTED, ids=lambda survivor: f"{survivor.what} {survivor.path} {survivor.how}")
def test_an_accepted_survivor_is_well_formed_and_covers_something(survivor: Survivor) -> None:
    for pattern in (survivor.what, survivor.path, survivor.how, survivor.case, survivor.phase, survivor.detail):
        re.compile(pattern)
    assert re.fullmatch(r"\w.{30,}\.", survivor.reason)
    covered = [mutant for mutant in EVERY if survivor.covers(mutant)]
    assert 0 < len(covered) < len(EVERY) / 20
    assert not re.fullmatch(survivor.how, "withheld")


def test_accepted_survivors_are_told_apart_by_their_reasons() -> None:
    assert len({survivor.reason for survivor in ACCEPTED}) == len(ACCEPTED)


def found(case: str = "TC_1", fate: Any = "killed", reason: str = "") -> Found:
    return Found(case, "X.conf", "status", "dropped", "{}", "case", fate, "fail", "", reason)


TABLE = [
    found(),
    found(fate="warned"),
    found("TC_2", "survived", "Free text."),
    found("TC_2", "survived", "Free text."),
    found("TC_2", "misplaced"),
]
USED, IDLE = Survivor("X.conf", "status", "dropped", "Free text."), Survivor("Y.conf", "", "null", "Never.")


def test_the_page_tells_each_case_and_each_survivor() -> None:
    text = page(TABLE, [USED, IDLE])
    assert "5 mutants: 2 survived, 1 killed, 1 warned, 1 misplaced." in text
    assert "| TC_1 | 2 | 1 | 1 | 0 | 0 |\n| TC_2 | 3 | 0 | 0 | 2 | 1 |\n" in text
    assert "\n2: Free text.\n\n- TC_2 X.conf status dropped (2 times)\n" in text
    assert "## Without a reason\n\n- misplaced: TC_2 X.conf status dropped {}\n" in text
    assert text.endswith("## Reasons without a survivor\n\n- Never.\n")
    assert "##" not in page(TABLE[:4], [USED]).partition("## Survivors")[2]


@pytest.mark.parametrize(
    ("table", "accepted", "code", "said"),
    [
        (TABLE[:4], [USED], 0, "0 without an accepted reason"),
        (TABLE, [USED], 1, "misplaced: TC_2 X.conf status dropped {} -> fail"),
        (TABLE[:4], [USED, IDLE], 1, "survivors.toml: expected a survivor of Y.conf , received none"),
    ],
)
def test_the_command_fails_for_what_has_no_reason_and_for_a_reason_without_use(
    table: list[Found],
    accepted: list[Survivor],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(command, "survivors", lambda: accepted)
    assert command._told(table) == code
    assert said in capsys.readouterr().out


def test_a_survivor_is_unused_if_no_mutant_needed_its_reason() -> None:
    assert unused(TABLE, [USED, IDLE]) == [IDLE]
    assert unused(TABLE[:2], [USED]) == [USED]
