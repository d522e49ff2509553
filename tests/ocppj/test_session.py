"""The session: every cell of its state table in both directions, and what it says of each message."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any, get_args

import pytest

from ocppj.frames import Call, CallError, CallResult, Malformed
from ocppj.session import NEXT, REFUSED, Event, Fault, OpenCall, Session, State

REPEATED, ONE_AT_A_TIME = "OCPPJ-4.1.4-01", "OCPPJ-4.1.1-02"
ORPHAN, SECOND, LATE = "OCPPJ-4.1.4-02", "OCPPJ-4.1.1-03", "OCPPJ-4.1.1-07"
CALL, RESULT, ERROR = '[2,"1","Heartbeat",{}]', '[3,"1",{}]', '[4,"1","GenericError","",{}]'


def heartbeat(session: Session, unique_id: str = "1", *, force: bool = False) -> str:
    return session.call("Heartbeat", {}, now=1.0, unique_id=unique_id, force=force)


def open_(session: Session) -> None:
    heartbeat(session)


def answered(session: Session) -> None:
    heartbeat(session)
    session.receive(RESULT, now=2.0)


def expired(session: Session) -> None:
    heartbeat(session)
    session.expire("1")


OURS: dict[State, Callable[[Session], None]] = {
    "new": lambda session: None,
    "open": open_,
    "answered": answered,
    "expired": expired,
}


def test_every_cell_is_either_a_step_or_a_refusal() -> None:
    cells = set(itertools.product(get_args(State), get_args(Event)))
    assert NEXT.keys() | REFUSED.keys() == cells
    assert not NEXT.keys() & REFUSED.keys()
    assert set(NEXT.values()) == set(get_args(State)) - {"new"}


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("answer", [RESULT, ERROR, '[3,"1",[]]', '[4,"1"]', b'[3,"1",{}]'])
def test_answer_of_the_peer(state: State, answer: str | bytes) -> None:
    session = Session()
    OURS[state](session)
    received = session.receive(answer, now=3.0)
    expected = {"new": [ORPHAN], "open": [], "answered": [SECOND], "expired": [LATE]}[state]
    malformed = [received.frame.rule] if isinstance(received.frame, Malformed) else []
    assert [fault.rule for fault in received.faults] == malformed + expected
    assert received.answers == (OpenCall("1", "Heartbeat", {}, 1.0) if state == "open" else None)
    assert session.open_call is None
    again = session.receive(RESULT, now=4.0)
    assert [fault.rule for fault in again.faults] == [ORPHAN if state == "new" else SECOND]


@pytest.mark.parametrize("state", get_args(State))
def test_call_of_ours(state: State) -> None:
    session = Session()
    OURS[state](session)
    refusal = {
        "new": "",
        "open": "Heartbeat: expected after the answer to Heartbeat, received before it",
        "answered": "unique id '1': expected a new id, received that of an answered call",
        "expired": "unique id '1': expected a new id, received that of a call given up",
    }[state]
    if refusal:
        with pytest.raises(ValueError, match=refusal):
            session.call("Heartbeat", {}, now=1.0, unique_id="1")
    assert heartbeat(session, force=True) == CALL
    assert session.open_call == OpenCall("1", "Heartbeat", {}, 1.0)


@pytest.mark.parametrize("state", get_args(State))
def test_expire(state: State) -> None:
    session = Session()
    OURS[state](session)
    if state in ("open", "answered"):
        session.expire("1")
        assert session.open_call is None
        assert [fault.rule for fault in session.receive(RESULT, now=3.0).faults] == [
            LATE if state == "open" else SECOND
        ]
    else:
        with pytest.raises(ValueError, match="unique id '1': expected an open call, received"):
            session.expire("1")


def called(session: Session) -> None:
    session.receive(CALL, now=1.0)


def called_and_answered(session: Session) -> None:
    session.receive(CALL, now=1.0)
    session.result("1", {})


THEIRS: dict[State, Callable[[Session], None]] = {
    "new": lambda session: None,
    "open": called,
    "answered": called_and_answered,
}


@pytest.mark.parametrize("state", THEIRS)
@pytest.mark.parametrize("text", [CALL, '[2,"1"]', '[2,"1",7,{}]', b'[2,"1","Heartbeat",{}]'])
def test_call_of_the_peer(state: State, text: str | bytes) -> None:
    session = Session()
    THEIRS[state](session)
    received = session.receive(text, now=3.5)
    expected = {"new": [], "open": [ONE_AT_A_TIME, REPEATED], "answered": [REPEATED]}[state]
    malformed = [received.frame.rule] if isinstance(received.frame, Malformed) else []
    assert [fault.rule for fault in received.faults] == malformed + expected
    assert received.answers is None
    assert session.error("1", "GenericError") == ERROR


ANSWERS: list[tuple[Callable[..., str], tuple[Any, ...], str]] = [
    (Session.result, ("1", {}), RESULT),
    (Session.error, ("1", "GenericError"), ERROR),
    (Session.error, ("1", "X", "why", {"a": 1}), '[4,"1","X","why",{"a":1}]'),
]


@pytest.mark.parametrize("state", THEIRS)
@pytest.mark.parametrize(("answer", "arguments", "text"), ANSWERS)
def test_answer_of_ours(state: State, answer: Callable[..., str], arguments: tuple[Any, ...], text: str) -> None:
    session = Session()
    THEIRS[state](session)
    if state == "open":
        assert answer(session, *arguments) == text
        assert session.open_peer_calls == {}
    refusal = "an id never used for one" if state == "new" else "expected one answer, received a second one"
    with pytest.raises(ValueError, match=f"unique id '1': .*{refusal}"):
        answer(session, *arguments)
    assert answer(session, *arguments, force=True) == text


def test_faults_say_which_call_and_for_how_long() -> None:
    session = Session()
    session.receive('[2,"7","Heartbeat",{}]', now=10.0)
    received = session.receive(CALL, now=10.25)
    message = "call '1': expected after the answer to '7', open for 0.250 s, received before it"
    assert received.faults == (Fault(ONE_AT_A_TIME, message),)
    repeated = session.receive(CALL, now=10.5).faults[1]
    assert repeated.message == "unique id '1': expected a new id, received that of a call still open"


@pytest.mark.parametrize(
    "text", ["", "{}", "[2]", '[5,"1","Heartbeat",{}]', '[2.0,"1","Heartbeat",{}]', "[3,1,{}]", b""]
)
def test_what_has_no_id_or_no_type_changes_nothing(text: str | bytes) -> None:
    session = Session()
    heartbeat(session)
    received = session.receive(text, now=2.0)
    assert isinstance(received.frame, Malformed)
    assert received.faults == (Fault(received.frame.rule, received.frame.reason),)
    assert received.answers is None
    assert session.open_call == OpenCall("1", "Heartbeat", {}, 1.0)
    assert session.open_peer_calls == {}


def test_both_directions_have_their_own_ids() -> None:
    session = Session()
    heartbeat(session)
    received = session.receive(CALL, now=2.0)
    assert received.faults == ()
    assert session.open_peer_calls == {"1": Call("1", "Heartbeat", {}, CALL)}
    assert session.result("1", {}) == RESULT
    assert session.open_call is not None
    assert session.receive(RESULT, now=3.0).answers is not None


def test_only_well_formed_calls_of_the_peer_are_listed() -> None:
    session = Session()
    session.receive('[2,"0"]', now=1.0)
    called(session)
    session.receive('[2,"2","ClearCache",{}]', now=1.0)
    assert list(session.open_peer_calls) == ["1", "2"]


def test_forced_calls_are_each_owed_an_answer() -> None:
    session = Session()
    heartbeat(session)
    session.call("Heartbeat", {"n": 2}, now=2.0, unique_id="1", force=True)
    session.call("Authorize", {}, now=3.0, unique_id="2", force=True)
    assert session.open_call == OpenCall("1", "Heartbeat", {}, 1.0)
    for expected in (OpenCall("1", "Heartbeat", {}, 1.0), OpenCall("1", "Heartbeat", {"n": 2}, 2.0)):
        received = session.receive(ERROR, now=4.0)
        assert received == (CallError("1", "GenericError", "", {}, ERROR), expected, ())
    assert [fault.rule for fault in session.receive(RESULT, now=5.0).faults] == [SECOND]
    assert session.open_call == OpenCall("2", "Authorize", {}, 3.0)


def test_repeated_calls_of_the_peer_can_each_be_answered() -> None:
    session = Session()
    called(session)
    called(session)
    assert session.error("1", "GenericError") == ERROR
    assert session.open_peer_calls == {"1": Call("1", "Heartbeat", {}, CALL)}
    assert session.result("1", {}) == RESULT
    assert session.open_peer_calls == {}


def test_ids_are_new_guids_unless_told_otherwise() -> None:
    session = Session()
    ids = []
    for _ in range(3):
        ids.append(json.loads(session.call("Heartbeat", {}, now=0.0))[1])
        session.expire(ids[-1])
    assert len(set(ids)) == 3
    assert all(len(unique_id) == 36 for unique_id in ids)
    counted = Session(new_id=map(str, itertools.count(5)).__next__)
    assert counted.call("Heartbeat", {}, now=0.0) == '[2,"5","Heartbeat",{}]'
    assert counted.call("Heartbeat", {}, now=0.0, unique_id="", force=True) == '[2,"","Heartbeat",{}]'


@pytest.mark.parametrize(("remember", "remembered"), [(None, 5), (3, 3), (0, 0)])
def test_as_many_past_ids_are_remembered_as_asked(remember: int | None, remembered: int) -> None:
    session = Session(remember=remember)
    for number in range(5):
        heartbeat(session, str(number))
        session.receive(f'[3,"{number}",{{}}]', now=2.0)
        session.receive(f'[2,"{number}","Heartbeat",{{}}]', now=2.0)
        session.result(str(number), {})
    second = [session.receive(f'[3,"{number}",{{}}]', now=3.0).faults[0].rule == SECOND for number in range(5)]
    assert second == [False] * (5 - remembered) + [True] * remembered
    repeated = [bool(session.receive(f'[2,"{number}","Heartbeat",{{}}]', now=3.0).faults) for number in (4, 0)]
    assert repeated[0] is (remembered > 0)


def test_payload_that_is_not_json_opens_nothing() -> None:
    session = Session()
    with pytest.raises(TypeError):
        session.call("Heartbeat", {"a": {1}}, now=1.0, unique_id="1")
    assert heartbeat(session) == CALL
    called(session)
    with pytest.raises(TypeError):
        session.result("1", {"a": {1}})
    assert session.result("1", {}) == RESULT


def test_null_payload_is_an_answer() -> None:
    session = Session()
    heartbeat(session)
    received = session.receive('[3,"1",null]', now=2.0)
    assert received.frame == CallResult("1", {}, '[3,"1",null]')
    assert received.answers is not None
