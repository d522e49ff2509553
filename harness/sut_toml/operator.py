"""The keys of `[operator]` and `[records]`: how the system under test is operated, and asked what it stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.sut_toml.at import NOTHING, At
from harness.sut_toml.kinds import (
    EMPTY,
    Key,
    Section,
    certificates,
    choice,
    flag,
    json_value,
    mapping,
    seconds,
    secret,
    table,
    text,
    url,
)
from harness.sut_toml.templates import headers, operations, records

PRESET_FILES = {file.stem: file for file in sorted((Path(__file__).parents[1] / "presets").glob("*.toml"))}
PRESETS = tuple(PRESET_FILES)

HTTP_URL = url("http", "https", hint="the address of the CSMS's REST API")

OPERATIONS = Section("operator.operations", "What the http driver sends for each operation.", operations())

OPERATOR = Section(
    "operator",
    "How the harness gets the CSMS to do what an operator would do.",
    (
        Key(
            "driver",
            choice("manual", "http", "python"),
            "manual",
            "Who acts: a person at the terminal, requests to a REST API, or a class of yours.",
        ),
        Key(
            "preset",
            choice(*PRESETS),
            None,
            f"Shipped operations and records to build on: {' or '.join(PRESETS)}; what this file gives comes first.",
            '"reference"',
        ),
        Key("base_url", HTTP_URL, None, "http: what every path is appended to.", '"https://csms.example.com"'),
        Key("token", secret(), None, "http: the bearer token of the REST API.", '{ env = "CSMS_TOKEN" }'),
        Key("headers", headers(), EMPTY, "http: headers of every request.", '{ X-Tenant = "1" }'),
        Key("timeout_s", seconds(zero=False), 10, "http: how long the REST API may take to answer."),
        Key("ca_file", certificates(), None, "http: the CA that signed the certificate of the REST API.", '"ca.pem"'),
        Key("verify", flag(), True, "http: whether that certificate is verified."),
        Key("operations", table(OPERATIONS), EMPTY, "http: the requests, see below."),
        Key(
            "class",
            text(1),
            None,
            "python: the class, as module:Class; the module may lie beside this file.",
            '"my_driver:MyDriver"',
        ),
        Key(
            "settings",
            mapping(json_value(), "a table"),
            EMPTY,
            "python: what the class is constructed with.",
            '{ tenant = "1" }',
        ),
    ),
)

RECORDS = Section(
    "records",
    "How to ask the CSMS what it stored, over HTTP; without it such checks are unverifiable.",
    (
        Key(
            "base_url",
            HTTP_URL,
            None,
            "What every path is appended to; without it, that of [operator].",
            '"https://csms.example.com"',
        ),
        Key("token", secret(), None, "The bearer token; without it, that of [operator].", '{ env = "CSMS_TOKEN" }'),
        Key(
            "headers",
            headers(),
            None,
            "Headers of every request; without it, those of [operator].",
            '{ X-Tenant = "1" }',
        ),
        Key("timeout_s", seconds(zero=False), None, "How long an answer may take; without it, as in [operator].", "10"),
        Key("ca_file", certificates(), None, "The CA of the REST API; without it, that of [operator].", '"ca.pem"'),
        Key("verify", flag(), None, "Whether the certificate is verified; without it, as in [operator].", "true"),
        *records(),
    ),
)


def check_operator(found: dict[str, Any], at: At) -> None:
    """What the driver needs beyond its single keys; raises UsageError."""
    if found["driver"] == "python" and found["class"] is None:
        raise (at / "class").wrong("module:Class for driver python", NOTHING)
    if found["driver"] != "http":
        return
    requests = {name: request for name, request in found["operations"].items() if request is not None}
    if not requests:
        raise (at / "operations").wrong("a preset or operations for driver http", NOTHING)
    if found["base_url"] is None and any(request["path"] for request in requests.values()):
        raise (at / "base_url").wrong(HTTP_URL.words, NOTHING, "the paths of the operations are appended to it")
