"""The sequence diagram: what it draws, how it marks it, and that nothing in it can break out."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

from harness.report.svg import sequence
from harness.results import CaseResult, Verdict
from tests.report.factory import check, conversation, ended, exchange, remote_start

SVG = "{http://www.w3.org/2000/svg}"


def drawn(result: CaseResult) -> ET.Element:
    return ET.fromstring(sequence(result))


def arrows(svg: ET.Element) -> list[tuple[str, str]]:
    return [(group.get("class", ""), group.findtext(f"{SVG}text") or "") for group in svg.iter(f"{SVG}g")]


def test_one_arrow_per_frame_and_the_failing_one_is_marked() -> None:
    svg = drawn(remote_start("Blocked"))
    assert arrows(svg)[4:6] == [("", "Authorize.req"), ("fail", "Authorize.conf")]
    assert len(arrows(svg)) == 8


def test_arrows_point_to_the_receiver() -> None:
    heads = [path.get("d", "") for path in drawn(remote_start()).iter(f"{SVG}path")]
    assert [head.split()[0] for head in heads[:4]] == ["M424", "M96", "M96", "M424"]


def test_it_can_be_read_aloud_and_fits_any_width() -> None:
    svg = drawn(remote_start())
    assert svg.findtext(f"{SVG}title") == "Sequence diagram of TC_010_CSMS"
    assert "8 frames" in (svg.findtext(f"{SVG}desc") or "")
    ids = {element.get("id") for element in svg.iter() if element.get("id")}
    assert set((svg.get("aria-labelledby") or "").split()) == ids
    assert (svg.get("role"), svg.get("width")) == ("img", "100%")
    assert "prefers-color-scheme:dark" in sequence(remote_start())


def test_phases_reconnections_pauses_and_unsolicited_frames_show() -> None:
    messages = conversation(
        ("sent", "open", None, None, {"phase": "preparation"}),
        *exchange("BootNotification", {}, {}, phase="preparation"),
        ("received", "close", None, None, {"note": "code 1001"}),
        ("sent", "wait", None, None, {"note": "the power is away: 2 s"}),
        ("sent", "open", None, None, {"connection": 2}),
        ("received", "call", "GetConfiguration", {}, {"unsolicited": True}),
        ("sent", "result", "GetConfiguration", {}, {"phase": "cleanup"}),
    )
    svg = drawn(ended("TC_1", Verdict.PASS, messages=messages))
    texts = [text.text for text in svg.iter(f"{SVG}text")]
    order = [
        "preparation",
        "connection 1 opened",
        "test case",
        "connection 1 closed: code 1001",
        "waiting: the power is away: 2 s",
    ]
    assert [text for text in texts if text in order] == order
    assert "clean-up" in texts
    assert ("unsolicited", "GetConfiguration.req") in arrows(svg)
    assert len([line for line in svg.iter(f"{SVG}line") if line.get("class") == "gone"]) == 4


def test_a_warning_is_marked_and_a_failure_weighs_more() -> None:
    warned, failed = (check(1, "m", "p", "x", "y", outcome, message_n=2) for outcome in ("warn", "fail"))
    case = remote_start()
    assert arrows(drawn(replace(case, checks=(warned,))))[1][0] == "warn"
    assert arrows(drawn(replace(case, checks=(failed, warned))))[1][0] == "fail"


def test_hostile_names_stay_text() -> None:
    name = '"><script>alert(1)</script>\x00\ud800'
    messages = conversation(("received", "call", name, {name: name}, {"note": name, "step": name}))
    result = ended(name, Verdict.FAIL, messages=messages)
    assert "<script" not in sequence(result)
    assert drawn(result).find(f".//{SVG}script") is None


def test_a_very_long_conversation_loses_its_middle_but_not_what_failed() -> None:
    messages = conversation(*[frame for _ in range(1000) for frame in exchange("Heartbeat", {}, {})])
    failed = check(1, "Heartbeat.conf", "p", "x", "y", "fail", message_n=1000)
    found = arrows(drawn(ended("TC_1", Verdict.FAIL, messages=messages, checks=(failed,))))
    assert len(found) == 405
    assert [mark for mark, _ in found].count("fail") == 1


def test_no_messages_at_all() -> None:
    assert arrows(drawn(ended("TC_1", Verdict.PASS))) == []
