"""Schemas as such, what no frame can carry, printable ASCII, and what holds for any payload."""

from __future__ import annotations

import importlib.util
import math
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocppj.names import ActionName
from ocppj.schemas import Kind, Violation, non_ascii, schema, schema_folder, valid, violations


def deep(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("value", [{1}, b"a", deep(300), {1: 2}, math.nan, math.inf])
def test_what_no_frame_can_carry_is_a_violation(value: Any) -> None:
    for payload in (value, {"idTag": value}, {"other": value}):
        found = violations("Authorize", "req", payload)
        assert found
        assert not valid("Authorize", "req", payload)
    assert violations("Authorize", "req", {"idTag": {1}})[0][:2] == ("", "json")


def test_unknown_action_and_kind() -> None:
    wrong: list[tuple[str, Any]] = [("NoSuchAction", "req"), ("authorize", "req"), ("Authorize", "request")]
    for action, kind in wrong:
        for function in (violations, valid, non_ascii):
            with pytest.raises(KeyError):
                function(action, kind, {})
        with pytest.raises(KeyError):
            schema(action, kind)


def test_schema_is_a_copy() -> None:
    schema("Authorize", "req")["properties"].clear()
    assert schema("Authorize", "req")["properties"] == {"idTag": {"type": "string", "maxLength": 20}}


def test_schemas_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    schema_folder.cache_clear()
    with pytest.raises(ImportError, match=r"ocppj: expected the package ocpp .*, received none; pip install ocpp"):
        schema_folder()


PEM = "-----BEGIN CERTIFICATE-----\r\nMIIB\n-----END CERTIFICATE-----\n"
ASCII: list[tuple[str, Kind, Any, list[tuple[str, str]]]] = [
    ("Authorize", "req", {"idTag": "TAG ~"}, []),
    ("Authorize", "req", {"idTag": "T\u00c4G"}, [("idTag", "'T\u00c4G'")]),
    ("Authorize", "req", {"idTag": "TAG\n"}, [("idTag", r"'TAG\n'")]),
    ("Authorize", "req", {"idTag": "\x7f"}, [("idTag", r"'\x7f'")]),
    ("Authorize", "req", {"idTag": 1, "other": "\u00c4"}, []),
    ("Authorize", "req", None, []),
    ("GetConfiguration", "req", {"key": ["a", "\u00e4"]}, [("key[1]", "'\u00e4'")]),
    (
        "StatusNotification",
        "req",
        {"info": "T\u00fcr", "vendorId": "\u00fc", "status": "\u00fc", "timestamp": "\u00fc"},
        [("vendorId", "'\u00fc'")],
    ),
    ("DataTransfer", "conf", {"data": "\u00fc"}, []),
    ("SecurityEventNotification", "req", {"techInfo": "\u00fc", "type": "\u00fc"}, [("type", "'\u00fc'")]),
    ("InstallCertificate", "req", {"certificate": PEM}, []),
    (
        "InstallCertificate",
        "req",
        {"certificate": PEM + "\t"},
        [("certificate", repr(PEM.replace("\r", "").replace("\n", "") + "\t"))],
    ),
    ("InstallCertificate", "req", {"certificate": 1}, []),
    (
        "DeleteCertificate",
        "req",
        {"certificateHashData": {"serialNumber": "\n"}},
        [("certificateHashData.serialNumber", r"'\n'")],
    ),
    (
        "GetInstalledCertificateIds",
        "conf",
        {"certificateHashData": [{"issuerKeyHash": "\u00e9"}]},
        [("certificateHashData[0].issuerKeyHash", "'\u00e9'")],
    ),
]


@pytest.mark.parametrize(("action", "kind", "payload", "expected"), ASCII)
def test_non_ascii(action: str, kind: Kind, payload: Any, expected: list[tuple[str, str]]) -> None:
    assert non_ascii(action, kind, payload) == [
        Violation(path, "ascii", f"expected printable ASCII, received {text}", "PropertyConstraintViolation")
        for path, text in expected
    ]


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["idTag", "status", "connectorId", "meterValue", "key"]) | st.text(), inner, max_size=4
        )
    ),
)


@settings(deadline=None, database=None, max_examples=150)
@given(st.sampled_from(get_args(ActionName)), st.sampled_from(get_args(Kind)), ANYTHING)
def test_anything_is_judged_and_both_ways_agree(action: str, kind: Kind, payload: Any) -> None:
    found = violations(action, kind, payload)
    assert valid(action, kind, payload) == (found == [])
    assert all(" received " in violation.message for violation in found)
    assert len({(violation.path, violation.rule) for violation in found}) == len(found)
    non_ascii(action, kind, payload)
