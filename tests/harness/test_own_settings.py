"""A mistake in the tester's own settings: the vendor has not failed, and the line says which key to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.config import Settings
from harness.material import Access
from harness.results import Verdict
from reference_csms.security.admission import Visitor
from tests.subjects import doors
from tests.subjects.world import ENVIRONMENT, SETTINGS, Tamper, run_case

SECOND, THIRD = "[[environment.access]] with security_profile = 2", "[[environment.access]] with security_profile = 3"
CA_FILE = "ca_file of {} names the CA that signed the server's certificate"
URL = "url of {} has to name a host that the server's certificate names"


def mistaken(profile: int, **mistakes: Any) -> Settings:
    """The settings with a mistake in one way in."""

    def wrong(way: Access) -> Access:
        place = f"[[environment.access]] with security_profile = {way.security_profile}"
        return replace(way, place=place, **(mistakes if way.security_profile == profile else {}))

    return replace(SETTINGS, environment=replace(ENVIRONMENT, access=tuple(map(wrong, ENVIRONMENT.access))))


def wrong_ca(profile: int) -> Settings:
    return mistaken(profile, ca_file=doors.folder() / "manufacturer.pem")


def no_ca(profile: int) -> Settings:
    return mistaken(profile, ca_file=None)


def wrong_host(profile: int) -> Settings:
    return mistaken(profile, url="wss://127.0.0.1/ocpp")


def wrong_password(profile: int) -> Settings:
    return mistaken(profile, password="a-wrong-password")


def wrong_certificate(profile: int) -> Settings:
    return mistaken(profile, client_certificate=doors.folder() / "other_station.pem")


@pytest.mark.parametrize(
    ("case", "settings", "hint"),
    [
        ("TC_083_CSMS", wrong_ca(2), CA_FILE.format(SECOND)),
        ("TC_083_CSMS", no_ca(3), CA_FILE.format(THIRD)),
        ("TC_083_CSMS", wrong_host(2), URL.format(SECOND)),
        ("TC_085_CSMS", wrong_ca(2), CA_FILE.format(SECOND)),
        ("TC_085_CSMS", wrong_password(2), f"password of {SECOND} must be the station's password at the CSMS"),
        ("TC_086_CSMS", wrong_ca(2), CA_FILE.format(SECOND)),
        ("TC_086_CSMS", no_ca(2), CA_FILE.format(SECOND)),
        ("TC_086_CSMS", wrong_password(2), f"password of {SECOND} must be the station's password at the CSMS"),
        ("TC_087_CSMS", wrong_ca(3), CA_FILE.format(THIRD)),
        ("TC_087_CSMS", wrong_host(3), URL.format(THIRD)),
        ("TC_087_CSMS", wrong_certificate(3), f"client_certificate of {THIRD} must be the one"),
    ],
)
def test_a_mistake_of_ours_leaves_the_case_inconclusive(case: str, settings: Settings, hint: str) -> None:
    result = run_case(case, settings=settings)
    assert result.verdict is Verdict.INCONCLUSIVE, result.reason
    assert result.reason.startswith("preparation: ")
    assert hint in result.reason
    assert {check.phase for check in result.failed} == {"preparation"}


def test_a_certificate_that_names_another_host_than_ours_is_what_tc_086_is_about() -> None:
    result = run_case("TC_086_CSMS", settings=wrong_host(2))
    assert result.verdict is Verdict.FAIL
    assert [check.path for check in result.failed if check.phase == "case"] == [
        "ECDSA certificate.hosts",
        "RSA certificate.hosts",
    ]
    assert any(URL.format(SECOND) in str(check.received) for check in result.failed)


def test_what_is_not_configured_is_told_as_not_tried() -> None:
    bare = replace(ENVIRONMENT.security, expired_certificate=None, other_organization_certificate=None)
    settings = mistaken(3, password=None)
    settings = replace(settings, environment=replace(settings.environment, security=bare))
    result = run_case("TC_087_CSMS", settings=settings)
    assert result.verdict is Verdict.PASS
    lacking = [(check.path, check.received) for check in result.checks if check.outcome == "unverifiable"]
    assert lacking == [
        ("no client certificate, but the password", f"not tried: password of {THIRD} is not given"),
        (
            "a certificate that is another organization's",
            "not tried: other_organization_certificate of [environment.security] is not given",
        ),
        ("a certificate that is expired", "not tried: expired_certificate of [environment.security] is not given"),
    ]


def test_a_claimed_profile_without_a_station_is_told_as_not_tried() -> None:
    first = [way for way in ENVIRONMENT.access if way.security_profile == 1]
    settings = replace(SETTINGS, environment=replace(ENVIRONMENT, access=tuple(first)))
    result = run_case("TC_085_CSMS", settings=settings)
    assert result.verdict is Verdict.PASS
    lacking = {check.path: check.received for check in result.checks if check.outcome == "unverifiable"}
    alone = "not tried: no other station in the settings has a password of its own"
    assert lacking == {
        "another station's password": alone,
        "another station's user and password": alone,
        "security profiles": "1; not 2: the settings have no station for that",
    }


def test_an_upgrade_that_nothing_is_configured_for_is_told_as_not_tried() -> None:
    settings = replace(SETTINGS, environment=replace(ENVIRONMENT, access=ENVIRONMENT.access[:2]))
    result = run_case("TC_083_CSMS", settings=settings)
    assert result.verdict is Verdict.PASS
    [lacking] = [check for check in result.checks if check.outcome == "unverifiable"]
    assert (lacking.path, lacking.received) == ("security profiles", "1; not 2: the settings have no station for that")


class Open(Tamper):
    """A CSMS that takes whoever is unknown and comes without TLS."""

    def admitted(self, visitor: Visitor, admitted: bool) -> bool:
        return admitted or (visitor.identity.startswith("stranger-") and not visitor.tls)


@pytest.mark.parametrize(("claims", "verdict"), [((1, 2), Verdict.FAIL), ((0, 1, 2), Verdict.PASS)])
def test_strangers_may_come_without_tls_where_profile_0_is_claimed_too(
    claims: tuple[int, ...], verdict: Verdict
) -> None:
    settings = replace(SETTINGS, supports={**SETTINGS.supports, "security_profiles": list(claims)})
    result = run_case("TC_085_CSMS", Open(), settings=settings)
    assert result.verdict is verdict
    assert [check.path for check in (*result.failed, *result.warned)] == ["an unknown identity"]
