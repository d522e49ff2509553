"""Every key of sut.toml: this one table is what a file is checked against, and what `init` and the manual print."""

from __future__ import annotations

from typing import Any

from harness import catalogue, questions
from harness.intents import RECORD_KEYS
from harness.sut_toml.at import NOTHING, At
from harness.sut_toml.charging import CHARGING
from harness.sut_toml.files import FILES, check_files
from harness.sut_toml.kinds import (
    EMPTY,
    REQUIRED,
    Key,
    Section,
    array,
    certificates,
    choice,
    flag,
    integer,
    seconds,
    secret,
    table,
    text,
)
from harness.sut_toml.operator import HTTP_URL, OPERATOR, RECORDS, check_operator
from harness.sut_toml.security import (
    ACCESS,
    CLIENT_CERTIFICATE,
    SECURITY,
    SERIAL_NUMBER,
    STATION_URL,
    check_access,
    check_ways,
)

PROFILES = (
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
    "Security",
)
CARD_STATES = ("Accepted", "Accepted2", "Invalid", "Expired", "Blocked")

_TAG = text(1, 20)

SUT = Section(
    "sut",
    "The product under test, as the report names it.",
    (
        Key("vendor", text(), "not stated", "Who makes the product.", '"Example Ltd"'),
        Key("product", text(), "not stated", "The name of the product.", '"Example CSMS"'),
        Key("version", text(), "not stated", "The version that is tested.", '"1.0"'),
        Key("role", choice("csms"), "csms", "What the product is."),
    ),
)

SUPPORTS = Section(
    "supports",
    "What the product claims to support; cases of what is not claimed are not applicable.",
    (
        Key(
            "profiles",
            array(choice(*PROFILES), "an array of profiles"),
            ["Core"],
            f"The profiles claimed, of {', '.join(PROFILES)}.",
        ),
        Key(
            "security_profiles",
            array(integer(0, 3), "an array of numbers from 0 to 3"),
            [0],
            "The security profiles with which stations are accepted: 1 password, 2 password over TLS, 3 certificate.",
        ),
        Key(
            "generation",
            choice(*questions.load().generations),
            "2025-10",
            "The generation of the certification programme that the abstract follows.",
        ),
        *(Key(question.key, flag(), True, question.claim) for question in questions.load().questions.values()),
    ),
)

CARDS = Section(
    "environment.cards",
    "The idTag to use for each state a card can have at the CSMS, 20 characters at most.",
    (
        Key("Accepted", _TAG, REQUIRED, "A card that may charge.", '"CARD-OK"'),
        Key(
            "Accepted2",
            _TAG,
            None,
            "A second card that may charge, with the same parent as the first; without it TC_043_5_CSMS and "
            "TC_053_CSMS are not tested.",
            '"CARD-OK-2"',
        ),
        Key("Invalid", _TAG, "CARD-UNKNOWN", "A card that the CSMS does not know."),
        Key(
            "Expired",
            _TAG,
            None,
            "A card whose validity has ended; without it TC_023_2_CSMS is not tested.",
            '"CARD-EXPIRED"',
        ),
        Key("Blocked", _TAG, None, "A card that is blocked; without it TC_023_3_CSMS is not tested.", '"CARD-BLOCKED"'),
    ),
)


def _check_cards(found: dict[str, Any], at: At) -> None:
    seen: dict[str, str] = {}
    for state, tag in found.items():
        if tag is not None:
            if tag.lower() in seen:
                hint = f"{seen[tag.lower()]} has the same, and upper and lower case count as equal"
                raise (at / state).wrong("an idTag of its own", tag, hint)
            seen[tag.lower()] = state


ENVIRONMENT = Section(
    "environment",
    "Where the CSMS is, and what it knows about the station that the harness plays.",
    (
        Key(
            "url",
            STATION_URL,
            REQUIRED,
            "The address of the CSMS for stations, without the station's identity, which is appended.",
            '""',
        ),
        Key("station_id", text(1), REQUIRED, "The identity of the station as the CSMS knows it.", '"CP-1"'),
        Key(
            "password",
            secret(),
            None,
            "The station's password for HTTP Basic authentication.",
            '{ env = "STATION_PASSWORD" }',
        ),
        Key(
            "ca_file",
            certificates(),
            None,
            "The CA that signed the server's certificate, for wss:// URLs; without it the system's CAs count.",
            '"ca.pem"',
        ),
        Key(
            "security_profile",
            integer(0, 3),
            None,
            "The security profile of the station; without it, what url, password and client_certificate amount to.",
            "1",
        ),
        CLIENT_CERTIFICATE,
        SERIAL_NUMBER,
        Key("number_of_connectors", integer(1, 1000), 2, "How many connectors the station reports."),
        Key("connector_id", integer(1, 1000), 1, "The connector that the cases use."),
        Key("vendor_name", text(1, 20), "OCPP-CONFORMANCE", "chargePointVendor in BootNotification.req."),
        Key("model", text(1, 20), "VIRTUAL-1", "chargePointModel in BootNotification.req."),
        Key(
            "parent_id_tag",
            _TAG,
            None,
            "The parentIdTag of the accepted cards, if they have one; without it TC_053_CSMS is not tested.",
            '"FAMILY-1"',
        ),
        Key(
            "vendor_id",
            text(0, 255),
            "org.example.unsupported",
            "A vendorId for which the CSMS does not support DataTransfer; without one TC_064_CSMS is not tested.",
        ),
        Key("message_timeout_s", seconds(zero=False), 30, "How long the CSMS may take to answer a message."),
        Key(
            "operator_timeout_s",
            seconds(zero=False),
            120,
            "How long the operator may take to make the CSMS send a message.",
        ),
        Key(
            "connection_timeout_s",
            seconds(zero=False),
            5,
            "ConnectionTimeOut of the station: how long it waits for the cable.",
        ),
        Key(
            "heartbeat_max_s",
            seconds(zero=False),
            60,
            "The longest heartbeat interval that a case waits for; a longer one from the CSMS is shortened to it.",
        ),
        Key(
            "listen_s",
            seconds(zero=True),
            0.25,
            "How long a case listens after its last step for what must not come any more.",
        ),
        Key("slack_s", seconds(zero=True), 2, "Tolerance when durations are compared."),
        Key(
            "max_time_deviation_s", seconds(zero=True), 5, "Tolerance when the clock of the CSMS is compared with ours."
        ),
        Key("offline_s", seconds(zero=False), 14400, "How far in the past the transactions of the offline cases lie."),
        Key(
            "reservation_s",
            seconds(zero=False),
            120,
            "How long the reservation of TC_047_CSMS lasts, which is waited for.",
        ),
        Key("cards", table(CARDS, _check_cards), EMPTY, "The cards, see below."),
        Key("access", array(table(ACCESS, check_access), "an array of tables"), [], ACCESS.meaning),
        Key("security", table(SECURITY), EMPTY, SECURITY.meaning),
        Key("files", table(FILES, check_files), EMPTY, FILES.meaning),
        Key("charging", table(CHARGING), EMPTY, CHARGING.meaning),
    ),
)


def _check_environment(found: dict[str, Any], at: At) -> None:
    if found["connector_id"] > found["number_of_connectors"]:
        raise (at / "connector_id").wrong(
            f"at most number_of_connectors, {found['number_of_connectors']}", found["connector_id"]
        )
    check_access(found, at)
    check_ways(found, at)


KNOWN_FAILURE = Section(
    "known_failures",
    "A case that is known to fail: it is reported as such, and the run fails once it passes. One table per case.",
    (
        Key("case", text(1), REQUIRED, "The id of the case.", '"TC_010_CSMS"'),
        Key("reason", text(1), REQUIRED, "Why it fails.", '"ignores connectorId"'),
        Key("link", text(), "", "Where the defect is tracked.", '"https://example.com/issues/1"'),
    ),
)

PERFORMANCE = Section(
    "performance",
    "The times that the vendor states; the report shows them beside those measured.",
    (
        Key("response_timeout_s", seconds(zero=False), 30, "How long the CSMS waits for an answer of a station."),
        Key("authorize_s", seconds(zero=False), 30, "How long the CSMS takes to answer Authorize.req at most."),
    ),
)


def _check_document(found: dict[str, Any], at: At) -> None:
    records = found["records"] or {}
    requests = [records[name] for name in RECORD_KEYS if records.get(name)]
    if any(request["path"] for request in requests) and not (records["base_url"] or found["operator"]["base_url"]):
        raise (at / "records" / "base_url").wrong(
            HTTP_URL.words, NOTHING, "the paths of the records are appended to it"
        )
    seen: set[str] = set()
    for index, failure in enumerate(found["known_failures"]):
        here = at / "known_failures" / index / "case"
        if failure["case"] not in catalogue.load().cases:
            hint = f"did you mean {catalogue.load().nearest(failure['case'])}?"
            raise here.wrong("the id of a case", failure["case"], hint)
        if failure["case"] in seen:
            raise here.wrong("each case once", failure["case"])
        seen.add(failure["case"])


DOCUMENT = Section(
    "",
    "A settings file.",
    (
        Key("sut", table(SUT), EMPTY, SUT.meaning),
        Key("supports", table(SUPPORTS), EMPTY, SUPPORTS.meaning),
        Key("environment", table(ENVIRONMENT, _check_environment), EMPTY, ENVIRONMENT.meaning),
        Key("operator", table(OPERATOR, check_operator), EMPTY, OPERATOR.meaning),
        Key("records", table(RECORDS), None, RECORDS.meaning),
        Key("known_failures", array(table(KNOWN_FAILURE), "an array of tables"), [], KNOWN_FAILURE.meaning),
        Key("performance", table(PERFORMANCE), EMPTY, PERFORMANCE.meaning),
    ),
)


def read(tables: dict[str, Any], at: At) -> dict[str, Any]:
    """The whole file with its defaults filled in; raises UsageError in one line."""
    found: dict[str, Any] = table(DOCUMENT, _check_document).read(tables, at)
    return found
