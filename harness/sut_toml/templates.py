"""The tables of sut.toml that describe one HTTP request: `[operator.operations.*]` and `[records.*]`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from harness.intents import CSMS_INTENTS, PLACEHOLDER, PREPARATIONS, RECORD_FIELDS, RECORD_KEYS, placeholders
from harness.sut_toml.at import At, Secret, nearest
from harness.sut_toml.kinds import (
    EMPTY,
    Key,
    Kind,
    Section,
    array,
    choice,
    environment,
    flag,
    integer,
    json_value,
    mapping,
    table,
)

_SENSITIVE = re.compile(r"auth|token|key|secret|password|cookie", re.IGNORECASE)
_POINTER = re.compile(r"(?:[^.\[\]]+|\[\d+\])(?:\.[^.\[\]]+|\[\d+\])*")


def operations() -> tuple[Key, ...]:
    """One key per request that the http driver can make; all are optional."""
    meanings = {name: f"Makes the CSMS send {intent.action}" for name, intent in CSMS_INTENTS.items()}
    meanings |= {
        "provision_station": (
            "Makes a station known with its access, before the first case and after one that changed the access"
        ),
        "provision_card": "Stores a card with its state, once per card but not for Invalid, before the first case",
        "reachable": "Shows that the CSMS can be operated; without it, GET on base_url",
    }
    return tuple(_request(name, f"{meaning}{_listed(placeholders(name))}.") for name, meaning in meanings.items())


def _request(name: str, meaning: str) -> Key:
    method = "GET" if name == "reachable" else "PUT" if name in PREPARATIONS else "POST"
    section = Section("operator.operations.<name>", "One HTTP request.", (*_request_keys(method), _DICTATED))
    return Key(name, table(section, _checked(placeholders(name))), None, meaning)


def records() -> tuple[Key, ...]:
    """One key per record that can be read; all are optional."""
    meanings = {
        "transaction": "A transaction",
        "connector": "The state of a connector as last reported",
        "command": "The latest command of an OCPP action, with what the station answered",
        "reservation": "A reservation",
        "firmware": "The latest firmware update",
        "diagnostics": "The latest diagnostics that were asked for",
        "signed_firmware": "A signed firmware update",
        "log": "A log",
        "charging_profile": "A charging profile",
        "composite_schedule": "The composite schedule that the station last told of a connector",
        "security_event": "The latest security event of the station",
    }
    return tuple(_record(name, f"{meaning}{_listed(RECORD_KEYS[name])}.") for name, meaning in meanings.items())


def _listed(names: tuple[str, ...]) -> str:
    return f"; placeholders {', '.join(f'{{{name}}}' for name in names)}"


def _record(name: str, meaning: str) -> Key:
    names = RECORD_FIELDS[name]
    fields = Section(
        "records.<name>.fields", "Names of the fields.", tuple(_field(field, _pointers()) for field in names)
    )
    texts = mapping(_translated(), "a table of theirs = ours")
    values = Section("records.<name>.values", "Names of the values.", tuple(_field(field, texts) for field in names))
    own = (
        Key(
            "root",
            _pointer(),
            "",
            "Where the record stands in the answer, such as items[0]; empty for the answer itself.",
        ),
        Key(
            "fields",
            table(fields),
            EMPTY,
            "Our field = where it stands in the record, or an array of places of which the first counts.",
        ),
        Key("values", table(values), EMPTY, "Our field = a table of their value = our value."),
    )
    section = Section("records.<name>", "One HTTP request and how its answer is read.", (*_request_keys("GET"), *own))
    return Key(name, table(section, _checked(RECORD_KEYS[name])), None, meaning)


def _field(name: str, kind: Kind) -> Key:
    return Key(name, kind, None, "")


def _request_keys(method: str) -> tuple[Key, ...]:
    return (
        Key(
            "method",
            choice("GET", "POST", "PUT", "PATCH", "DELETE"),
            method,
            "The HTTP method; PUT for what is made known, GET for what is read.",
        ),
        Key("path", _starting("/"), None, 'Appended to "base_url"; placeholders are percent-encoded.'),
        Key("url", _starting("http://", "https://"), None, 'The whole URL, instead of "path".'),
        Key("headers", headers(), EMPTY, "More headers for this request."),
        Key("body", json_value(), None, "The JSON body."),
        Key("form", mapping(json_value(), "a table"), None, 'The fields of a form, instead of "body".'),
        Key(
            "expect",
            array(integer(100, 599), "an array of HTTP status codes"),
            None,
            "The HTTP status codes that mean success; without it, 200 to 299.",
        ),
    )


_DICTATED = Key(
    "dictated",
    flag(),
    False,
    "Whether the request dictates the OCPP payload, so that checks of it are marked as such; always so with {payload}.",
)


def headers() -> Kind:
    """HTTP headers; those whose name speaks of a secret, or that come from the environment, are never shown."""

    def read(value: Any, at: At) -> str:
        given = environment(value, at)
        if not isinstance(given, str) or not given.isprintable():
            raise at.wrong("text in one line", Secret() if _SENSITIVE.search(str(at.parts[-1])) else given)
        return Secret(given) if _SENSITIVE.search(str(at.parts[-1])) else given

    return mapping(Kind("text in one line", read), "a table of header = text")


def _starting(*starts: str) -> Kind:
    words = f"text that begins with {' or '.join(starts)}"

    def read(value: Any, at: At) -> str:
        given = environment(value, at)
        if not isinstance(given, str) or not given.startswith(starts) or not given.isprintable() or " " in given:
            raise at.wrong(words, given)
        return str(given)

    return Kind(words, read)


def _pointer() -> Kind:
    words = "a place such as items[0].name"

    def read(value: Any, at: At) -> str:
        if not isinstance(value, str) or not _POINTER.fullmatch(value):
            raise at.wrong(words, value)
        return value

    return Kind(words, read)


def _pointers() -> Kind:
    one = _pointer()
    many = array(one, one.words)

    def read(value: Any, at: At) -> list[str]:
        found: list[str] = many.read(value if isinstance(value, list) else [value], at)
        return found

    return Kind(one.words, read)


def _translated() -> Kind:
    def read(value: Any, at: At) -> str:
        if not isinstance(value, str):
            raise at.wrong("text", value)
        return value

    return Kind("text", read)


def _checked(known: tuple[str, ...]) -> Any:
    def check(found: dict[str, Any], at: At) -> None:
        given = [name for name in ("path", "url") if found[name] is not None]
        if len(given) != 1:
            raise at.error(f"expected path or url, received {'both' if given else 'nothing'}")
        if found["body"] is not None and found["form"] is not None:
            raise at.error("expected body or form, received both")
        for name in ("path", "url", "headers", "body", "form"):
            for place, value in _texts(found[name], at / name):
                _check_text(value, known, place, whole=name == "body")

    return check


def _texts(value: Any, at: At) -> Iterator[tuple[At, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, dict):
        for name, element in value.items():
            yield from _texts(element, at / name)
    elif isinstance(value, list):
        for index, element in enumerate(value):
            yield from _texts(element, at / index)


def _check_text(value: str, known: tuple[str, ...], at: At, *, whole: bool) -> None:
    for name in PLACEHOLDER.findall(value):
        if name not in known:
            raise at.wrong(f"a placeholder of {', '.join(known)}", f"{{{name}}}", nearest(name, known))
        if name == "payload" and not (whole and value == "{payload}"):
            raise at.wrong('"{payload}" as a whole value in body', value)
