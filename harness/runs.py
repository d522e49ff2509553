"""A run from its first case to its reports: folder, journal, selection, verdicts, exit code."""

from __future__ import annotations

import asyncio
import difflib
import importlib.metadata
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import catalogue, config, pics, questions
from harness.alone import alone
from harness.clock import Clock, rfc3339
from harness.errors import UsageError
from harness.execution import CaseScope, RunContext
from harness.journal import FILE, Journal
from harness.material import Access
from harness.operators.csms import driver
from harness.operators.csms.base import CsmsOperator, guarded
from harness.operators.records import port
from harness.results import CaseResult, Run, Verdict
from harness.sut import reference_csms
from harness.wire import WebSocketDialer

Listener = Callable[[str, object], None]
"""Told `warning` (a line about the settings), `opened` (the folder), `start` (number of cases), `case` (its id),
`waiting` (whether a person is asked now), `verdict` (CaseResult), `judged` (the folder, before its reports are made)
and `end` (the folder)."""


def version() -> str:
    """The version of this harness."""
    return importlib.metadata.version("ocpp-conformance")


@dataclass(frozen=True)
class Selection:
    """Which cases were asked for; nothing means all. Raises UsageError for a name that does not exist."""

    cases: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = catalogue.load()
        for id in self.cases:
            if id not in known.cases:
                raise UsageError(
                    f"--case {id}: expected a case id, received an unknown one; did you mean {known.nearest(id)}?"
                )
        profiles = sorted({case.profile for case in known.cases.values()})
        for profile in self.profiles:
            if profile not in profiles:
                nearest = difflib.get_close_matches(profile.lower(), {p.lower(): p for p in profiles}, 1, 0)
                hint = next((p for p in profiles if [p.lower()] == nearest), "")
                raise UsageError(
                    f"--profile {profile}: expected {' or '.join(profiles)}, received an unknown one; "
                    f"did you mean {hint}? Rows of the certificate, which plan and report count by, are no profiles"
                )

        if not any(map(self.takes, known.cases.values())):
            raise UsageError("--case, --profile: expected a case of that profile, received none; both have to hold")

    def takes(self, case: catalogue.Case) -> bool:
        """Whether the case was asked for."""
        return (not self.cases or case.id in self.cases) and (not self.profiles or case.profile in self.profiles)


async def provision(operator: CsmsOperator, environment: config.Environment) -> None:
    """Has the CSMS know our station and cards; raises NotImplementedError if the driver leaves that to a person."""
    provisioning = operator.provision(
        environment.station_id,
        cards=environment.cards,
        password=environment.password,
        parent_id_tag=environment.parent_id_tag,
    )
    await guarded("provision", provisioning)
    for way in environment.ways.values():
        access = operator.provision_access(
            way.station_id,
            securityProfile=way.security_profile,
            password=way.password,
            serialNumber=way.serial_number,
        )
        await guarded("provision_access", access)


class RunSession:
    """One run; `listeners` are told what happens."""

    listeners: tuple[Listener, ...] = ()

    def __init__(self, sut: str | None, reports: Path, selection: Selection, *, strict: bool = False) -> None:
        self.sut, self.strict, self.seed = sut, strict, -1
        self.interrupted = False
        self.started = False
        self.total = 0
        self.context: RunContext | None = None
        self.results: list[CaseResult] = []
        self.folder = reports / datetime.now(UTC).strftime("%Y%m%d-%H%M%S-csms")
        self._reports, self._selection = reports, selection
        self._catalogue = catalogue.load()
        self._chosen: list[str] = []
        self._settings = config.load(Path(sut)) if sut else None

    @property
    def settings(self) -> config.Settings:
        """The settings of the system under test, once it is known."""
        assert self._settings is not None
        return self._settings

    def selects(self, id: str) -> bool:
        """Whether this case shall run; applicability is decided when the settings are known."""
        if id not in self._catalogue.cases:
            raise UsageError(f"{id}: expected a case of the catalogue")
        return self._selection.takes(self._catalogue.cases[id])

    def start(self, stack: ExitStack) -> None:
        """Brings up the reference CSMS if no other is named, checks that the system answers, and opens the journal."""
        if self._settings is None:
            self._settings = stack.enter_context(reference_csms(version()))
        settings, environment = self._settings, self._settings.environment
        stack.enter_context(alone(environment))
        self.context = RunContext(
            settings,
            WebSocketDialer(environment.message_timeout_s),
            lambda: driver(settings),
            lambda: port(settings),
            self._catalogue.row,
            waiting=lambda waits: self._tell("waiting", waits),
            strict=self.strict,
            secrets=config.secrets(settings),
        )
        for line in config.too_short(settings):
            self._tell("warning", line)
        asyncio.run(self._prepare())
        self.folder = _new_folder(self.folder)
        self.context.journal = Journal(self.folder / FILE)
        self.context.journal.run(self._head())
        self.started = True
        self._tell("opened", self.folder)
        self._tell("start", self.total)

    async def _prepare(self) -> None:
        """Has the CSMS know our station and cards where a driver can do that, and sees that it can be run at all."""
        assert self.context is not None
        operator = self.context.operator()
        try:
            with suppress(NotImplementedError):
                await provision(operator, self.settings.environment)
            if any(self._selection.takes(case) and case.operator for case in self._catalogue.cases.values()):
                await guarded("reachable", operator.reachable(self.settings.environment.station_id))
        finally:
            await operator.close()
        environment = self.settings.environment
        link = await self.context.dialer.connect(environment.station_id, environment.approach)
        await link.close()

    def open(self, id: str) -> CaseScope:
        """The scope in which a case runs."""
        assert self.context is not None
        return CaseScope(self.context, self._catalogue.cases[id])

    def excluded(self, id: str) -> pics.Excluded | None:
        """Why the case is left out with this system, or None if it runs."""
        return pics.excluded(id, self.settings, self._catalogue.cases[id].profile)

    def begins(self, id: str) -> None:
        """A case starts."""
        self._tell("case", id)

    def ends(self, scope: CaseScope, error: BaseException | None) -> None:
        """A case is over: its verdict goes into the journal."""
        result = scope.result(error)
        if left_out := self.excluded(scope.case.id):
            result = replace(result, verdict=left_out.verdict, reason=left_out.reason, error="")
        self.results.append(result)
        self._journal.verdict(result)
        self._tell("verdict", result)

    def finish(self, *, interrupted: bool) -> None:
        """Closes the journal and makes the reports from it."""
        from harness import report

        self._journal.end(rfc3339(Clock().utc()), interrupted=interrupted or self.interrupted)
        self._tell("judged", self.folder)
        report.make(self.folder)
        self._tell("end", self.folder)

    @property
    def _journal(self) -> Journal:
        journal = self.context.journal if self.context else None
        assert journal is not None
        return journal

    def exit_code(self) -> int:
        """0 all pass, 1 a case did not, 2 the run could not be done."""
        if not self.results or any(result.verdict is Verdict.ERROR for result in self.results):
            return 2
        good = (Verdict.PASS, Verdict.NOT_APPLICABLE)
        excused = [r for r in self.results if r.known_failure and r.verdict is Verdict.FAIL]
        surprises = [r for r in self.results if r.known_failure and r.verdict is Verdict.PASS]
        bad = [r for r in self.results if r.verdict not in good and r not in excused]
        return 1 if bad or surprises else 0

    def story(self, scope: CaseScope, error: BaseException | None) -> str:
        """The case as told to the person who has to act on it."""
        from harness.report.conversation import failure_text

        return failure_text(scope.result(error))

    def _head(self) -> Run:
        settings, environment = self.settings, self.settings.environment
        generation = questions.load().generations[settings.supports["generation"]]
        return Run(
            id=self.folder.name,
            role="csms",
            started_utc=rfc3339(Clock().utc()),
            strict=self.strict,
            harness_version=version(),
            catalogue_revision=self._catalogue.revision,
            sut={"vendor": settings.sut.vendor, "product": settings.sut.product, "version": settings.sut.version},
            supports=dict(settings.supports),
            environment=_shown(environment) | ({"seed": self.seed} if self.seed >= 0 else {}),
            performance={
                "response_timeout_s": settings.performance.response_timeout_s,
                "authorize_s": settings.performance.authorize_s,
            },
            demands=tuple(pics.demands(settings)),
            planned=tuple(_planned(case, generation) for case in self._catalogue.cases.values()),
        )

    def _tell(self, what: str, value: object) -> None:
        for listener in self.listeners:
            listener(what, value)


def _shown(environment: config.Environment) -> dict[str, Any]:
    """What a reader needs to judge the figures; no secrets, no cards, and nothing that was not given."""
    hidden = {
        "cards",
        "password",
        "ca_file",
        "vendor_name",
        "model",
        "access",
        "security_profile",
        "client_certificate",
        "place",
    }
    ways = {f"security profile {profile}": _way(way) for profile, way in sorted(environment.ways.items())}
    return _plain(environment, hidden) | {"security_profile": environment.profile, "access": ways}


def _way(way: Access) -> str:
    """A way in, as a reader is told of it."""
    given = {"password": way.password, "client certificate": way.client_certificate, "CA file": way.ca_file}
    return ", ".join([f"{way.url} as {way.station_id}", *(f"{name} set" for name, value in given.items() if value)])


def _plain(value: Any, hidden: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of a value by name, as JSON has them; none that is hidden or was not given."""
    found = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in hidden}
    plain = {name: _plain(each) if is_dataclass(each) else each for name, each in found.items() if each is not None}
    return {name: str(each) if isinstance(each, Path) else each for name, each in plain.items()}


def _planned(case: catalogue.Case, generation: questions.Generation) -> dict[str, Any]:
    row = generation.row(case.id, case.profile)
    checks = [{"step": r.step, "message": r.message, "path": r.path, "source": r.source} for r in case.checks]
    return {"case": case.id, "title": case.title, "profile": case.profile, "row": row, "checks": checks}


def _new_folder(folder: Path) -> Path:
    """The folder, or the first free one with a number behind its name."""
    for candidate in (folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000))):
        try:
            candidate.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{candidate}: expected a folder that can be made, received {_reason(error)}") from None
        return candidate
    raise UsageError(f"{folder}: expected a free name for the run, received none")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
