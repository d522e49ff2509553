"""The passive rules: each has been seen finding exactly its own fault, and letting the nearest good frame through."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from harness.evidence import Evidence
from harness.results import Check
from harness.rules import RULES, Observed, judge
from harness.rules.frames import FRAME_RULES
from harness.rules.observed import Memory, Rule
from harness.rules.payloads import PAYLOAD_RULES
from ocppj import frames, session
from ocppj.frames import Malformed
from ocppj.session import Received, Session

NOW = "2026-03-01T12:00:00Z"
START = {"connectorId": 1, "idTag": "A", "meterStart": 0, "timestamp": NOW}
STARTED = {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}


CORE_RULES = (*FRAME_RULES, *PAYLOAD_RULES)
"""What concerns every frame; the rules of each other profile have tests of their own."""


class Scene:
    """Our side of a connection: what we called, what came, and what the rules say of the last frame."""

    def __init__(self, from_csms: bool = True) -> None:
        self.session, self.memory, self.from_csms = Session(), Memory(), from_csms
        self.calls = 0

    def calling(self, action: str, payload: dict[str, Any] | None = None) -> Scene:
        """We call, under the ids 1, 2 and so on."""
        self.calls += 1
        self.session.call(action, payload or {}, now=0, unique_id=str(self.calls))
        return self

    def heard(self, *texts: str | bytes) -> Scene:
        """These came before."""
        for text in texts:
            self.observed(text)
        return self

    def answered(self, unique_id: str) -> Scene:
        """We answer a call of the other side."""
        self.session.result(unique_id, {})
        return self

    def given_up(self) -> Scene:
        """We no longer wait for our last call."""
        self.session.expire(str(self.calls))
        return self

    def received(self, text: str | bytes) -> tuple[Received, Observed]:
        received = self.session.receive(text, now=1)
        message = Evidence("TC").message("received", "call", connection=1, at_ns=0, action="A")
        return received, Observed(received, message, self.memory, self.from_csms)

    def observed(self, text: str | bytes) -> list[Check]:
        """What all rules say of this frame."""
        return list(judge(RULES, self.received(text)[1]))


def calling(action: str, payload: dict[str, Any] | None = None) -> Callable[[], Scene]:
    return lambda: Scene().calling(action, payload)


def result(payload: Any, unique_id: str = "1") -> str:
    return json.dumps([3, unique_id, payload])


def reset(unique_id: str = "c", more: dict[str, Any] | None = None) -> str:
    return json.dumps([2, unique_id, "Reset", {"type": "Hard", **(more or {})}])


def boot(interval: int = 30, at: str = NOW) -> dict[str, Any]:
    return {"status": "Accepted", "interval": interval, "currentTime": at}


def two_starts(second: dict[str, Any]) -> Callable[[], Scene]:
    """A transaction has been started, and one more is asked for."""
    return lambda: (
        Scene().calling("StartTransaction", START).heard(result(STARTED)).calling("StartTransaction", START | second)
    )


def two_beats() -> Scene:
    return Scene().calling("Heartbeat").heard(result({"currentTime": NOW})).calling("Heartbeat")


HEARTBEAT = calling("Heartbeat")
AUTHORIZE = calling("Authorize", {"idTag": "A"})
BOOT = calling("BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"})
DATA = calling("DataTransfer", {"vendorId": "V"})


class Seen(NamedTuple):
    """A rule, where it is broken, what breaks it, and the nearest that does not."""

    id: str
    scene: Callable[[], Scene]
    bad: str | bytes
    good: str | bytes
    path: str = ""


TABLE = [
    Seen("OCPPJ-4.1.2-01", Scene, reset()[:-1], reset()),
    Seen("OCPPJ-4.1.2-01", Scene, reset().encode(), reset()),
    Seen("OCPPJ-4.1.2-01", Scene, b"\xff", reset()),
    Seen("OCPPJ-4.1.3-01", Scene, "{}", reset()),
    Seen("OCPPJ-4.1.3-01", Scene, "[5]", reset()),
    Seen("OCPPJ-4.1.3-01", Scene, '["2","c","Reset",{"type":"Hard"}]', reset()),
    Seen("OCPPJ-4.1.4-03", Scene, reset("x" * 37), reset("x" * 36)),
    Seen("OCPPJ-4.1.4-04", Scene, '[2,7,"Reset",{"type":"Hard"}]', reset("7")),
    Seen("OCPPJ-4.2.1-01", Scene, '[2,"c","Reset"]', reset()),
    Seen("OCPPJ-4.2.1-01", Scene, '[2,"c","Reset",{"type":"Hard"},0]', reset()),
    Seen("OCPPJ-4.2.1-02", Scene, '[2,"c",1,{}]', reset()),
    Seen("OCPPJ-4.2.1-03", Scene, '[2,"c","Reset",[]]', reset()),
    Seen("OCPPJ-4.2.2-01", HEARTBEAT, '[3,"1"]', result({"currentTime": NOW})),
    Seen("OCPPJ-4.2.2-04", HEARTBEAT, '[3,"1","x"]', result({"currentTime": NOW})),
    Seen("OCPPJ-4.2.3-02", HEARTBEAT, '[4,"1","GenericError",""]', '[4,"1","GenericError","",{}]'),
    Seen("OCPPJ-4.2.3-03", HEARTBEAT, '[4,"1",1,"",{}]', '[4,"1","GenericError","",{}]'),
    Seen("OCPPJ-4.2.3-03", HEARTBEAT, '[4,"1","Nonsense","",{}]', '[4,"1","SecurityError","",{}]', "errorCode"),
    Seen("OCPPJ-4.2.3-04", HEARTBEAT, '[4,"1","GenericError",null,{}]', '[4,"1","GenericError","",{}]'),
    Seen("OCPPJ-4.2.3-05", HEARTBEAT, '[4,"1","GenericError","",null]', '[4,"1","GenericError","",{}]'),
    Seen(
        "ERRJ-5.1-01",
        HEARTBEAT,
        '[4,"1","OccurrenceConstraintViolation","",{}]',
        '[4,"1","OccurenceConstraintViolation","",{}]',
        "errorCode",
    ),
    Seen(
        "ERRJ-5.1-01", HEARTBEAT, '[4,"1","FormatViolation","",{}]', '[4,"1","FormationViolation","",{}]', "errorCode"
    ),
    Seen("OCPPJ-4.1.1-02", lambda: HEARTBEAT().heard(reset("b")), reset(), result({"currentTime": NOW})),
    Seen("OCPPJ-4.1.1-03", lambda: HEARTBEAT().heard(result({"currentTime": NOW})), result({}), reset()),
    Seen("OCPPJ-4.1.1-07", lambda: HEARTBEAT().given_up(), result({"currentTime": NOW}), reset()),
    Seen("OCPPJ-4.1.4-01", lambda: Scene().heard(reset()).answered("c"), reset(), reset("d")),
    Seen("OCPPJ-4.1.4-02", HEARTBEAT, result({"currentTime": NOW}, "2"), result({"currentTime": NOW})),
    Seen("OCPPJ-4.2.1-04", Scene, '[2,"c","ClearCache",null]', '[2,"c","ClearCache",{}]'),
    Seen("OCPPJ-4.2.1-04", calling("StatusNotification"), '[3,"1",null ] ', '[3,"1",{}]'),
    Seen("OCPP16-5.6-01", Scene, '[2,"c","Nonsense",{}]', reset(), "action"),
    Seen("OCPP16-5.6-01", Scene, '[2,"c","Heartbeat",{}]', '[2,"c","ClearCache",{}]', "action"),
    Seen("OCPP16-5.6-01", lambda: Scene(from_csms=False), reset(), '[2,"c","Heartbeat",{}]', "action"),
    Seen("RFC8259-4", Scene, '[2,"c","Reset",{"type":"Hard","type":"Hard"}]', reset(), "[3].type"),
    Seen("OCPP16-6-02", Scene, reset(more={"extra": 1}), reset(), "extra"),
    Seen("OCPP16-6-02", Scene, reset(more={"vendor-field": 1}), reset(), "['vendor-field']"),
    Seen("OCPP16-6-02", HEARTBEAT, result({}), result({"currentTime": NOW}), "currentTime"),
    Seen("OCPP16-6-02", Scene, reset(more={"type": "hard"}), reset(more={"type": "Soft"}), "type"),
    Seen(
        "OCPP16-2.2-01",
        Scene,
        '[2,"c","ChangeConfiguration",{"key":"k","value":"ä"}]',
        '[2,"c","ChangeConfiguration",{"key":"k","value":"a"}]',
        "value",
    ),
    Seen(
        "OCPP16-3.14-01",
        HEARTBEAT,
        result({"currentTime": "2026-03-01T13:00:00+01:00"}),
        result({"currentTime": "2026-03-01T12:00:00+00:00"}),
        "currentTime",
    ),
    Seen(
        "OCPP16-4.3-07",
        DATA,
        result({"status": "UnknownVendorId", "data": ""}),
        result({"status": "Accepted", "data": ""}),
        "data",
    ),
    Seen("OCPP16-6.4-01", BOOT, result(boot(-1)), result(boot(0)), "interval"),
    Seen(
        "OCPP16-4.6-03",
        two_beats,
        result({"currentTime": "2026-03-01T11:59:59.999Z"}, "2"),
        result({"currentTime": NOW}, "2"),
        "currentTime",
    ),
    Seen(
        "OCPP16-4.6-03",
        lambda: BOOT().heard(result(boot())).calling("Heartbeat"),
        result({"currentTime": "2026-03-01T11:59:59Z"}, "2"),
        result({"currentTime": "2026-03-01T12:00:01Z"}, "2"),
        "currentTime",
    ),
    Seen(
        "ERR4-3.54-01",
        two_starts({"meterStart": 1}),
        result(STARTED, "2"),
        result(STARTED | {"transactionId": 8}, "2"),
        "transactionId",
    ),
    Seen(
        "OCPP16-7.2-01",
        AUTHORIZE,
        result({"idTagInfo": {"status": "ConcurrentTx"}}),
        result({"idTagInfo": {"status": "Blocked"}}),
        "idTagInfo.status",
    ),
]


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: f"{seen.id} {seen.bad[:40]!r}")
def test_a_rule_finds_exactly_its_own_fault(seen: Seen) -> None:
    found = seen.scene().observed(seen.bad)
    assert [(check.rule, check.path) for check in found] == [(seen.id, seen.path)]
    assert found[0].outcome == "fail"
    assert found[0].expected


@pytest.mark.parametrize("seen", TABLE, ids=lambda seen: f"{seen.id} {seen.good[:40]!r}")
def test_the_nearest_good_frame_is_left_alone(seen: Seen) -> None:
    assert seen.scene().observed(seen.good) == []


def test_every_rule_has_been_seen_finding_something() -> None:
    seen: set[int] = set()
    for row in TABLE:
        observed = row.scene().received(row.bad)[1]
        seen |= {id(rule) for rule in RULES if list(rule.find(observed))}
    assert [rule.id for rule in CORE_RULES if id(rule) not in seen] == []


def test_the_repetition_of_a_start_may_get_the_same_transaction() -> None:
    assert two_starts({})().observed(result(STARTED, "2")) == []


def test_a_concurrent_transaction_belongs_to_its_start() -> None:
    scene = Scene().calling("StartTransaction", START)
    assert scene.observed(result({"transactionId": 7, "idTagInfo": {"status": "ConcurrentTx"}})) == []


def test_unknown_vendor_without_data_is_in_order() -> None:
    assert DATA().observed(result({"status": "UnknownVendorId"})) == []


def test_time_is_compared_as_an_instant_and_from_the_last_one_shown() -> None:
    scene = two_beats()
    assert scene.observed(result({"currentTime": "2026-03-01T12:00:00.000Z"}, "2")) == []
    scene.calling("Heartbeat").heard(result({"currentTime": "2026-03-01T11:00:00Z"}, "3"))
    scene.calling("Heartbeat")
    assert scene.observed(result({"currentTime": "2026-03-01T11:00:01Z"}, "4")) == []


def test_a_value_is_shown_as_it_came() -> None:
    def shown(text: str) -> list[Any]:
        return [check.received for check in Scene().observed(text)]

    assert shown(reset(more={"vendor-field": {"a": 1}})) == [{"a": 1}]
    assert shown(reset(more={"type": None})) == [None]
    assert shown('[2,"c","Reset",{}]') == ["nothing"]


def _named() -> set[str]:
    """Every requirement id that the core can name, read from its source."""
    sources = inspect.getsource(frames) + inspect.getsource(session)
    return set(re.findall(r'"(OCPPJ-[\d.]+-\d\d)"', sources))


def test_every_requirement_that_the_core_names_is_a_rule() -> None:
    assert len(_named()) > 15
    assert _named() <= {rule.id for rule in RULES}


FAULTY = [row for row in TABLE if not row.id.startswith(("OCPP16", "ERR", "RFC"))]


@pytest.mark.parametrize("seen", FAULTY, ids=lambda seen: f"{seen.id} {seen.bad[:40]!r}")
def test_a_fault_of_the_core_is_found_by_the_rule_it_names(seen: Seen) -> None:
    received, observed = seen.scene().received(seen.bad)
    named = {fault.rule for fault in received.faults}
    if isinstance(received.frame, Malformed):
        assert received.frame.rule in named
    assert named <= {check.rule for check in judge(RULES, observed)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_says_where_it_is_written(rule: Rule) -> None:
    assert re.fullmatch(r"(OCPP16|OCPPJ|ERR4|ERRJ)-\d[\d.]*-\d\d|SEC2-(\d|[A-Z]\d\d)-\d{2,3}[a-z]?|RFC\d+-\d+", rule.id)
    assert re.search(r"^(OCPP 1\.6|OCPP-J 1\.6|RFC \d+).* (§\d|[A-Z]\d\d\.FR\.\d\d)", rule.source)
    section = rule.id.split("-")[1]
    named = f"§{section}" in rule.source or f"{section}.FR." in rule.source
    assert named or rule.id.startswith(("ERRJ", "OCPP16-6-02"))
    assert rule.level in ("shall", "should")
