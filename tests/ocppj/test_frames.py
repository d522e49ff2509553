"""Golden frames, written from OCPP-J 1.6 chapter 4: what each text is, or why it is none and by which requirement."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest

from ocppj.frames import (
    ERROR_CODES,
    Call,
    CallError,
    CallResult,
    ErrorCode,
    Malformed,
    call_text,
    duplicate_keys,
    error_text,
    null_payload,
    parse,
    result_text,
)

GUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
SMILES = "\N{GRINNING FACE}" * 36
BOOT = {"chargePointVendor": "VendorX", "chargePointModel": "SingleSocketCharger"}
BOOT_TEXT = (
    '[2,\n "19223201",\n "BootNotification",\n'
    ' {"chargePointVendor": "VendorX", "chargePointModel": "SingleSocketCharger"}\n]'
)

# text -> the fields of the frame; the first three are the examples of the document and its errata 3.7
VALID: list[tuple[str, type, tuple[Any, ...]]] = [
    (BOOT_TEXT, Call, ("19223201", "BootNotification", BOOT)),
    (
        '[3,"19223201",{"status":"Accepted","interval":300}]',
        CallResult,
        ("19223201", {"status": "Accepted", "interval": 300}),
    ),
    (
        '[4,"162376037","NotSupported","SendLocalList.req not implemented",{}]',
        CallError,
        ("162376037", "NotSupported", "SendLocalList.req not implemented", {}),
    ),
    ('[2,"1","Heartbeat",{}]', Call, ("1", "Heartbeat", {})),
    (' \t\r\n[ 2 , "1" , "Heartbeat" , { } ] \t\r\n', Call, ("1", "Heartbeat", {})),
    (f'[2,"{GUID}","Heartbeat",{{}}]', Call, (GUID, "Heartbeat", {})),
    (f'[2,"{SMILES}","Heartbeat",{{}}]', Call, (SMILES, "Heartbeat", {})),
    ('[2,"","Heartbeat",{}]', Call, ("", "Heartbeat", {})),
    ('[2,"\\u0031","Heartbeat",{}]', Call, ("1", "Heartbeat", {})),
    ('[2,"1","NoSuchAction",{}]', Call, ("1", "NoSuchAction", {})),
    ('[2,"1","",{}]', Call, ("1", "", {})),
    ('[2,"1","heartbeat",{}]', Call, ("1", "heartbeat", {})),
    ('[2,"1","Heartbeat",null]', Call, ("1", "Heartbeat", {})),
    ('[2,"1","DataTransfer",{"data":"h\u00e9"}]', Call, ("1", "DataTransfer", {"data": "h\u00e9"})),
    ('[2,"1","A",{"a":18446744073709551616}]', Call, ("1", "A", {"a": 18446744073709551616.0})),
    ('[2,"1","A",{"a":1,"a":2}]', Call, ("1", "A", {"a": 2})),
    ('[3,"1",{}]', CallResult, ("1", {})),
    ('[3,"1",null]', CallResult, ("1", {})),
    ('[4,"1","GenericError","",{}]', CallError, ("1", "GenericError", "", {})),
    (
        '[4,"1","OccurrenceConstraintViolation","",{"a":[1]}]',
        CallError,
        ("1", "OccurrenceConstraintViolation", "", {"a": [1]}),
    ),
]


@pytest.mark.parametrize(("text", "kind", "fields"), VALID)
def test_valid(text: str, kind: type, fields: tuple[Any, ...]) -> None:
    frame = parse(text)
    assert type(frame) is kind
    assert frame == (*fields, text)


FORMATION, PROTOCOL = "FormationViolation", "ProtocolError"
JSON, KIND, ID, LONG_ID = "OCPPJ-4.1.2-01", "OCPPJ-4.1.3-01", "OCPPJ-4.1.4-04", "OCPPJ-4.1.4-03"
LONG = "x" * 37

# text -> rule, id, message type, error code, what was received
MALFORMED: list[tuple[str, str, str | None, int | None, str, str]] = [
    ("", JSON, None, None, FORMATION, "received ''"),
    ("hello", JSON, None, None, FORMATION, "received 'hello'"),
    ('[2,"1","Heartbeat",{}', JSON, None, None, FORMATION, "unexpected end of data"),
    ('[2,"1","Heartbeat",{}]]', JSON, None, None, FORMATION, "unexpected content after document"),
    ('[2,"1","Heartbeat",{},]', JSON, None, None, FORMATION, "line 1 column 22"),
    ("[2,'1','Heartbeat',{}]", JSON, None, None, FORMATION, "line 1 column 4"),
    ('[2,"1","A",{"a":NaN}]', JSON, None, None, FORMATION, "line 1 column 17"),
    ('[2,"1","A",{"a":-Infinity}]', JSON, None, None, FORMATION, "line 1 column"),
    ('[2,"1","A",{"a":1e400}]', JSON, "1", 2, FORMATION, "number is infinity"),
    ('[2,"1","A",{"a":-1e400}]', JSON, "1", 2, FORMATION, "number is infinity"),
    (f'[2,"1","A",{{"a":{"9" * 5000}}}]', JSON, "1", 2, FORMATION, "number is infinity"),
    (f'[{"9" * 5000},"1","A",{{}}]', JSON, "1", None, FORMATION, "number is infinity"),
    (f'[2,{"9" * 5000},"A",{{}}]', JSON, None, 2, FORMATION, "number is infinity"),
    ('[3,"1",{"a":1e400}]', JSON, "1", 3, FORMATION, "number is infinity"),
    ('[4,"1","GenericError","",{"a":1e400}]', JSON, "1", 4, FORMATION, "number is infinity"),
    ('[2,"1","A",{"a":01}]', JSON, None, None, FORMATION, "line 1 column"),
    ('[2,"\\ud800","A",{}]', JSON, None, 2, FORMATION, "surrogate"),
    ('[2,"\ud800","A",{}]', JSON, None, 2, FORMATION, "surrogate"),
    ('[2,"1","A",{"a":"\\ud800"}]', JSON, "1", 2, FORMATION, "surrogate"),
    ('[2,"1","A",{"a":"\\udc00\\ud800"}]', JSON, "1", 2, FORMATION, "surrogate"),
    ('[2,"1","A",{"\\ud800":1}]', JSON, "1", 2, FORMATION, "surrogate"),
    ('[2,"1","\\ud800",{}]', JSON, "1", 2, FORMATION, "surrogate"),
    ('[2,"\\ud83d\\ude00","A",{"a":1e400}]', JSON, "\N{GRINNING FACE}", 2, FORMATION, "number is infinity"),
    ('\ufeff[2,"1","Heartbeat",{}]', JSON, None, None, FORMATION, "byte order mark"),
    ('[2,"1\n","Heartbeat",{}]', JSON, None, None, FORMATION, "control character"),
    ("[" * 2000, JSON, None, None, FORMATION, "'... (2000 characters); depth limit"),
    ("{}", KIND, None, None, FORMATION, "expected an array, received an object"),
    ("2", KIND, None, None, FORMATION, "expected an array, received 2"),
    ("null", KIND, None, None, FORMATION, "expected an array, received null"),
    ('"[2]"', KIND, None, None, FORMATION, "expected an array, received '[2]'"),
    ("[]", KIND, None, None, FORMATION, "expected 2, 3 or 4, received an empty array"),
    ('[5,"1","y",{}]', KIND, "1", 5, FORMATION, "expected 2, 3 or 4, received 5"),
    ('[-2,"1","y",{}]', KIND, "1", -2, FORMATION, "expected 2, 3 or 4, received -2"),
    ('[2.0,"1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received 2.0"),
    ('["2","1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received '2'"),
    ('[true,"1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received true"),
    ('[null,"1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received null"),
    ('[[2],"1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received an array"),
    ('[2e0,"1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received 2.0"),
    ('[18446744073709551618,"1","Heartbeat",{}]', KIND, "1", None, FORMATION, "received 1.8446744073709552e+19"),
    ("[2]", "OCPPJ-4.2.1-01", None, 2, PROTOCOL, "CALL: expected 4 elements, received 1"),
    ('[2,"1","Heartbeat"]', "OCPPJ-4.2.1-01", "1", 2, PROTOCOL, "CALL: expected 4 elements, received 3"),
    ('[2,"1","Heartbeat",{},{}]', "OCPPJ-4.2.1-01", "1", 2, FORMATION, "CALL: expected 4 elements, received 5"),
    ('[2,1,"Heartbeat",{}]', ID, None, 2, FORMATION, "unique id: expected a string, received 1"),
    ('[2,null,"Heartbeat",{}]', ID, None, 2, FORMATION, "unique id: expected a string, received null"),
    (
        f'[2,"{LONG}","Heartbeat",{{}}]',
        LONG_ID,
        LONG,
        2,
        FORMATION,
        "unique id: expected at most 36 characters, received 37",
    ),
    (f'[2,"{LONG}","Heartbeat",null]', LONG_ID, LONG, 2, FORMATION, "expected at most 36 characters, received 37"),
    ('[2,"1",null,{}]', "OCPPJ-4.2.1-02", "1", 2, FORMATION, "action: expected a string, received null"),
    ('[2,"1",{},{}]', "OCPPJ-4.2.1-02", "1", 2, FORMATION, "action: expected a string, received an object"),
    ('[2,"1","Heartbeat",[]]', "OCPPJ-4.2.1-03", "1", 2, FORMATION, "payload: expected an object, received an array"),
    ('[2,"1","Heartbeat","{}"]', "OCPPJ-4.2.1-03", "1", 2, FORMATION, "payload: expected an object, received '{}'"),
    ('[2,"1","Heartbeat",false]', "OCPPJ-4.2.1-03", "1", 2, FORMATION, "payload: expected an object, received false"),
    ('[3,"1"]', "OCPPJ-4.2.2-01", "1", 3, PROTOCOL, "CALLRESULT: expected 3 elements, received 2"),
    ('[3,"1","Heartbeat",{}]', "OCPPJ-4.2.2-01", "1", 3, FORMATION, "CALLRESULT: expected 3 elements, received 4"),
    ("[3,1,{}]", ID, None, 3, FORMATION, "unique id: expected a string, received 1"),
    (f'[3,"{LONG}",{{}}]', LONG_ID, LONG, 3, FORMATION, "expected at most 36 characters, received 37"),
    ('[3,"1",[]]', "OCPPJ-4.2.2-04", "1", 3, FORMATION, "payload: expected an object, received an array"),
    ('[4,"1","GenericError"]', "OCPPJ-4.2.3-02", "1", 4, PROTOCOL, "CALLERROR: expected 5 elements, received 3"),
    ('[4,"1","GenericError",""]', "OCPPJ-4.2.3-02", "1", 4, PROTOCOL, "CALLERROR: expected 5 elements, received 4"),
    ('[4,"1",7,"",{}]', "OCPPJ-4.2.3-03", "1", 4, FORMATION, "errorCode: expected a string, received 7"),
    (
        '[4,"1","GenericError",null,{}]',
        "OCPPJ-4.2.3-04",
        "1",
        4,
        FORMATION,
        "errorDescription: expected a string, received null",
    ),
    (
        '[4,"1","GenericError","",null]',
        "OCPPJ-4.2.3-05",
        "1",
        4,
        FORMATION,
        "errorDetails: expected an object, received null",
    ),
    (
        f'[4,"{LONG}","GenericError","",{{}}]',
        LONG_ID,
        LONG,
        4,
        FORMATION,
        "expected at most 36 characters, received 37",
    ),
]


@pytest.mark.parametrize(("text", "rule", "unique_id", "message_type", "code", "reason"), MALFORMED)
def test_malformed(
    text: str, rule: str, unique_id: str | None, message_type: int | None, code: str, reason: str
) -> None:
    frame = parse(text)
    assert isinstance(frame, Malformed)
    assert frame[0::2] == (text, rule, message_type)
    assert (frame.unique_id, frame.error_code) == (unique_id, code)
    assert reason in frame.reason
    assert frame.reason.startswith(("message: expected ", "message type: expected ")) or message_type in (2, 3, 4)


@pytest.mark.parametrize(
    ("data", "raw", "unique_id", "message_type", "received"),
    [
        (b'[2,"1","Heartbeat",{}]', '[2,"1","Heartbeat",{}]', "1", 2, "a binary frame"),
        (b"[3,7,{}]", "[3,7,{}]", None, 3, "a binary frame"),
        (b'[2,"\xff","Heartbeat",{}]', '[2,"\\xff","Heartbeat",{}]', None, None, "bytes that are not UTF-8"),
        (b"", "", None, None, "a binary frame"),
        (b"{}", "{}", None, None, "a binary frame"),
    ],
)
def test_binary(data: bytes, raw: str, unique_id: str | None, message_type: int | None, received: str) -> None:
    reason = f"message: expected a text frame, received {received}"
    assert parse(data) == Malformed(raw, reason, JSON, unique_id, message_type, "FormationViolation")


@pytest.mark.parametrize(
    ("text", "answerable"),
    [
        ('[2,"1"]', True),
        (f'[2,"{LONG}","Heartbeat",{{}}]', True),
        ("[2]", False),
        ('[2,1,"Heartbeat",{}]', False),
        ('[5,"1","y",{}]', False),
        ('[3,"1"]', False),
        ("", False),
    ],
)
def test_answerable(text: str, answerable: bool) -> None:
    frame = parse(text)
    assert isinstance(frame, Malformed)
    assert frame.answerable is answerable


def test_texts() -> None:
    assert call_text("1", "Heartbeat", {}) == '[2,"1","Heartbeat",{}]'
    assert result_text("1", {"data": "h\u00e9"}) == '[3,"1",{"data":"h\u00e9"}]'
    assert error_text("1", "NotSupported") == '[4,"1","NotSupported","",{}]'
    assert error_text("1", "X", "why", {"a": 1}) == '[4,"1","X","why",{"a":1}]'


@dataclasses.dataclass
class NotJson:
    value: object


@pytest.mark.parametrize("value", [{1}, 2**64, "\ud800", {1: 2}, NotJson(b"")])
def test_texts_refuse_what_is_not_json(value: object) -> None:
    with pytest.raises(TypeError):
        call_text("1", "A", {"a": value})
    with pytest.raises(TypeError):
        result_text("1", {"a": value})
    with pytest.raises(TypeError):
        error_text("1", "GenericError", "", {"a": value})


@pytest.mark.parametrize(
    ("text", "null"),
    [
        ('[2,"1","Heartbeat",null]', True),
        ('[3,"1",\tnull\r\n ] ', True),
        ('[2,"1","Heartbeat",{}]', False),
        ('[3,"1",{"a":null}]', False),
        ('[3,"null",{}]', False),
    ],
)
def test_null_payload(text: str, null: bool) -> None:
    frame = parse(text)
    assert isinstance(frame, Call | CallResult)
    assert null_payload(frame) is null


@pytest.mark.parametrize(
    ("raw", "paths"),
    [
        ('[2,"1","A",{}]', []),
        ('[2,"1","A",{"a":1,"a":1}]', ["[3].a"]),
        ('[2,"1","A",{"a":{"a":1},"b":{"a":1}}]', []),
        ('[2,"1","A",{"a":1,"\\u0061" : 2,"a":3}]', ["[3].a", "[3].a"]),
        ('[2,"1","A",{"l":[{"x":1},{"x":1,"y z":2,"y z":3}]}]', ["[3].l[1]['y z']"]),
        ('[2,"1","A",{"a":{"b":1,"b":{"c":1,"c":2}},"a":1}]', ["[3].a.b", "[3].a.b.c", "[3].a"]),
        ('[2,"1","A",{"a":"\\"a\\":1","b":"{,[","a":1}]', ["[3].a"]),
        ('{"a":1,"a":2', []),
        ("", []),
    ],
)
def test_duplicate_keys(raw: str, paths: list[str]) -> None:
    assert duplicate_keys(raw) == paths


def test_error_codes_are_the_ten_of_the_table() -> None:
    assert set(get_args(ErrorCode)) == ERROR_CODES
    assert len(ERROR_CODES) == 10
