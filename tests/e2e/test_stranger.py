"""CSMSs that the harness has never seen: it finishes, blames them for what they do, and stays calm."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.results import Verdict
from tests.e2e import tools
from tests.e2e.tools import Outcome, System, conformance

PAYLOADS = """\
driver = "http"
preset = "payload"
base_url = "{api}/raw"
"""
BAD = [
    (
        "silent",
        "TC_001_CSMS",
        "fail",
        "step 2 BootNotification.conf: expected a BootNotification.conf within 0.3 s, received no answer",
    ),
    (
        "hangs-up",
        "TC_003_CSMS",
        "fail",
        "connection: expected a connection that stays open, received closed by the other side with code 1000",
    ),
    (
        "floods",
        "TC_010_CSMS",
        "fail",
        "connection: expected at most 500 frames on one connection of a case, received more",
    ),
    ("garbage", "TC_013_CSMS", "fail", "malformed: expected a well-formed frame, received message: expected JSON, "),
    ("silent", "TC_021_CSMS", "inconclusive", "preparation: step 2 BootNotification.conf: expected a "),
    ("no-subprotocol", "TC_064_CSMS", "fail", "handshake Sec-WebSocket-Protocol: expected 'ocpp1.6', received nothing"),
]
SHORT = (("message_timeout_s = 2", "message_timeout_s = 0.3"), ("operator_timeout_s = 2", "operator_timeout_s = 0.5"))


@pytest.fixture(scope="module")
def whole(stranger: System, tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """All cases on the stranger's CSMS."""
    folder = tmp_path_factory.mktemp("stranger")
    return conformance("run", "csms", "--sut", stranger.toml(folder), "--reports", folder)


def test_the_run_finishes_and_every_case_has_a_verdict_and_a_reason(whole: Outcome) -> None:
    run = whole.run
    assert (whole.code, whole.err) == (1, "")
    core = [case for case in run.cases if case.profile == "Core"]
    assert len(core) == 34
    assert {case.verdict for case in core} == {Verdict.FAIL}
    assert all(case.reason for case in core)
    assert "Traceback" not in whole.out
    assert all(case.error == "" for case in run.cases)


def test_it_is_blamed_for_times_without_a_zone(whole: Outcome) -> None:
    for id in ("TC_001_CSMS", "TC_003_CSMS"):
        assert whole.case(id).reason.startswith(
            "BootNotification.conf currentTime: expected a date-time as in RFC 3339, received '20"
        )
    failed = {check.message for check in whole.case("TC_001_CSMS").failed}
    assert failed == {"BootNotification.conf", "Heartbeat.conf"}


def test_it_is_blamed_for_what_it_does_not_handle(whole: Outcome) -> None:
    _, missing = whole.case("TC_064_CSMS").failed
    assert (missing.message, missing.path) == ("DataTransfer.conf", "")
    assert missing.expected == "a DataTransfer.conf within 2 s"
    assert missing.received.startswith("CALLERROR NotImplemented: 'Request Action is recognized but not supported")


def test_it_is_not_blamed_for_what_it_does_right(whole: Outcome) -> None:
    """The operator's requests, through templates for an API that nobody here has designed, are as they must be."""
    for id in ("TC_010_CSMS", "TC_012_CSMS", "TC_013_CSMS", "TC_019_2_CSMS", "TC_021_CSMS", "TC_031_CSMS"):
        assert {(check.message, check.path) for check in whole.case(id).failed} == {
            ("BootNotification.conf", "currentTime")
        }
        assert any(check.outcome == "pass" and check.message.endswith(".req") for check in whole.case(id).checks)


def test_the_first_failures_are_told_and_the_others_named(whole: Outcome) -> None:
    assert whole.out.count("conversation so far") == 5
    others = sum(case.verdict is Verdict.FAIL for case in whole.run.cases) - 5
    assert f"{others} more: ocpp-conformance show {whole.folder} CASE\n" in whole.out


def test_fields_that_the_driver_dictates_are_marked(stranger: System, tmp_path: Path) -> None:
    """An endpoint that takes the OCPP payload itself proves less about the CSMS, and the results say so."""
    settings = stranger.settings[: stranger.settings.index("[operator]")] + "[operator]\n" + PAYLOADS
    sut = tmp_path / "sut.toml"
    sut.write_text(settings.replace("{api}", stranger.ready["api"]), encoding="utf-8")
    cases = ("TC_010_CSMS", "TC_013_CSMS", "TC_064_CSMS")
    outcome = conformance("run", "csms", "--sut", sut, "--reports", tmp_path, *(f"--case={id}" for id in cases))
    assert outcome.code == 1
    dictated = {(check.message, check.path) for case in outcome.run.cases for check in case.checks if check.dictated}
    assert dictated == {
        ("RemoteStartTransaction.req", "idTag"),
        ("RemoteStartTransaction.req", "connectorId"),
        ("RemoteStartTransaction.req", "chargingProfile"),
        ("Reset.req", "type"),
    }
    assert ", 4 on dictated fields\n" in outcome.out
    assert "dictated" in (outcome.folder / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """A case on each of the strangers that behave badly; the first connection only looks whether there is a CSMS."""
    folder = tmp_path_factory.mktemp("worse")
    with tools.stranger("none", *(fault for fault, *_ in BAD)) as csms:
        cases = [f"--case={id}" for _, id, *_ in BAD]
        return conformance("run", "csms", "--sut", csms.toml(folder, *SHORT), "--reports", folder, *cases, timeout=30)


@pytest.mark.parametrize(("fault", "id", "verdict", "reason"), BAD, ids=[fault for fault, *_ in BAD])
def test_a_bad_csms_ends_in_a_verdict_with_a_reason(
    worse: Outcome, fault: str, id: str, verdict: str, reason: str
) -> None:
    case = worse.case(id)
    assert (case.verdict, case.error) == (verdict, "")
    assert case.reason.startswith(reason)


def test_bad_csmses_are_told_without_a_traceback(worse: Outcome) -> None:
    assert (worse.code, worse.err) == (1, "")
    assert len(worse.verdicts) == len(BAD)
    assert "Traceback" not in worse.out
    assert "(and 499 more like it)" in worse.out


def test_a_flood_of_pings_ends_in_a_verdict_with_a_reason(tmp_path: Path) -> None:
    with tools.stranger("none", "pings") as csms:
        sut = csms.toml(tmp_path, ("message_timeout_s = 2", "message_timeout_s = 30"))
        outcome = conformance("run", "csms", "--sut", sut, "--reports", tmp_path, "--case=TC_012_CSMS")
    assert (outcome.code, outcome.err) == (1, "")
    assert outcome.case("TC_012_CSMS").reason == (
        "connection: expected at most 10000 pings and pongs on one connection of a case, received more"
    )


def test_a_csms_that_answers_http_500_is_one_line(tmp_path: Path) -> None:
    with tools.stranger("http-500") as csms:
        outcome = conformance("run", "csms", "--sut", csms.toml(tmp_path), "--reports", tmp_path)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("ocpp-conformance: ws://127.0.0.1:")
    assert outcome.err.endswith("/CHARGER-7: expected HTTP 101 (WebSocket), received HTTP 500\n")
