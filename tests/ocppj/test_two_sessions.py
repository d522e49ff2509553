"""Two sessions with a fake link between them: honest peers find no fault, a dishonest one is found out."""

from __future__ import annotations

import json
from collections import deque

from hypothesis import given, settings
from hypothesis import strategies as st

from ocppj.frames import Call, CallError, CallResult
from ocppj.session import Received, Session

STEPS = st.lists(
    st.tuples(st.sampled_from([0, 1]), st.sampled_from(["call", "deliver", "result", "error"])), max_size=60
)


class Link:
    """Two sides and the messages under way in each direction."""

    def __init__(self, remember: int | None = None) -> None:
        self.sides = (Session(remember=remember), Session(remember=remember))
        self.under_way: tuple[deque[str], deque[str]] = (deque(), deque())
        self.now = 0.0

    def send(self, sender: int, text: str) -> None:
        self.under_way[sender].append(text)

    def deliver(self, sender: int) -> Received:
        self.now += 1.0
        return self.sides[1 - sender].receive(self.under_way[sender].popleft(), now=self.now)


@settings(deadline=None, database=None, max_examples=100)
@given(STEPS, st.sampled_from([None, 0, 2]))
def test_honest_peers_find_no_fault(steps: list[tuple[int, str]], remember: int | None) -> None:
    link = Link(remember)
    calls, answers = 0, 0
    for side, step in steps:
        session = link.sides[side]
        if step == "call" and session.open_call is None:
            link.send(side, session.call("DataTransfer", {"vendorId": "v"}, now=link.now))
            calls += 1
        elif step == "deliver" and link.under_way[side]:
            received = link.deliver(side)
            assert received.faults == ()
            assert (received.answers is None) == isinstance(received.frame, Call)
            answers += received.answers is not None
        elif step in ("result", "error") and session.open_peer_calls:
            (unique_id,) = session.open_peer_calls
            answer = session.result(unique_id, {}) if step == "result" else session.error(unique_id, "GenericError")
            link.send(side, answer)
    assert 0 <= calls - answers <= 2
    assert sum(session.open_call is not None for session in link.sides) == calls - answers


def test_a_conversation() -> None:
    link = Link()
    station, csms = link.sides
    link.send(0, station.call("Heartbeat", {}, now=0.0))
    link.send(1, csms.call("Reset", {"type": "Soft"}, now=0.0))
    heartbeat, reset = link.deliver(0).frame, link.deliver(1).frame
    assert isinstance(heartbeat, Call)
    assert isinstance(reset, Call)
    link.send(1, csms.result(heartbeat.unique_id, {"currentTime": "2013-02-01T20:53:32Z"}))
    link.send(0, station.error(reset.unique_id, "NotSupported", "no reset"))
    beat, refusal = link.deliver(1), link.deliver(0)
    assert isinstance(beat.frame, CallResult)
    assert isinstance(refusal.frame, CallError)
    assert [beat.answers and beat.answers.action, refusal.answers and refusal.answers.action] == ["Heartbeat", "Reset"]
    assert beat.faults == refusal.faults == ()


def test_a_late_answer_does_not_answer_the_next_call() -> None:
    link = Link()
    station, csms = link.sides
    for _ in range(2):
        link.send(0, station.call("Heartbeat", {}, now=0.0))
        link.deliver(0)
        if station.open_call and len(csms.open_peer_calls) == 1:
            station.expire(station.open_call.unique_id)
    late, timely = csms.open_peer_calls
    link.send(1, csms.result(late, {}))
    link.send(1, csms.result(timely, {}))
    first, second = link.deliver(1), link.deliver(1)
    assert first.answers is None
    assert [fault.rule for fault in first.faults] == ["OCPPJ-4.1.1-07"]
    assert second.answers is not None
    assert second.answers.unique_id == timely
    assert second.faults == ()


def test_a_dishonest_peer_is_found_out() -> None:
    link = Link()
    cheat, _ = link.sides
    link.send(0, cheat.call("Heartbeat", {}, now=0.0, unique_id="1"))
    link.send(0, cheat.call("Heartbeat", {}, now=0.0, unique_id="1", force=True))
    link.send(0, cheat.result("9", {}, force=True))
    link.send(0, json.dumps([2, "x" * 37, "Heartbeat", {}]))
    rules = [[fault.rule for fault in link.deliver(0).faults] for _ in range(4)]
    assert rules == [
        [],
        ["OCPPJ-4.1.1-02", "OCPPJ-4.1.4-01"],
        ["OCPPJ-4.1.4-02"],
        ["OCPPJ-4.1.4-03", "OCPPJ-4.1.1-02"],
    ]
