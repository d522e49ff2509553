"""The journal: what is written comes back equal, and what is not whole is refused in one line that says why."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

import pytest

from harness.errors import UsageError
from harness.journal import FILE, Journal, load
from harness.results import CaseResult, Message, Run, Verdict
from tests.report.factory import STARTED, check, conversation, ended, every_ending, remote_start, run_of, write

HINT = "the journal was cut off; --cut-off reads it anyway"
OTHER = "read it with the version that wrote it"


def lines(folder: Path) -> list[str]:
    return (folder / FILE).read_text(encoding="utf-8").splitlines()


def rewrite(folder: Path, *texts: str) -> Path:
    path = folder / FILE
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


@pytest.mark.parametrize("run", [every_ending(), run_of(), run_of(remote_start(), strict=True, interrupted=True)])
def test_a_run_comes_back_equal(run: Run, tmp_path: Path) -> None:
    assert load(write(run, tmp_path)) == run


def test_the_file_itself_may_be_named(tmp_path: Path) -> None:
    run = run_of(remote_start())
    assert load(write(run, tmp_path) / FILE) == run


@pytest.mark.parametrize(
    "text", ["line\u2028end", "next\x85line", "lone \ud800 surrogate", "nul \0", "a\r\nb", "\x1c", "ü漢🙂"]
)
def test_any_text_of_the_other_side_comes_back(text: str, tmp_path: Path) -> None:
    messages = conversation(("received", "call", text, {text: text}))
    case = CaseResult("TC_1", "t", "Core", Verdict.FAIL, checks=(check(1, "m", "p", "x", text),), messages=messages)
    run = run_of(case)
    assert load(write(run, tmp_path)) == run


def test_values_that_json_does_not_know_are_written_as_words(tmp_path: Path) -> None:
    message = Message(1, 1, 1, STARTED, "sent", "call", "A", "1", MappingProxyType({"at": Path("x")}))
    case = CaseResult("TC_1", "t", "Core", Verdict.PASS, messages=(message,))
    assert load(write(run_of(case), tmp_path)).cases[0].messages[0].payload == {"at": "x"}


def test_every_line_is_on_disk_at_once(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / FILE)
    journal.run(run_of())
    journal.case("TC_1", "t", "Core", STARTED)
    assert [json.loads(line)["type"] for line in lines(tmp_path / "deep")] == ["run", "case"]
    journal.end(STARTED)


def test_an_existing_journal_is_never_overwritten(tmp_path: Path) -> None:
    write(run_of(), tmp_path)
    with pytest.raises(FileExistsError):
        Journal(tmp_path / FILE)


def test_received_frames_get_the_step_of_their_check(tmp_path: Path) -> None:
    steps = {message.n: message.step for message in load(write(run_of(remote_start()), tmp_path)).cases[0].messages}
    assert {n: step for n, step in steps.items() if step is not None} == {2: 2, 3: 3, 6: 6, 8: 8}


def test_a_journal_without_end_is_refused_unless_asked_for(tmp_path: Path) -> None:
    run = run_of(remote_start())
    write(run, tmp_path, end=False)
    with pytest.raises(UsageError) as refused:
        load(tmp_path)
    assert str(refused.value) == f"{tmp_path / FILE}: expected a last line of type 'end'; {HINT}"
    found = load(tmp_path, cut_off=True)
    assert not found.complete
    assert found.ended_utc == ""
    assert found.cases == run.cases


def test_a_case_without_verdict_is_inconclusive_but_keeps_its_evidence(tmp_path: Path) -> None:
    write(run_of(remote_start("Blocked")), tmp_path)
    rewrite(tmp_path, *[line for line in lines(tmp_path) if json.loads(line)["type"] not in ("verdict", "end")])
    case = load(tmp_path, cut_off=True).cases[0]
    assert (case.verdict, case.reason) == (Verdict.INCONCLUSIVE, "the journal ends inside this case")
    assert len(case.messages) == 8
    assert len(case.failed) == 1


@pytest.mark.parametrize("bytes_left", [1, 40, -20])
def test_a_line_cut_in_the_middle(bytes_left: int, tmp_path: Path) -> None:
    path = write(run_of(remote_start(), sut={"product": "ü" * 20}), tmp_path, end=False) / FILE
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    path.write_bytes(whole[: last + bytes_left] if bytes_left > 0 else whole[:bytes_left])
    with pytest.raises(UsageError, match=rf"{FILE}:\d+: expected a JSON object, received '.*'; {HINT}$"):
        load(tmp_path)
    assert load(tmp_path, cut_off=True).cases[0].verdict is Verdict.INCONCLUSIVE


def test_a_character_cut_in_the_middle(tmp_path: Path) -> None:
    path = write(run_of(ended("TC_1", Verdict.FAIL, "ü")), tmp_path, end=False) / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rfind("ü".encode()) + 1])
    with pytest.raises(UsageError, match=HINT):
        load(tmp_path)
    assert [case.case for case in load(tmp_path, cut_off=True).cases] == ["TC_1"]


def test_a_damaged_line_is_refused_even_when_a_cut_is_allowed(tmp_path: Path) -> None:
    texts = lines(write(run_of(remote_start()), tmp_path))
    path = rewrite(tmp_path, *texts[:3], "}{ nonsense", *texts[4:])
    with pytest.raises(UsageError) as refused:
        load(tmp_path, cut_off=True)
    assert str(refused.value) == f"{path}:4: expected a JSON object, received '}}{{ nonsense'; the file is damaged"


def head_and(*texts: str) -> tuple[str, ...]:
    return ('{"type": "run", "format": 1, "id": "r", "role": "csms", "started_utc": ""}', *texts)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ((), ": expected a journal, received no complete line"),
        (('{"type": "run", "format": 2}',), f":1: expected journal format 1, received 2; {OTHER}"),
        (('{"type": "run", "id": "r"}',), f":1: expected journal format 1, received None; {OTHER}"),
        (('{"type": "case"}',), ":1: expected one line of type 'run', the first, received 'case'"),
        (head_and(head_and()[0]), ":2: expected one line of type 'run', the first, received 'run'"),
        (head_and("[1, 2]"), ":2: expected a JSON object, received '[1, 2]'"),
        (
            head_and('{"type": "frame", "case": "TC_1"}'),
            ":2: expected a line of type case, message, check, verdict or end, received 'frame'",
        ),
        (
            head_and('{"case": "TC_1"}'),
            ":2: expected a line of type case, message, check, verdict or end, received None",
        ),
        (
            head_and('{"type": "check"}'),
            ":2: expected a complete line of type check, received a wrong or missing key ('case')",
        ),
        (
            head_and('{"type": "verdict", "case": "TC_1"}'),
            ":2: expected a complete line of type verdict, received a wrong or missing key ('TC_1')",
        ),
        (
            head_and(*['{"type": "case", "case": "TC_1", "title": "", "profile": "", "started_utc": ""}'] * 2),
            ":3: expected each case once, received TC_1 again",
        ),
        (
            head_and('{"type": "end", "ended_utc": "", "interrupted": false}', '{"type": "case", "case": "TC_1"}'),
            ":3: expected nothing after the line of type 'end', received 'case'",
        ),
        (
            head_and('{"type": "end"}'),
            ": expected a complete line of type run, case, verdict or end, "
            "received a wrong or missing key ('ended_utc')",
        ),
    ],
)  # fmt: skip
def test_what_is_refused(texts: tuple[str, ...], expected: str, tmp_path: Path) -> None:
    path = rewrite(tmp_path, *texts)
    with pytest.raises(UsageError) as refused:
        load(tmp_path)
    assert str(refused.value) == f"{path}{expected}"


def test_an_unknown_key_or_verdict_is_refused(tmp_path: Path) -> None:
    texts = lines(write(run_of(ended("TC_1", Verdict.PASS)), tmp_path))
    rewrite(tmp_path, *(text.replace('"verdict": "pass"', '"verdict": "fine"') for text in texts))
    with pytest.raises(UsageError, match="'fine' is not a valid Verdict"):
        load(tmp_path)
    rewrite(tmp_path, texts[0].replace('"id"', '"colour": 1, "id"'), *texts[1:])
    with pytest.raises(UsageError, match="colour"):
        load(tmp_path)


def test_no_journal_at_all(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        load(tmp_path)
    assert str(refused.value) == f"{tmp_path / FILE}: expected a readable journal, received no such file or directory"
