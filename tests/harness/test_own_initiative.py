"""A system that asks for things of its own accord, while the operator's request is awaited."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from harness.execution import CaseScope
from harness.operators.csms.base import CsmsOperator, Reply
from harness.results import CaseResult, Verdict
from tests.harness.scripted import Stage, said

MESSAGE_S = 30
OWN = {"key": "HeartbeatInterval", "value": "60"}
ASKED = {"key": "MeterValueSampleInterval", "value": "60"}


class Console(CsmsOperator):
    """Sends these requests, one after the other, when it is asked to change the configuration."""

    def __init__(self, *payloads: dict[str, Any]) -> None:
        self._payloads = payloads

    async def change_configuration(self, station: str, *, key: str, value: str) -> Reply:
        for number, payload in enumerate(self._payloads):
            await asyncio.sleep(0.02)
            await stage_of(self).sut.says(2, f"c{number}", "ChangeConfiguration", payload)
        return Reply()


_STAGES: dict[CsmsOperator, Stage] = {}


def stage_of(console: Console) -> Stage:
    """The stage on which a console stands."""
    return _STAGES[console]


async def changes(scope: CaseScope) -> None:
    await scope.operator.asks("ChangeConfiguration", **ASKED)
    await scope.station.receives(1, "ChangeConfiguration.req", {"key": ASKED["key"]})
    await scope.station.sends(2, "ChangeConfiguration.conf", status="Rejected")


async def changes_any(scope: CaseScope) -> None:
    await scope.operator.asks_for_any("ChangeConfiguration", **ASKED)
    await scope.station.receives(1, "ChangeConfiguration.req", {"value": ASKED["value"]})
    await scope.station.sends(2, "ChangeConfiguration.conf", status="Rejected")


def played(page: Any, *payloads: dict[str, Any]) -> tuple[Stage, CaseResult]:
    console = Console(*payloads)
    stage = _STAGES[console] = Stage(driver=console)
    return stage, stage.play(page)


@pytest.mark.parametrize("own", [OWN, OWN | {"key": "AuthorizationKey", "value": "0" * 40}], ids=["plain", "password"])
def test_a_request_about_something_else_warns_and_the_one_that_was_asked_for_is_taken(own: dict[str, Any]) -> None:
    stage, result = played(changes, own, ASKED)
    assert (result.verdict, result.failed) == (Verdict.PASS, ())
    assert said(result, "warn") == ["unsolicited: an unsolicited ChangeConfiguration.req"]
    assert stage.sut.answer_to("c1")[2] == {"status": "Rejected"}
    assert [m.unique_id for m in result.messages if m.kind == "call" and m.step == 1] == ["c1"]


def test_the_order_of_the_two_does_not_matter() -> None:
    stage, result = played(changes, ASKED, OWN)
    assert (result.verdict, said(result, "warn")) == (
        Verdict.PASS,
        ["unsolicited: an unsolicited ChangeConfiguration.req"],
    )
    assert stage.sut.answer_to("c1")[2] == {"status": "Accepted"}


def test_another_key_alone_is_judged_as_the_answer_to_the_operator() -> None:
    stage, result = played(changes, OWN)
    assert result.verdict is Verdict.FAIL
    assert said(result) == ["1 ChangeConfiguration.req key: HeartbeatInterval"]
    assert MESSAGE_S <= stage.took_s < MESSAGE_S + 1


def test_another_key_that_came_before_the_step_waits_is_judged_as_well() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("ChangeConfiguration", **ASKED)
        await scope.station.waits(1, "something else")
        await scope.station.receives(1, "ChangeConfiguration.req", {"key": ASKED["key"]})

    stage, result = played(page, OWN)
    assert said(result) == ["1 ChangeConfiguration.req key: HeartbeatInterval"]
    assert stage.took_s < MESSAGE_S + 2


def test_a_request_that_does_not_say_what_it_is_about_is_the_one() -> None:
    _, result = played(changes, {"value": "60"})
    assert result.failed[0].rule == "OCPP16-6-02"


def test_where_the_document_leaves_it_open_the_first_request_is_taken() -> None:
    _, result = played(changes_any, OWN)
    assert (result.verdict, result.failed + result.warned) == (Verdict.PASS, ())


def test_a_step_that_does_not_look_at_the_key_fails_all_the_same() -> None:
    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("ChangeConfiguration", **ASKED)
        await scope.station.receives(1, "ChangeConfiguration.req")

    _, result = played(page, OWN)
    assert said(result) == ["1 ChangeConfiguration.req: one about something else"]


@pytest.mark.parametrize(
    ("key", "sent", "fits"),
    [
        ([], {}, True),
        ([], {"key": []}, True),
        ([], {"key": ["HeartbeatInterval"]}, False),
        (["SupportedFeatureProfiles"], {"key": ["supportedfeatureprofiles"]}, True),
        (["SupportedFeatureProfiles"], {}, False),
        (["SupportedFeatureProfiles"], {"key": ["SupportedFeatureProfiles", "HeartbeatInterval"]}, False),
    ],
)
def test_which_request_for_configuration_is_the_one(key: list[str], sent: dict[str, Any], fits: bool) -> None:
    class Asking(Console):
        async def get_configuration(self, station: str, *, key: list[str]) -> Reply:
            await stage_of(self).sut.says(2, "c0", "GetConfiguration", sent)
            return Reply()

    async def page(scope: CaseScope) -> None:
        await scope.operator.asks("GetConfiguration", key=key)
        await scope.station.receives(1, "GetConfiguration.req")
        await scope.station.sends(2, "GetConfiguration.conf", unknownKey=key)

    console = Asking()
    stage = _STAGES[console] = Stage(driver=console)
    assert (stage.play(page).verdict is Verdict.PASS) is fits
