"""The text of a failure, letter by letter, and what it does with long, hostile and missing things."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.report.conversation import compact, conversation, failure_text, printable, received
from harness.results import CaseResult, Verdict
from tests.report.factory import check, ended, exchange, remote_start
from tests.report.factory import conversation as frames

FAILURE = """\
TC_010_CSMS FAIL — 1 of 4 checks failed

  step 6  Authorize.conf  idTagInfo.status
    expected  'Accepted'
    received  'Blocked'
    source    TC_010_CSMS step 6

  conversation so far (harness | system under test)
     1   0.000 s ──> StatusNotification.req      {"connectorId":1,"errorCode":"NoError","status":"Preparing"}
     2   0.002 s <── StatusNotification.conf     {}
     …
     5   0.008 s ──> Authorize.req               {"idTag":"CARD-OK"}
  ✗  6   0.010 s <── Authorize.conf              {"idTagInfo":{"status":"Blocked"}}
"""

EVERYTHING = """\
TC_9_CSMS FAIL — 2 of 3 checks failed

  preparation  step 1  A.conf
    expected  a A.conf within 30 s
    received  no answer
    source    TC_9_CSMS step 1
    hint      is the CSMS running?

  B.req  currentTime
    expected  a time in UTC
    received  17
    rule      OCPP16-3.14-01
    source    OCPP 1.6 §3.14
    note      dictated: the driver itself wrote this field into the request

  warnings
    B.req  unsolicited: expected nothing, received a B.req [dictated]

  unverifiable
    step 3  records.command  status  what the CSMS believes: expected 'Accepted', received not asked; add it

  known failure: fixed in 4.3

  conversation so far (harness | system under test)
     1   0.000 s ── connection 1 opened: subprotocol ocpp1.6
     2   0.002 s ──> A.req                       {}
     3   0.004 s ── waiting: the power is away: 2 s
     4   0.006 s ── connection 1 closed: code 1001
     5   0.008 s <── B CALLERROR                 [4,"9","InternalError","",{}]
  ✗  6   0.010 s <── B.req                       {}  (unsolicited)
"""


def test_a_failure_reads_like_this() -> None:
    assert failure_text(remote_start("Blocked")) == FAILURE


def test_everything_a_failure_can_tell() -> None:
    messages = frames(
        ("sent", "open", None, None, {"note": "subprotocol ocpp1.6"}),
        ("sent", "call", "A", {}),
        ("sent", "wait", None, None, {"note": "the power is away: 2 s"}),
        ("received", "close", None, None, {"note": "code 1001"}),
        ("received", "error", "B", {}, {"raw": '[4,"9","InternalError","",{}]'}),
        ("received", "call", "B", {}, {"unsolicited": True}),
    )
    first = check(1, "A.conf", "", "a A.conf within 30 s", "no answer", "fail", phase="preparation")
    rule = check("", "B.req", "currentTime", "a time in UTC", 17, "fail", rule="OCPP16-3.14-01", message_n=6)
    records = check(3, "records.command", "status", "'Accepted'", "not asked", "unverifiable", hint="add it")
    checks = (
        replace(first, hint="is the CSMS running?", source="TC_9_CSMS step 1"),
        replace(rule, source="OCPP 1.6 §3.14", dictated=True),
        check("", "B.req", "", "nothing", "a B.req", "warn", rule="unsolicited", dictated=True),
        replace(records, source="what the CSMS believes"),
    )
    result = CaseResult("TC_9_CSMS", "", "Core", Verdict.FAIL, "", checks=checks, messages=messages)
    assert failure_text(replace(result, known_failure="fixed in 4.3")) == EVERYTHING


@pytest.mark.parametrize(
    ("result", "first_line"),
    [
        (ended("TC_1", Verdict.INCONCLUSIVE, "no Reset"), "TC_1 INCONCLUSIVE — no Reset"),
        (ended("TC_1", Verdict.NOT_APPLICABLE, "not declared"), "TC_1 NOT APPLICABLE — not declared"),
        (ended("TC_1", Verdict.PASS), "TC_1 PASS"),
        (ended("TC_1", Verdict.FAIL, checks=(check(1, "m", "", "x", "y", "fail"),)), "TC_1 FAIL — 1 of 1 check failed"),
    ],
)
def test_the_headline_of_other_endings(result: CaseResult, first_line: str) -> None:
    assert failure_text(result).splitlines()[0] == first_line


def test_an_error_of_ours_comes_with_its_traceback() -> None:
    error = 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: boom\n'
    text = failure_text(ended("TC_1", Verdict.ERROR, "boom", error=error))
    assert text == f"TC_1 ERROR — boom\n\n  {error.rstrip().replace(chr(10), chr(10) + '  ')}\n"


def test_no_traceback_for_a_fault_of_the_system_under_test() -> None:
    assert "Traceback" not in failure_text(replace(remote_start("Blocked"), error="Traceback"))


def test_silence_shows_how_the_conversation_ended() -> None:
    messages = frames(*[frame for _ in range(10) for frame in exchange("Heartbeat", {}, {})])
    silence = check(9, "Reset.req", "", "a Reset.req within 30 s", "nothing", "fail")
    lines = list(conversation(messages, [silence]))
    assert [line.split()[0] for line in lines] == ["1", "2", "…", "17", "18", "19", "20"]


def test_the_call_of_a_late_answer_is_kept() -> None:
    beats = [frame for _ in range(5) for frame in exchange("Heartbeat", {}, {})]
    messages = frames(
        *beats[:4], ("sent", "call", "Authorize", {}), *beats[4:], ("received", "result", "Authorize", {})
    )
    lines = list(conversation(messages, [check(1, "Authorize.conf", "a", "x", "y", "fail", message_n=12)]))
    assert [line.split()[0] for line in lines] == ["1", "2", "…", "5", "…", "11", "✗"]


def test_findings_that_say_the_same_are_told_once() -> None:
    checks = tuple(check(6, "Authorize.conf", "p", "'a'", value, "fail") for value in "bcd")
    text = failure_text(ended("TC_1", Verdict.FAIL, checks=(*checks, check(7, "m", "p", "'a'", "b", "fail"))))
    assert text.count("expected  'a'") == 2
    assert text.count("(and 2 more like it)") == 1


def test_time_begins_with_the_first_frame_on_the_wire() -> None:
    messages = frames(("received", "call", "A", {}), ("sent", "call", "B", {}, {"at_ns": 6_999_000_000}))
    assert [line.split()[1] for line in conversation(messages)] == ["0.001", "0.000"]


def test_a_gap_of_one_is_shown() -> None:
    messages = frames(*exchange("A", {}, {}), *exchange("B", {}, {}), ("sent", "call", "C", {}))
    lines = list(conversation(messages, [check(1, "C.req", "a", "x", "y", "fail", message_n=5)]))
    assert len(lines) == 5


def test_all_of_it_without_checks() -> None:
    assert len(list(conversation(remote_start().messages))) == 8
    assert list(conversation(())) == []


def test_no_line_is_wider_than_asked() -> None:
    payload = {"key": ["k" * 50] * 200, "text": "t" * 5000, "deep": {"a": {"b": ["x" * 400]}}}
    messages = frames(
        ("received", "call", "N" * 3000, payload), ("received", "malformed", None, None, {"raw": "[" * 9000})
    )
    for width in (60, 100, 140):
        assert all(len(line) <= width for line in conversation(messages, width=width))


def test_long_values_are_shortened_where_they_are_long() -> None:
    payload = {"connectorId": 1, "data": "x" * 500, "values": [{"value": str(n)} for n in range(100)]}
    text = compact(payload, 200)
    assert text.startswith('{"connectorId":1,"data":"xxx')
    assert '… 97 more"]}' in text
    assert len(text) <= 200


@pytest.mark.parametrize(
    "hostile", ["\x1b[31mred", "\x9b2J", "right\u202eleft", "\ud800", "bell\a", "new\rline", "\u2028"]
)
def test_nothing_of_the_other_side_reaches_the_terminal_raw(hostile: str) -> None:
    messages = frames(
        ("received", "call", hostile, {hostile: hostile}), ("received", "close", None, None, {"note": hostile})
    )
    checks = tuple(check(1, hostile, path, hostile, hostile, "fail", hint=hostile) for path in ("", "p"))
    text = failure_text(ended("TC_1", Verdict.FAIL, hostile, messages=messages, checks=checks))
    assert hostile not in text
    assert text.replace("\n", "").isprintable()


def test_values_are_literals_and_words_are_words() -> None:
    assert received(check(1, "m", "path", "x", "Accepted")) == "'Accepted'"
    assert received(check(1, "m", "", "x", "no answer")) == "no answer"
    assert received(check(1, "m", "path", "x", None)) == "None"
    assert received(check(1, "m", "path", "x", "nothing")) == "nothing"
    assert received(check(1, "m", "path", "x", {"a": 1}, "unverifiable")) == "{'a': 1}"
    assert received(check(1, "m", "path", "x", "y" * 1000)).endswith("…")


def test_printable_leaves_ordinary_text_alone() -> None:
    value: Any = "Überladen 🙂\nzweite Zeile"
    assert printable(value) == value
