"""What a case leaves behind: numbered, in order, in the journal as it happens, and without secrets."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness import config
from harness.clock import Clock
from harness.config import Environment, Settings
from harness.errors import HarnessError
from harness.evidence import Evidence
from harness.journal import FILE, Journal, load
from harness.results import Check, Run, Verdict
from harness.sut_toml.at import Secret
from tests.subjects.virtual import STARTED

PASSWORD = 'p"ä s\\2'
TOKEN = "tok-tok-tok"
SETTINGS = Settings(
    Environment(url="ws://host", station_id="CP1", cards={}, password=PASSWORD),
    operator={"driver": "http", "token": Secret(TOKEN), "headers": {"Authorization": Secret("Basic dTpzM2NyZXQ=")}},
)
SECRETS = config.secrets(SETTINGS)


def check(**values: Any) -> Check:
    return Check(
        **{
            "step": 1,
            "message": "m",
            "path": "p",
            "expected": "'A'",
            "received": "B",
            "outcome": "fail",
            "phase": "case",
            **values,
        }
    )


FORMS = [
    pytest.param(PASSWORD, id="plain"),
    pytest.param(json.dumps(PASSWORD)[1:-1], id="in JSON with escapes"),
    pytest.param(json.dumps(PASSWORD, ensure_ascii=False)[1:-1], id="in JSON"),
    pytest.param(quote(PASSWORD, safe=""), id="in a URL"),
    pytest.param(base64.b64encode(f"CP1:{PASSWORD}".encode()).decode(), id="in Basic"),
    pytest.param(TOKEN, id="a token"),
    pytest.param("dTpzM2NyZXQ=", id="a Basic header"),
    pytest.param("s3cret", id="the password in a Basic header"),
]


@pytest.mark.parametrize("secret", FORMS)
def test_a_secret_shows_nowhere(secret: str, tmp_path: Path) -> None:
    journal = Journal(tmp_path / FILE)
    journal.run(Run("r", "csms", "2026-03-01T12:00:00Z"))
    evidence = Evidence("TC", secrets=SECRETS, journal=journal)
    evidence.phase = "case"
    nested = {"a": [{"b": f"x{secret}x"}], f"key {secret}": 1}
    evidence.message(
        "received",
        "call",
        connection=1,
        at_ns=0,
        action=f"A{secret}",
        unique_id=f"id{secret}",
        payload=nested,
        raw=f'[2,"1","A",{secret}]',
        note=f"closed ({secret})",
    )
    evidence.check(check(received={"a": [secret]}, expected=f"not {secret}", hint=f"see {secret}"))
    result = evidence.result(HarnessError(f"broken by {secret}"))
    journal.verdict(result)
    journal.end("2026-03-01T12:00:01Z")

    assert result.verdict is Verdict.ERROR
    assert result.reason == "broken by [redacted]"
    assert "broken by [redacted]" in result.error
    message, found = result.messages[0], result.checks[0]
    assert message.payload == {"a": [{"b": "x[redacted]x"}], "key [redacted]": 1}
    assert (message.action, message.unique_id) == ("A[redacted]", "id[redacted]")
    assert (message.raw, message.note) == ('[2,"1","A",[redacted]]', "closed ([redacted])")
    assert (found.received, found.expected, found.hint) == ({"a": ["[redacted]"]}, "not [redacted]", "see [redacted]")
    text = (tmp_path / FILE).read_text(encoding="utf-8")
    assert secret not in text
    assert json.dumps(secret)[1:-1] not in text
    assert load(tmp_path).cases[0].messages[0] == message


@pytest.mark.parametrize("key", ["AuthorizationKey", "authorizationKey", "AUTHORIZATIONKEY"])
def test_a_password_on_its_way_to_the_station_is_a_secret_however_its_key_is_written(key: str) -> None:
    evidence = Evidence("TC")
    payload = {"key": key, "value": "5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7"}
    raw = json.dumps([2, "1", "ChangeConfiguration", payload])
    evidence.message("received", "call", connection=1, at_ns=0, action="ChangeConfiguration", payload=payload, raw=raw)
    evidence.check(check(received=payload["value"], expected="the bytes of 5ec7e75ec7e75ec7e75ec7e75ec7e75ec7e75ec7"))
    result = evidence.result(None)
    assert "5ec7e7" not in repr(result)
    assert result.messages[0].payload == {"key": key, "value": "[redacted]"}


def test_what_a_case_judges_is_what_came_even_where_a_weak_password_is_part_of_it() -> None:
    evidence = Evidence("TC", secrets={"12", "CARD", "true", "null"})
    payload = {"idTag": "CARD-1", "transactionId": 12, "flag": True, "nothing": None, "list": [120, 1.5]}
    assert evidence.message("received", "call", connection=1, at_ns=0, payload=payload).payload == payload
    shown = evidence.result(None).messages[0].payload
    assert shown == {
        "idTag": "[redacted]-1",
        "transactionId": "[redacted]",
        "flag": True,
        "nothing": None,
        "list": ["[redacted]0", 1.5],
    }


def test_a_password_that_is_too_short_is_masked_only_where_it_is_the_whole_value() -> None:
    evidence = Evidence("TC")
    payload = {"key": "AuthorizationKey", "value": "1"}
    raw = '[2,"11","ChangeConfiguration",{"key":"AuthorizationKey","value":"1"}]'
    told = {"action": "ChangeConfiguration", "payload": payload, "raw": raw, "unique_id": "11"}
    evidence.message("received", "call", connection=1, at_ns=0, **told)
    evidence.check(check(received={"value": "1", "connectorId": 1}, expected="'1' within 1 s"))
    result = evidence.result(None)
    (message,), (found,) = result.messages, result.checks
    assert message.payload == {"key": "AuthorizationKey", "value": "[redacted]"}
    assert (message.unique_id, message.raw) == ("11", raw.replace('"1"', "[redacted]"))
    assert (found.received, found.expected) == ({"value": "[redacted]", "connectorId": 1}, "[redacted] within 1 s")


def test_a_longer_secret_is_masked_before_one_that_is_part_of_it() -> None:
    evidence = Evidence("TC", secrets=["abc", "abcdef", ""])
    evidence.message("sent", "open", connection=1, at_ns=0, note="abcdef abc ab")
    assert evidence.result(None).messages[0].note == "[redacted] [redacted] ab"


def test_messages_are_numbered_and_told_with_their_instant() -> None:
    now = [5_000_000_000]
    evidence = Evidence("TC", clock=Clock(lambda: now[0], STARTED))
    first = evidence.message("sent", "open", connection=1, at_ns=5_000_001_000)
    second = evidence.message("received", "call", connection=2, at_ns=6_500_000_000, action="Reset")
    now[0] = 7_000_000_000
    result = evidence.result(None)
    assert [(m.n, m.connection, m.utc) for m in (first, second)] == [
        (1, 1, "2026-03-01T12:00:00.000001Z"),
        (2, 2, "2026-03-01T12:00:01.500000Z"),
    ]
    assert (result.started_utc, result.duration_s) == ("2026-03-01T12:00:00.000Z", 2.0)


def test_a_received_message_gets_the_step_of_the_first_check_of_the_page_that_judged_it() -> None:
    evidence = Evidence("TC")
    evidence.message("received", "result", connection=1, at_ns=0)
    evidence.message("received", "call", connection=1, at_ns=0)
    evidence.message("sent", "call", connection=1, at_ns=0, step=3)
    evidence.check(check(step="", rule="R", message_n=1))
    for step in (2, 4):
        evidence.check(check(step=step, message_n=1))
    evidence.check(check(step=9, message_n=3))
    assert [message.step for message in evidence.result(None).messages] == [2, None, 3]


def test_the_journal_has_each_line_as_soon_as_it_happens(tmp_path: Path) -> None:
    path = tmp_path / FILE
    journal = Journal(path)

    def types() -> list[str]:
        return [json.loads(line)["type"] for line in path.read_text(encoding="utf-8").splitlines()]

    journal.run(Run("r", "csms", "2026-03-01T12:00:00Z"))
    evidence = Evidence("TC", "A title", "Core", journal=journal)
    assert types() == ["run", "case"]
    evidence.message("received", "call", connection=1, at_ns=0)
    assert types()[2:] == ["message"]
    evidence.check(check(message_n=1))
    assert types()[2:] == ["message", "check"]
    result = evidence.result(None, known_failure="tracked")
    assert types()[2:] == ["message", "check"]
    journal.verdict(result)
    journal.end("2026-03-01T12:00:01Z")
    assert types()[4:] == ["verdict", "end"]
    assert load(path).cases == (result,)
    assert (result.title, result.profile, result.known_failure) == ("A title", "Core", "tracked")
