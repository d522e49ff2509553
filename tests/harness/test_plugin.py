"""The pytest plugin: selection, order, verdicts, exit codes and the journal, with pages of our own and no network."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from harness import report, runs
from harness.config import KnownFailure, Settings
from harness.execution import RunContext
from harness.journal import FILE, Journal, load
from harness.refusal import NotConnected
from harness.results import Run, Verdict
from harness.runs import RunSession
from tests.harness.scripted import Driver, Stage, nothing
from tests.subjects.world import ENVIRONMENT

CONFTEST = """
import pytest_asyncio
from harness.plugin import open_scope

@pytest_asyncio.fixture
async def scope(request):
    scope = open_scope(request.node)
    yield scope
    await scope.close()
"""
PAGES = {
    "passes": "scope.station.check(1, 'x', 1, 1)",
    "fails": "scope.station.check(1, 'x', 1, 2)",
    "fails and goes on": "scope.station.check(1, 'x', 1, 2); scope.station.check(2, 'y', 1, 1)",
    "warns": "scope.station._note(1, '', 'x', 'a', 'b', 'warn')",
    "is inconclusive": "raise Inconclusive('not reached')",
    "breaks": "raise ValueError('boom')",
    "has no check": "pass",
    "has a driver that fails": "raise OperatorError('reset: refused')",
    "is aborted": "raise Aborted('stopped by the operator')",
    "is interrupted": "raise KeyboardInterrupt",
    "leaves badly": "scope.station.check(1, 'x', 1, 1); scope.station.leaves = lambda: leave(scope)",
    "cannot be left": "scope.station.check(1, 'x', 1, 1); scope.station.leaves = lambda: wreck()",
}
HEAD = """
import pytest
from harness.errors import *
from harness.results import Check

async def leave(scope):
    scope.evidence.phase = "cleanup"
    scope.evidence.check(Check("", "connection", "", "open", "lost", "fail", "shall", rule="connection"))

async def wreck():
    raise ValueError("cannot be left")
"""
IDS = [f"TC_{number}_CSMS" for number in ("003", "007", "061", "023_1", "010", "012", "013", "014", "001", "064")]


class Bench:
    """Runs pages under the plugin against a system that exists on paper only."""

    def __init__(self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
        self._pytester = pytester
        self.settings = Settings(ENVIRONMENT)
        self.refusal: Exception | None = None
        self.ended = 0
        self.made: list[Path] = []
        bench = self

        def start(run: RunSession, stack: ExitStack) -> None:
            stack.callback(bench._end)
            if bench.refusal is not None:
                raise bench.refusal
            run._settings = bench.settings
            run.context = RunContext(bench.settings, Stage(), lambda: Driver(nothing), lambda: None, lambda *key: None)
            run.folder = runs._new_folder(run.folder)
            run.context.journal = Journal(run.folder / FILE)
            run.context.journal.run(run._head())
            run.started = True

        monkeypatch.setattr(RunSession, "start", start)
        monkeypatch.setattr(report, "make", self.made.append)
        pytester.makeconftest(CONFTEST)

    def _end(self) -> None:
        self.ended += 1

    def pages(self, *bodies: str) -> None:
        """One page for each of these, under the ids in their order."""
        texts = [
            f"@pytest.mark.case({id!r})\n@pytest.mark.asyncio\nasync def test_{number}(scope):\n    {PAGES[body]}\n"
            for number, (id, body) in enumerate(zip(IDS, bodies, strict=False))
        ]
        self._pytester.makepyfile(test_pages=HEAD + "\n".join(texts))

    def run(self, *arguments: str) -> pytest.RunResult:
        """What pytest makes of it."""
        plain = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-W", "ignore")
        return self._pytester.runpytest_inprocess(*plain, *arguments, no_reraise_ctrlc=True)

    @property
    def journal(self) -> Run:
        """The journal of the only run."""
        (folder,) = (self._pytester.path / "reports").iterdir()
        return load(folder)

    @property
    def folders(self) -> list[Path]:
        return list((self._pytester.path / "reports").glob("*"))


@pytest.fixture
def bench(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Bench:
    return Bench(pytester, monkeypatch)


def test_a_session_without_cases_is_left_alone(bench: Bench, pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_b(): pass\ndef test_a(): assert False")
    result = bench.run("--shuffle", "--case", "Nonsense")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 1
    assert (bench.folders, bench.ended, bench.made) == ([], 0, [])
    result.stdout.no_fnmatch_line("*report: *")


ALL = {
    "passes": ("passed", Verdict.PASS),
    "warns": ("passed", Verdict.PASS),
    "fails": ("failed", Verdict.FAIL),
    "fails and goes on": ("failed", Verdict.FAIL),
    "is inconclusive": ("failed", Verdict.INCONCLUSIVE),
    "breaks": ("failed", Verdict.ERROR),
    "has a driver that fails": ("failed", Verdict.ERROR),
    "has no check": ("failed", Verdict.ERROR),
    "leaves badly": ("failed", Verdict.FAIL),
    "cannot be left": ("failed", Verdict.ERROR),
}


def test_each_page_gets_its_verdict(bench: Bench) -> None:
    bench.pages(*ALL)
    result = bench.run("--tb=native")
    run = bench.journal
    assert [case.verdict for case in run.cases] == [verdict for _, verdict in ALL.values()]
    assert [case.case for case in run.cases] == IDS
    assert [case.case for case in run.cases if "Traceback" in case.error] == [IDS[5], IDS[9]]
    assert len(run.cases[3].checks) == 2
    assert (run.complete, run.interrupted, result.ret) == (True, False, 2)
    assert (bench.ended, len(bench.made)) == (1, 1)
    # A page that fails while it is left has passed before, and counts twice for pytest.
    result.assert_outcomes(passed=2 + 3, failed=5, errors=3)


def test_a_fault_of_the_system_has_no_traceback(bench: Bench) -> None:
    bench.pages("fails", "is inconclusive", "has a driver that fails", "has no check")
    result = bench.run()
    result.stdout.fnmatch_lines(["TC_003_CSMS FAIL*1 of 1 check*", "*report: *report.html"])
    for line in ("*Traceback*", "*harness/*.py:*", "*CaseFailed*", "*test_pages.py:[0-9]*"):
        result.stdout.no_fnmatch_line(line)


def test_a_run_in_which_all_is_well_ends_with_0(bench: Bench) -> None:
    bench.pages("passes", "warns")
    result = bench.run()
    result.assert_outcomes(passed=2)
    assert result.ret == 0


def test_a_person_may_stop_the_run(bench: Bench) -> None:
    bench.pages("passes", "is aborted", "passes")
    result = bench.run()
    run = bench.journal
    assert [(case.verdict, case.reason) for case in run.cases[1:]] == [
        (Verdict.INCONCLUSIVE, "stopped by the operator"),
    ]
    assert (run.complete, run.interrupted, result.ret) == (True, True, 2)
    assert (bench.ended, len(bench.made)) == (1, 1)


def test_an_interrupted_run_leaves_a_journal_that_says_so(bench: Bench) -> None:
    bench.pages("passes", "is interrupted", "passes")
    result = bench.run()
    run = bench.journal
    assert [(case.verdict, case.reason) for case in run.cases] == [
        (Verdict.PASS, ""),
        (Verdict.INCONCLUSIVE, "interrupted"),
    ]
    assert (run.complete, run.interrupted, result.ret) == (True, True, 2)
    assert (bench.ended, len(bench.made)) == (1, 1)


def test_only_what_was_asked_for_runs_and_other_tests_of_the_session(bench: Bench, pytester: pytest.Pytester) -> None:
    bench.pages("passes", "fails", "fails")
    pytester.makepyfile(test_more="def test_more(): pass")
    result = bench.run("--case", "TC_061_CSMS", "--case", "TC_003_CSMS", "--profile", "Core")
    result.assert_outcomes(passed=2, failed=1, deselected=1)
    assert [str(case.verdict) for case in bench.journal.cases] == ["pass", "fail"]
    assert [case.case for case in bench.journal.cases] == ["TC_003_CSMS", "TC_061_CSMS"]
    assert result.ret == 1


def test_a_wrong_option_is_one_line_and_exit_code_2(bench: Bench) -> None:
    bench.pages("passes")
    result = bench.run("--case", "TC_3_CSMS")
    assert (result.ret, bench.folders, bench.ended) == (2, [], 0)
    result.stdout.fnmatch_lines(["*--case TC_3_CSMS: expected a case id, *; did you mean TC_*"])
    result.stdout.no_fnmatch_line("*Traceback*")


def test_looking_at_the_collection_starts_nothing(bench: Bench) -> None:
    bench.pages("passes")
    assert bench.run("--collect-only").ret == 0
    assert (bench.folders, bench.ended) == ([], 0)


def test_a_shuffled_run_says_how_to_have_its_order_again(bench: Bench) -> None:
    def order(*arguments: str) -> tuple[list[str], int]:
        assert bench.run(*arguments).ret == 0
        run = load(bench.made[-1])
        return [case.case for case in run.cases], run.environment.get("seed", -1)

    bench.pages(*["passes"] * 10)
    first, seed = order("--shuffle")
    again, same = order("--shuffle", str(seed))
    other, _ = order("--shuffle", str(seed + 1))
    assert (first, seed) == (again, same)
    assert sorted(first) == sorted(other) == sorted(IDS)
    assert len({tuple(first), tuple(other), tuple(IDS)}) == 3
    assert seed > 0


def test_what_cannot_be_tested_is_left_out_with_its_reason(bench: Bench) -> None:
    cards = {status: tag for status, tag in ENVIRONMENT.cards.items() if status != "Invalid"}
    bench.settings = replace(bench.settings, environment=replace(ENVIRONMENT, cards=cards))
    bench.pages("passes", "passes", "passes", "breaks")
    result = bench.run()
    result.assert_outcomes(passed=3, skipped=1)
    left_out = bench.journal.cases[3]
    assert (left_out.case, left_out.verdict) == ("TC_023_1_CSMS", Verdict.NOT_TESTED)
    assert left_out.reason == "[environment.cards] has no Invalid card"
    assert (left_out.checks, left_out.error, result.ret) == ((), "", 1)


def test_a_known_failure_excuses_an_answer_and_nothing_else(bench: Bench) -> None:
    pages = ["fails", "passes", "is inconclusive", "breaks", "has a driver that fails"]
    known = tuple(KnownFailure(id, f"tracked as {number}") for number, id in enumerate(IDS))
    bench.settings = replace(bench.settings, known_failures=known[: len(pages)])
    bench.pages(*pages, "passes")
    result = bench.run("-rx")
    result.assert_outcomes(passed=1, xfailed=1, failed=4)
    assert [case.verdict for case in bench.journal.cases] == [*(ALL[page][1] for page in pages), Verdict.PASS]
    assert [case.known_failure for case in bench.journal.cases] == [*(k.reason for k in known[: len(pages)]), ""]
    result.stdout.fnmatch_lines(["*passes although it is listed as a known failure: tracked as 1"])
    result.stdout.fnmatch_lines(["XFAIL*tracked as 0*"])


def test_a_system_that_cannot_be_tested_is_one_line_and_exit_code_2(bench: Bench) -> None:
    bench.refusal = NotConnected("ws://x: expected a server, received nothing", "unreachable")
    bench.pages("passes", "passes")
    result = bench.run()
    assert (result.ret, bench.folders, bench.ended) == (2, [], 1)
    result.stdout.fnmatch_lines([f"*{bench.refusal}*"])
    result.stdout.no_fnmatch_line("*Traceback*")
