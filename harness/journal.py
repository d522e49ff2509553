"""The journal: a run as JSON lines, appended and flushed as it happens, and read back as a Run.

Line types, in order: `run`, then per case `case`, `message`..., `check`..., `verdict`, finally `end`. Each line is an
object with `type` and, for all but `run` and `end`, `case`. A journal without `end` was cut off and is refused unless
asked for.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TextIO

from harness.errors import UsageError
from harness.results import CaseResult, Check, Message, Run, Verdict, with_steps

FORMAT = 1
FILE = "journal.jsonl"


class Journal:
    """Appends to one journal file; every line is on disk when the method returns."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = path.open("x", encoding="utf-8")

    def run(self, run: Run) -> None:
        """The head: who is tested, with what, and which cases are planned."""
        head = dataclasses.asdict(run)
        for key in ("cases", "ended_utc", "complete", "interrupted"):
            del head[key]
        self._line("run", {"format": FORMAT, **head})

    def case(self, case: str, title: str, profile: str, started_utc: str) -> None:
        """A case starts."""
        self._line("case", {"case": case, "title": title, "profile": profile, "started_utc": started_utc})

    def message(self, case: str, message: Message) -> None:
        """A frame or connection event of the case."""
        self._line("message", {"case": case, **dataclasses.asdict(message)})

    def check(self, case: str, check: Check) -> None:
        """A check of the case."""
        self._line("check", {"case": case, **dataclasses.asdict(check)})

    def verdict(self, result: CaseResult) -> None:
        """The case has ended."""
        keys = ("case", "verdict", "reason", "duration_s", "error", "known_failure")
        self._line("verdict", {key: getattr(result, key) for key in keys})

    def end(self, ended_utc: str, *, interrupted: bool = False) -> None:
        """The run has ended; closes the file."""
        self._line("end", {"ended_utc": ended_utc, "interrupted": interrupted})
        self._file.close()

    def _line(self, kind: str, fields: Mapping[str, Any]) -> None:
        self._file.write(json.dumps({"type": kind, **fields}, ensure_ascii=False, default=str) + "\n")
        self._file.flush()


def load(run: Path, *, cut_off: bool = False) -> Run:
    """The run in a report folder (or a journal file).

    Raises UsageError in one line if there is no journal, it is damaged, of another format, or cut off (`cut_off=True`
    reads what there is and marks the Run incomplete).
    """
    path = run / FILE if run.is_dir() else run
    head: dict[str, Any] | None = None
    end: dict[str, Any] | None = None
    cases: dict[str, dict[str, Any]] = {}
    for number, line in _lines(path, cut_off=cut_off):
        kind = line.pop("type", None)
        if head is None and kind != "run":
            raise UsageError(f"{path}:{number}: expected a line of type 'run' first, received {kind!r}")
        if kind == "run":
            head = _head(path, line)
        elif kind == "end":
            end = line
        else:
            _add(cases, str(kind), line, f"{path}:{number}")
    if head is None:
        raise UsageError(f"{path}: expected a journal, received an empty file")
    if end is None and not cut_off:
        raise UsageError(f"{path}: expected a last line of type 'end', the journal was cut off; --cut-off reads it anyway")
    return _run(head, end, cases)


def _lines(path: Path, *, cut_off: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: expected a readable journal, received {error}") from None
    for number, text in enumerate(texts, 1):
        try:
            line = json.loads(text)
        except ValueError:
            if cut_off and number == len(texts):
                return
            hint = "the journal was cut off; --cut-off reads it anyway" if number == len(texts) else "the file is damaged"
            raise UsageError(f"{path}:{number}: expected a JSON object, received {text[:40]!r}; {hint}") from None
        if not isinstance(line, dict):
            raise UsageError(f"{path}:{number}: expected a JSON object, received {text[:40]!r}")
        yield number, line


def _head(path: Path, line: dict[str, Any]) -> dict[str, Any]:
    received = line.pop("format", None)
    if received != FORMAT:
        raise UsageError(f"{path}: expected journal format {FORMAT}, received {received!r}; read it with the version that wrote it")
    return line


def _add(cases: dict[str, dict[str, Any]], kind: str, line: dict[str, Any], where: str) -> None:
    try:
        name = line.pop("case")
        if kind == "case":
            cases[name] = {**line, "messages": [], "checks": [], "end": None}
        elif kind == "message":
            cases[name]["messages"].append(Message(**line))
        elif kind == "check":
            cases[name]["checks"].append(Check(**line))
        elif kind == "verdict":
            cases[name]["end"] = line
        else:
            raise UsageError(f"{where}: expected case, message, check, verdict or end, received {kind!r}")
    except (KeyError, TypeError) as error:
        raise UsageError(f"{where}: expected a complete line of type {kind!r}, received a wrong or missing key ({error})") from None


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
        **{**head, "planned": planned},
        cases=tuple(results),
        complete=end is not None,
        ended_utc=end["ended_utc"] if end else "",
        interrupted=bool(end and end["interrupted"]),
    )
