"""The catalogue: the facts of the official cases, in our own words, as frozen values.

It says which checks a case makes, how much each weighs and who says so; what is expected stands on the pages alone. It
reads data files only: no page is imported, and loading takes a few milliseconds.
"""

from __future__ import annotations

import difflib
import functools
import importlib.resources
import tomllib
from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, get_args

from harness.errors import HarnessError
from harness.results import Level, Step

FILES = (
    "csms.toml",
    "csms-core.toml",
    "csms-local-list.toml",
    "csms-firmware.toml",
    "csms-reservation.toml",
    "csms-trigger.toml",
    "csms-smart-charging.toml",
    "csms-security.toml",
    "csms-security-firmware.toml",
    "csms-security-ways-in.toml",
)

Key = tuple[Step, str, str]
"""Step, message and path: what tells one check of a case from another."""


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One check: `message` is an OCPP message, `records.…` or a connection; `path` "" means that it came at all.

    `printed_step` is the step that the document prints where that differs from the step of the scenario.
    """

    step: Step
    message: str
    path: str
    level: Level
    source: str
    printed_step: Step | None = None

    @property
    def key(self) -> Key:
        """What tells this check from the others of its case."""
        return self.step, self.message, self.path


class Rounds(NamedTuple):
    """The security profiles on which a case is gone through, those that lack a station for it, and all claims."""

    profiles: tuple[int, ...] = ()
    lacking: tuple[int, ...] = ()
    claimed: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True, slots=True)
class Case:
    """An official case. `operator` says per action what the person at the CSMS does, `cards` names statuses.

    `wants` are keys of [environment.security]: without them the case runs, but not all of its checks can be made.
    """

    id: str
    title: str
    section: str
    chapter: str
    profile: str
    summary: str
    states: tuple[str, ...] = ()
    operator: Mapping[str, str] = field(default_factory=dict)
    cards: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    security_profiles: tuple[int, ...] = ()
    upgrades: bool = False
    every_profile: bool = False
    waits: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    checks: tuple[CheckRow, ...] = ()

    @property
    def records(self) -> tuple[str, ...]:
        """What the records port is asked for: transaction, connector, command."""
        asked = (row.message.removeprefix("records.") for row in self.checks if row.message.startswith("records."))
        return tuple(dict.fromkeys(asked))

    def rounds(self, ways: Container[int], claimed: Collection[int]) -> Rounds:
        """On which of its security profiles the case is gone through: on the first that is claimed and has a way in.

        An upgrade needs the next profile too, and like a case on every profile it is gone through on all there are. A
        case that will do with no security at all asks for no claim.
        """
        steps, counted = 1 + self.upgrades, range(4) if 0 in self.security_profiles else claimed
        wanted = [p for p in self.security_profiles if all(each in counted for each in range(p, p + steps))]
        tried = tuple(p for p in wanted if all(each in ways for each in range(p, p + steps)))
        if not (self.every_profile or self.upgrades):
            return Rounds(tried[:1], () if tried else tuple(wanted), tuple(claimed))
        return Rounds(tried, tuple(p for p in wanted if p not in tried), tuple(claimed))


@dataclass(frozen=True, slots=True)
class State:
    """A reusable state: what a case starts from."""

    id: str
    section: str
    meaning: str
    requires: tuple[str, ...] = ()
    checks: tuple[CheckRow, ...] = ()


@dataclass(frozen=True)
class Catalogue:
    """Everything the catalogue knows, by id and in the order of the document."""

    revision: str
    cases: Mapping[str, Case]
    states: Mapping[str, State]
    _rows: Mapping[str, Mapping[Key, CheckRow]] = field(repr=False)

    def case(self, case_id: str) -> Case:
        """The case with this id; raises KeyError."""
        return self.cases[case_id]

    def nearest(self, case_id: str) -> str:
        """The known id that resembles this one most."""
        wanted = case_id.upper().replace("-", "_").replace(" ", "_")
        return max(self.cases, key=lambda known: (difflib.SequenceMatcher(None, wanted, known).ratio(), -len(known)))

    def row(self, case_or_state: str, step: Step, message: str, path: str) -> CheckRow | None:
        """The row of a check, or None if the catalogue does not know it."""
        return self._rows.get(case_or_state, {}).get((step, message, path))


@functools.cache
def load() -> Catalogue:
    """The catalogue that comes with the package; raises HarnessError if one of its files is wrong."""
    folder = importlib.resources.files("testcases") / "catalogue"
    return parse((folder / name).read_text(encoding="utf-8") for name in FILES)


def parse(texts: Iterable[str]) -> Catalogue:
    """The catalogue that these TOML texts hold together."""
    tables = [tomllib.loads(text) for text in texts]
    cases = sorted((_case(entry) for table in tables for entry in table.get("case", ())), key=_place)
    states = [_state(entry) for table in tables for entry in table.get("state", ())]
    revisions = [table["document"]["revision"] for table in tables if "document" in table]
    return Catalogue(
        revision=", ".join(revisions),
        cases=_by_id(cases),
        states=_by_id(states),
        _rows={entry.id: _by_key(entry.id, entry.checks) for entry in cases}
        | {entry.id: _by_key(entry.id, entry.checks) for entry in states},
    )


def _place(case: Case) -> list[int]:
    """Where a case stands in the document; cases of one section stay in their order."""
    return [int(number) for number in case.section.split(".")]


def _case(entry: dict[str, Any]) -> Case:
    try:
        return Case(
            id=entry["id"],
            title=entry["title"],
            section=entry["section"],
            chapter=entry["chapter"],
            profile=entry["profile"],
            summary=entry["summary"],
            states=tuple(entry.get("states", ())),
            operator=MappingProxyType(entry.get("operator", {})),
            cards=tuple(entry.get("cards", ())),
            needs=tuple(entry.get("needs", ())),
            security_profiles=tuple(entry.get("security_profiles", ())),
            upgrades=entry.get("upgrades", False),
            every_profile=entry.get("every_profile", False),
            waits=tuple(entry.get("waits", ())),
            wants=tuple(entry.get("wants", ())),
            checks=_checks(entry),
        )
    except KeyError as error:
        raise _wrong(entry, error) from None


def _state(entry: dict[str, Any]) -> State:
    try:
        return State(entry["id"], entry["section"], entry["meaning"], tuple(entry.get("requires", ())), _checks(entry))
    except KeyError as error:
        raise _wrong(entry, error) from None


def _checks(entry: dict[str, Any]) -> tuple[CheckRow, ...]:
    return tuple(row for line in entry["checks"] for row in _rows(entry["id"], line))


def _rows(owner: str, line: dict[str, Any]) -> Iterator[CheckRow]:
    """The checks of one line: one for each of its paths."""
    step, level, printed, path = line["step"], line["level"], line.get("printed_step"), line.get("path", "")
    if level not in get_args(Level):
        raise HarnessError(f"catalogue: {owner} step {step}: expected one of {get_args(Level)}, received {level!r}")
    official = f"{owner} step {step}" + (f" (printed as step {printed})" if printed is not None else "")
    for each in [path] if isinstance(path, str) else path:
        yield CheckRow(step, line["message"], each, level, line.get("source", official), printed)


def _wrong(entry: dict[str, Any], missing: KeyError) -> HarnessError:
    return HarnessError(f"catalogue: {entry.get('id', entry)}: expected a key {missing}, received none")


Known = TypeVar("Known", Case, State)


def _by_id(entries: list[Known]) -> Mapping[str, Known]:
    found = {entry.id: entry for entry in entries}
    if len(found) != len(entries):
        raise HarnessError("catalogue: expected each id once")
    return MappingProxyType(found)


def _by_key(owner: str, rows: Iterable[CheckRow]) -> Mapping[Key, CheckRow]:
    found: dict[Key, CheckRow] = {}
    for row in rows:
        if found.setdefault(row.key, row) is not row:
            raise HarnessError(
                f"catalogue: {owner}: expected each step, message and path once, received {row.key} twice"
            )
    return found
