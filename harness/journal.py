"""The journal: a run as JSON lines, appended and flushed as it happens, and read back as a Run.

Line types, in order: `run`, then per case `case`, `message`..., `check`..., `verdict`, finally `end`. Each line is an
object with `type` and, for all but `run` and `end`, `case`. A journal without `end` was cut off and is refused unless
asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn, TextIO

from harness.errors import UsageError
from harness.results import CaseResult, Check, Message, Run, Verdict, with_steps

FORMAT = 1
FILE = "journal.jsonl"
_CUT_OFF = "the journal was cut off; --cut-off reads it anyway"


class Journal:
    """Appends to one journal file; every line is on disk when the method returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A lone surrogate has no UTF-8 form; backslashreplace writes it as the JSON escape that it needs.
        self._file: TextIO = path.open("x", encoding="utf-8", errors="backslashreplace", newline="\n")

    def run(self, run: Run) -> None:
        """The head: who is tested, with what, and which cases are planned."""
        head = _fields(run)
        for key in ("cases", "ended_utc", "complete", "interrupted"):
            del head[key]
        self._line("run", {"format": FORMAT, **head})

    def case(self, case: str, title: str, profile: str, started_utc: str) -> None:
        """A case starts."""
        self._line("case", {"case": case, "title": title, "profile": profile, "started_utc": started_utc})

    def message(self, case: str, message: Message) -> None:
        """A frame or connection event of the case."""
        self._line("message", {"case": case, **_fields(message)})

    def check(self, case: str, check: Check) -> None:
        """A check of the case."""
        self._line("check", {"case": case, **_fields(check)})

    def verdict(self, result: CaseResult) -> None:
        """The case has ended."""
        keys = ("case", "verdict", "reason", "duration_s", "error", "known_failure")
        self._line("verdict", {key: getattr(result, key) for key in keys})

    def end(self, ended_utc: str, *, interrupted: bool = False) -> None:
        """The run has ended; closes the file."""
        self._line("end", {"ended_utc": ended_utc, "interrupted": interrupted})
        self._file.close()

    def _line(self, kind: str, values: Mapping[str, Any]) -> None:
        self._file.write(json.dumps({"type": kind, **values}, ensure_ascii=False, default=_plain) + "\n")
        self._file.flush()


def _fields(value: Run | Message | Check) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def load(run: Path, *, cut_off: bool = False) -> Run:
    """The run in a report folder (or a journal file).

    Raises UsageError in one line if there is no journal, it is damaged, of another format, or cut off (`cut_off=True`
    reads what there is and marks the Run incomplete).
    """
    path = run / FILE if run.is_dir() else run
    head: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    cases: dict[str, dict[str, Any]] = {}
    for where, line in _lines(path, cut_off=cut_off):
        kind = line.pop("type", None)
        if (head is None) != (kind == "run"):
            raise UsageError(f"{where}: expected one line of type 'run', the first, received {kind!r}")
        if end is not None:
            raise UsageError(f"{where}: expected nothing after the line of type 'end', received {kind!r}")
        if kind == "run":
            head = _head(where, line)
        elif kind == "end":
            end = line
        else:
            _add(cases, kind, line, where)
    if head is None:
        raise UsageError(f"{path}: expected a journal, received no complete line")
    if end is None and not cut_off:
        raise UsageError(f"{path}: expected a last line of type 'end'; {_CUT_OFF}")
    try:
        return _run(head, end, cases)
    except (KeyError, TypeError, ValueError) as error:
        _incomplete(str(path), "run, case, verdict or end", error)


def _lines(path: Path, *, cut_off: bool) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        texts = path.read_bytes().removesuffix(b"\n").split(b"\n")
    except OSError as error:
        raise UsageError(f"{path}: expected a readable journal, received {str(error.strerror).lower()}") from None
    for number, text in enumerate(texts, 1):
        where, last = f"{path}:{number}", number == len(texts)
        try:
            line = json.loads(text)
        except ValueError:
            if last and (cut_off or not text):
                return
            hint = _CUT_OFF if last else "the file is damaged"
            raise UsageError(f"{where}: expected a JSON object, received {_shown(text)}; {hint}") from None
        if not isinstance(line, dict):
            raise UsageError(f"{where}: expected a JSON object, received {_shown(text)}")
        yield where, line


def _shown(text: bytes) -> str:
    return repr(text[:40].decode(errors="replace"))


def _head(where: str, line: dict[str, Any]) -> dict[str, Any]:
    received = line.pop("format", None)
    if received != FORMAT:
        hint = "read it with the version that wrote it"
        raise UsageError(f"{where}: expected journal format {FORMAT}, received {received!r}; {hint}")
    return line


def _add(cases: dict[str, dict[str, Any]], kind: object, line: dict[str, Any], where: str) -> None:
    try:
        name = line.pop("case")
        if kind == "case":
            if name in cases:
                raise UsageError(f"{where}: expected each case once, received {name} again")
            cases[name] = {**line, "messages": [], "checks": [], "end": None}
        elif kind == "message":
            cases[name]["messages"].append(Message(**line))
        elif kind == "check":
            cases[name]["checks"].append(Check(**line))
        elif kind == "verdict":
            cases[name]["end"] = line
        else:
            raise UsageError(
                f"{where}: expected a line of type case, message, check, verdict or end, received {kind!r}"
            )
    except (KeyError, TypeError) as error:
        _incomplete(where, str(kind), error)


def _incomplete(where: str, kind: str, error: Exception) -> NoReturn:
    raise UsageError(
        f"{where}: expected a complete line of type {kind}, received a wrong or missing key ({error})"
    ) from None


def _run(head: Mapping[str, Any], end: Mapping[str, Any] | None, cases: Mapping[str, dict[str, Any]]) -> Run:
    results = []
    for name, found in cases.items():
        ended = found["end"] or {"verdict": Verdict.INCONCLUSIVE, "reason": "the journal ends inside this case"}
        results.append(
            CaseResult(
                case=name,
                title=found["title"],
                profile=found["profile"],
                started_utc=found["started_utc"],
                messages=with_steps(found["messages"], found["checks"]),
                checks=tuple(found["checks"]),
                **{**ended, "verdict": Verdict(ended["verdict"])},
            )
        )
    planned = tuple(head.get("planned", ()))
    return Run(
        **{**head, "planned": planned, "demands": tuple(head.get("demands", ()))},
        cases=tuple(results),
        complete=end is not None,
        ended_utc="" if end is None else end["ended_utc"],
        interrupted=end is not None and bool(end["interrupted"]),
    )
