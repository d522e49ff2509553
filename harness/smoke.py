"""A look at the system before a run: can it be done, and what would each problem break?

The same conversation is worth having again after a run. It uses the tester station and its recorder, so what it finds
is judged as in a case; it stops no run and writes no journal.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness import catalogue, config, pics
from harness.errors import CaseFailed, Inconclusive, OperatorError
from harness.evidence import Evidence
from harness.matchers import MISSING, find, parse_time
from harness.material import Access
from harness.operators.csms import driver
from harness.operators.csms.base import guarded
from harness.operators.records import port
from harness.refusal import NotConnected
from harness.results import Check, Verdict
from harness.runs import provision, version
from harness.station import Station
from harness.sut import reference_csms
from harness.wire import WebSocketDialer


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at; `breaks` names the cases that cannot pass because of it, or are not tested."""

    what: str
    good: bool
    found: str
    breaks: tuple[str, ...] = ()


def check(sut: Path | None) -> list[Finding]:
    """What was found at the system of this settings file, or at the reference CSMS."""
    with ExitStack() as stack:
        settings = config.load(sut) if sut else stack.enter_context(reference_csms(version()))
        return asyncio.run(_all(settings))


async def _all(settings: config.Settings) -> list[Finding]:
    findings = [await _operator(settings), *_left_out(settings), *_claims(settings)]
    evidence = Evidence("smoke", secrets=config.secrets(settings))
    environment = settings.environment
    dialer = WebSocketDialer(environment.message_timeout_s)
    station = Station(evidence, environment, dialer, sources=lambda *key: None)
    try:
        await station.connects()
    except NotConnected as error:
        findings.append(Finding("connection", False, str(error), ("all cases",)))
        return [*findings, *[finding async for finding in _other_ways(settings, dialer)]]
    findings.append(Finding("connection", True, f"{_way(environment.own_access)}, {_facts(station)}"))
    findings += [finding async for finding in _other_ways(settings, dialer)]
    try:
        async with _noted(findings, "boot", ("all cases",)):
            findings += await _boot(station, settings)
        for status, tag in environment.cards.items():
            if not _with_card(settings, status):
                continue
            async with _noted(findings, f"card {status}", _with_card(settings, status)):
                findings.append(await _card(station, settings, status, tag))
        findings += _rules(evidence)
        findings.append(await _records(settings))
    finally:
        await station.leaves()
    return findings


async def _other_ways(settings: config.Settings, dialer: WebSocketDialer) -> AsyncIterator[Finding]:
    """The stations of [[environment.access]]: whether each is let in."""
    environment = settings.environment
    for profile, way in sorted(environment.ways.items()):
        if way == environment.own_access:
            continue
        breaks = _coming_in(settings, profile)
        try:
            link = await dialer.connect(way.station_id, way.approach)
        except NotConnected as error:
            yield Finding("connection", False, str(error), breaks)
        else:
            yield Finding("connection", True, _way(way))
            await link.close()


def _coming_in(settings: config.Settings, profile: int) -> tuple[str, ...]:
    return _where(settings, lambda case: profile in _profiles(case, settings))


def _profiles(case: catalogue.Case, settings: config.Settings) -> tuple[int, ...]:
    """The security profiles on which a case comes in."""
    profiles = case.rounds(settings.environment.ways, settings.supports["security_profiles"]).profiles
    return tuple({each for profile in profiles for each in range(profile, profile + 1 + case.upgrades)})


def _way(way: Access) -> str:
    return f"{way.url} as {way.station_id}, security profile {way.security_profile}"


def _facts(station: Station) -> str:
    return ", ".join(f"{name} {value}" for name, value in station.connection.link.facts.items())


@asynccontextmanager
async def _noted(findings: list[Finding], what: str, breaks: tuple[str, ...]) -> AsyncIterator[None]:
    try:
        yield
    except (CaseFailed, Inconclusive) as error:
        findings.append(Finding(what, False, str(error), breaks))


async def _boot(station: Station, settings: config.Settings) -> list[Finding]:
    environment = settings.environment
    await station.sends(1, "BootNotification.req", **station.boot())
    received = await station.receives(2, "BootNotification.conf")
    status, shown = find(received.payload, "status"), parse_time(find(received.payload, "currentTime"))
    interval = find(received.payload, "interval")
    findings = [
        Finding(
            "boot",
            status == "Accepted",
            f"status {status!r}, heartbeat interval {interval} s",
            _unless(status == "Accepted", "all cases"),
        )
    ]
    at = station.clock.utc(received.at_ns)
    offset_s = (shown - at).total_seconds() if shown else None
    good = offset_s is not None and abs(offset_s) <= environment.max_time_deviation_s
    text = "no readable currentTime"
    if offset_s is not None:
        text = f"{round(offset_s, 1) + 0:+.1f} s against this machine's clock"
    findings.append(Finding("clock", good, text, () if good else _with_path(settings, "currentTime")))
    cap = environment.heartbeat_max_s
    if isinstance(interval, int) and interval > cap:
        findings.append(
            Finding("heartbeat", True, f"the interval {interval} s is cut to heartbeat_max_s {cap:g} s in TC_001_CSMS")
        )
    return findings


async def _card(station: Station, settings: config.Settings, status: str, tag: str) -> Finding:
    wanted = "Accepted" if status.startswith("Accepted") else status
    await station.sends(3, "Authorize.req", idTag=tag)
    received = await station.receives(4, "Authorize.conf")
    found = find(received.payload, "idTagInfo.status")
    good = found == wanted
    return Finding(
        f"card {status}",
        good,
        f"{tag} is {'not stated' if found is MISSING else found}",
        () if good else _with_card(settings, status),
    )


async def _operator(settings: config.Settings) -> Finding:
    kind = settings.operator["driver"]
    if kind == "manual":
        return Finding("operator", True, "driver manual: you will be asked")
    hands, told = driver(settings), ""
    try:
        with suppress(NotImplementedError):
            await provision(hands, settings.environment)
            told = f"; {_provisioned(settings.environment)}"
        await guarded("reachable", hands.reachable(settings.environment.station_id))
    except OperatorError as error:
        return Finding("operator", False, str(error), _where(settings, lambda case: bool(case.operator)))
    finally:
        await hands.close()
    return Finding("operator", True, f"driver {kind} answers{told}")


def _provisioned(environment: config.Environment) -> str:
    stations = [f"{way.station_id} (security profile {profile})" for profile, way in sorted(environment.ways.items())]
    return f"made known to the CSMS: station {', '.join(stations)}, and {len(environment.cards)} cards"


async def _records(settings: config.Settings) -> Finding:
    asked = port(settings)
    if asked is None:
        cases = len(_where(settings, lambda case: bool(case.records)))
        return Finding(
            "records", True, f"none configured: what the CSMS believes afterwards stays unverifiable in {cases} cases"
        )
    try:
        await asked.connector(settings.environment.station_id, settings.environment.connector_id)
    except NotImplementedError:
        return Finding("records", True, "no request for a connector: its status stays unverifiable")
    except OperatorError as error:
        return Finding("records", False, str(error), _where(settings, lambda case: bool(case.records)))
    finally:
        await asked.close()
    return Finding("records", True, "the connector's status can be asked")


def _left_out(settings: config.Settings) -> Iterator[Finding]:
    """What is claimed and cannot be tested with this set-up, by what is lacking."""
    lacking: dict[str, list[str]] = {}
    for case in catalogue.load().cases.values():
        left_out = pics.excluded(case.id, settings, case.profile)
        if left_out is not None and left_out.verdict is Verdict.NOT_TESTED:
            lacking.setdefault(left_out.reason, []).append(case.id)
    for reason, cases in lacking.items():
        yield Finding("set-up", True, reason, tuple(cases))


def _claims(settings: config.Settings) -> Iterator[Finding]:
    """Stations whose security profile nobody claims, and what the generation demands."""
    for profile, way in sorted(settings.environment.ways.items()):
        if profile and profile not in settings.supports["security_profiles"]:
            text = f"station {way.station_id} is on security profile {profile}, which [supports] does not claim"
            yield Finding("claims", True, f"{text}: the cases of that profile are not applicable")
    for sentence in pics.demands(settings):
        yield Finding("claims", True, f"{sentence}: the row Core stays Incomplete")


def _rules(evidence: Evidence) -> Iterator[Finding]:
    """What the referee has to say about the frames so far."""
    found: dict[str, Check] = {
        check.rule: check for check in evidence.checks if check.rule and check.outcome in ("fail", "warn")
    }
    for check in found.values():
        text = f"{check.message} {check.path}: expected {check.expected}, received {check.received!r} ({check.source})"
        yield Finding(
            "frames", check.outcome == "warn", text, _unless(check.outcome == "warn", "cases with such a frame")
        )


def _unless(good: bool, *breaks: str) -> tuple[str, ...]:
    return () if good else breaks


def _where(settings: config.Settings, which: Callable[[catalogue.Case], bool]) -> tuple[str, ...]:
    """The cases of a kind that would run."""
    cases = [case for case in catalogue.load().cases.values() if which(case)]
    return tuple(case.id for case in cases if pics.excluded(case.id, settings, case.profile) is None)


def _with_card(settings: config.Settings, status: str) -> tuple[str, ...]:
    return _where(settings, lambda case: status in case.cards)


def _with_path(settings: config.Settings, path: str) -> tuple[str, ...]:
    return _where(settings, lambda case: any(row.path == path for row in case.checks))
