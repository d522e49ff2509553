"""A run before and after its cases: what was asked for, and the exit code that follows from the verdicts."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.results import CaseResult, Verdict
from harness.runs import RunSession, Selection, _new_folder

PASS, FAIL, ERROR = Verdict.PASS, Verdict.FAIL, Verdict.ERROR
INCONCLUSIVE, LEFT_OUT, NOT_CLAIMED = Verdict.INCONCLUSIVE, Verdict.NOT_TESTED, Verdict.NOT_APPLICABLE

CODES: list[tuple[list[Verdict], list[Verdict], int]] = [
    ([], [], 2),
    ([PASS], [], 0),
    ([PASS, NOT_CLAIMED], [], 0),
    ([NOT_CLAIMED], [], 0),
    ([PASS, LEFT_OUT], [], 1),
    ([PASS, INCONCLUSIVE], [], 1),
    ([PASS, FAIL], [], 1),
    ([FAIL, ERROR], [], 2),
    ([PASS, ERROR], [], 2),
    ([PASS], [FAIL], 0),
    ([PASS], [FAIL, FAIL], 0),
    ([FAIL], [FAIL], 1),
    ([PASS], [PASS], 1),
    ([PASS], [INCONCLUSIVE], 1),
    ([PASS], [LEFT_OUT], 1),
    ([PASS], [NOT_CLAIMED], 0),
    ([PASS], [ERROR], 2),
]


@pytest.mark.parametrize(("verdicts", "known", "code"), CODES)
def test_the_exit_code_follows_from_the_verdicts_and_the_known_failures(
    verdicts: list[Verdict], known: list[Verdict], code: int, tmp_path: Path
) -> None:
    run = RunSession(None, tmp_path, Selection())
    run.results = [CaseResult("TC", "t", "Core", verdict) for verdict in verdicts]
    run.results += [CaseResult("TC", "t", "Core", verdict, known_failure="tracked") for verdict in known]
    assert run.exit_code() == code


def test_a_selection_takes_what_was_asked_for(tmp_path: Path) -> None:
    def taken(*cases: str, profiles: tuple[str, ...] = ()) -> list[str]:
        run = RunSession(None, tmp_path, Selection(cases, profiles))
        return [case for case in ("TC_001_CSMS", "TC_003_CSMS") if run.selects(case)]

    assert taken() == taken(profiles=("Core",)) == ["TC_001_CSMS", "TC_003_CSMS"]
    assert taken("TC_003_CSMS") == taken("TC_003_CSMS", "TC_064_CSMS", profiles=("Core",)) == ["TC_003_CSMS"]


def test_a_name_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^--case TC_3_CSMS: expected a case id, .*; did you mean TC_"):
        Selection(("TC_001_CSMS", "TC_3_CSMS"))
    with pytest.raises(UsageError, match=r"^--profile Bore: expected .*Core"):
        Selection(profiles=("Core", "Bore"))
    with pytest.raises(UsageError, match=r"^TC_X: expected a case of the catalogue"):
        RunSession(None, tmp_path, Selection()).selects("TC_X")
    with pytest.raises(UsageError, match=r"no\.toml: expected a settings file, received nothing"):
        RunSession(str(tmp_path / "no.toml"), tmp_path, Selection())


def test_each_run_has_a_folder_of_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "run"
    assert [_new_folder(folder).name for _ in range(3)] == ["run", "run-2", "run-3"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["run", "run-2", "run-3"]
