"""Key names in both directions, for every message there is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from ocpp.v16 import call, call_result
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus

from ocppj.schemas import ACTIONS, Kind, schema
from reference_csms.keys import snake_name, to_snake, to_wire

MESSAGES = [(action, kind) for action in ACTIONS for kind in ("req", "conf")]


def sample(node: dict[str, Any], root: dict[str, Any]) -> Any:
    """A value with every property that the schema has."""
    if "$ref" in node:
        *_, name = node["$ref"].split("/")
        node = root["definitions"][name]
    if "properties" in node:
        return {name: sample(sub, root) for name, sub in node["properties"].items()}
    if "items" in node:
        return [sample(node["items"], root), sample(node["items"], root)]
    return {} if node.get("type") == "object" else "x"


@pytest.mark.parametrize(("action", "kind"), MESSAGES)
def test_names_survive_the_way_there_and_back(action: str, kind: Kind) -> None:
    root = schema(action, kind)
    payload = sample(root, root)
    assert to_wire(action, kind)(to_snake(action, kind)(payload)) == payload


@pytest.mark.parametrize(("action", "kind"), MESSAGES)
def test_names_are_those_of_the_ocpp_package(action: str, kind: Kind) -> None:
    theirs = getattr(call if kind == "req" else call_result, action)
    fields = {field.name for field in dataclasses.fields(theirs)}
    assert {snake_name(name) for name in schema(action, kind).get("properties", {})} == fields


def test_no_name_is_left_in_camel_case() -> None:
    payload = {"connectorId": 1, "meterValue": [{"timestamp": "t", "sampledValue": [{"value": "1"}]}]}
    assert to_snake("MeterValues", "req")(payload) == {
        "connector_id": 1,
        "meter_value": [{"timestamp": "t", "sampled_value": [{"value": "1"}]}],
    }


def test_values_are_not_touched_and_unknown_names_pass() -> None:
    payload = {"vendorId": "idTag", "data": '{"someKey": 1}', "some_thingElse": None}
    snake = {"vendor_id": "idTag", "data": '{"someKey": 1}', "some_thingElse": None}
    assert to_snake("DataTransfer", "req")(payload) == snake


@pytest.mark.parametrize(
    "info",
    [
        IdTagInfo(AuthorizationStatus.accepted, parent_id_tag="P"),
        {"status": AuthorizationStatus.accepted, "parent_id_tag": "P", "expiry_date": None},
        {"status": "Accepted", "parent_id_tag": "P"},
    ],
)
def test_dataclasses_and_dicts_are_written_alike(info: Any) -> None:
    wire = to_wire("StartTransaction", "conf")(call_result.StartTransaction(7, info))
    assert wire == {"transactionId": 7, "idTagInfo": {"status": "Accepted", "parentIdTag": "P"}}
    assert type(wire["idTagInfo"]["status"]) is str
