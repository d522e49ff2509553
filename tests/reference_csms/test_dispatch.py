"""Handler classes in the idiom of the `ocpp` package."""

# mypy: disallow-untyped-decorators=False

from __future__ import annotations

from typing import Any

import pytest
from ocpp.routing import after, on
from ocpp.v16 import call_result
from ocpp.v16.enums import Action

from reference_csms.dispatch import InvalidAnswer, routes


class Handlers:
    """One of each kind."""

    @on(Action.heartbeat)
    def on_heartbeat(self) -> call_result.Heartbeat:
        return call_result.Heartbeat("2024-05-01T12:00:00Z")

    @on(Action.authorize)
    async def on_authorize(self, id_tag: str, call_unique_id: str) -> dict[str, Any]:
        return {"id_tag_info": {"status": "Accepted"}}

    @on(Action.status_notification)
    def on_status(self, connector_id: int, **more: Any) -> call_result.StatusNotification:
        return call_result.StatusNotification()

    @after(Action.status_notification)
    def after_status(self, connector_id: int, **more: Any) -> None: ...

    @on("BootNotification", skip_schema_validation=True)
    def on_boot(self, charge_point_vendor: str) -> call_result.BootNotification:
        return call_result.BootNotification("t", 1, "Accepted")


def test_routes_are_made_once_per_class() -> None:
    assert routes(Handlers) is routes(Handlers)
    assert set(routes(Handlers)) == {"Heartbeat", "Authorize", "StatusNotification", "BootNotification"}


def test_only_what_a_handler_names_is_passed() -> None:
    found = routes(Handlers)
    assert found["BootNotification"].arguments({"chargePointVendor": "v", "imsi": "1"}, "7") == {
        "charge_point_vendor": "v"
    }
    assert found["StatusNotification"].arguments({"connectorId": 1, "info": "i"}, "7") == {
        "connector_id": 1,
        "info": "i",
    }
    assert found["Authorize"].arguments({"idTag": "T"}, "7") == {"id_tag": "T", "call_unique_id": "7"}


def test_marks_are_found() -> None:
    found = routes(Handlers)
    assert found["Authorize"].after is None
    assert found["StatusNotification"].after is not None
    assert not found["BootNotification"].validate


def test_an_invalid_answer_is_refused_unless_validation_is_off() -> None:
    with pytest.raises(InvalidAnswer, match=r"Heartbeat.conf: expected a valid payload, received"):
        routes(Handlers)["Heartbeat"].answer(call_result.Heartbeat("yesterday"))
    assert routes(Handlers)["BootNotification"].answer({"status": "Odd"}) == {"status": "Odd"}


def test_an_action_of_another_version_is_refused() -> None:
    class Wrong:
        @on("NotifyReport")
        def on_notify_report(self) -> None: ...

    with pytest.raises(TypeError, match=r"Wrong: expected an action of OCPP 1.6, received @on\('NotifyReport'\)"):
        routes(Wrong)


def test_after_needs_on() -> None:
    class Wrong:
        @after(Action.heartbeat)
        def after_heartbeat(self) -> None: ...

    with pytest.raises(TypeError, match=r"Wrong: expected @on\(Heartbeat\) beside @after"):
        routes(Wrong)
