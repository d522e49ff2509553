"""The parts of report.html: head of the page, row and details of a case. Every text is escaped by the templates."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from harness.report.conversation import alike, event, expected, name, one_line, printable, received
from harness.report.svg import sequence
from harness.report.words import VERDICTS, ending, generation, interruption, product, profile_name
from harness.results import CaseResult, Check, Message, Run, Verdict
from harness.tables.facts import all_cases, counts, exchanges, overall, performance, rows, spread, start_ns

_HERE = Path(__file__).parent
_LIMIT = 20_000
"""So many characters of one value are shown at most; the journal has the rest."""

HEADER = [
    '<th class="sortable" data-column-type="result">Result</th>',
    '<th class="sortable" data-column-type="testId">Case</th>',
    '<th class="sortable" data-column-type="title">Title</th>',
    '<th class="sortable" data-column-type="profile">Profile</th>',
    '<th class="sortable" data-column-type="verdict">Verdict</th>',
    '<th class="sortable" data-column-type="authorize">Authorize</th>',
    '<th class="sortable" data-column-type="time">Duration</th>',
]
"""pytest-html needs the first column for its filters; the page does not show it."""


@functools.cache
def environment() -> Environment:
    """The templates beside this module, escaping everything."""
    found = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.filters |= {"printable": printable, "one_line": one_line, "profile": profile_name, "ending": ending}
    return found


def title(run: Run) -> str:
    """The title of the page."""
    return f"OCPP 1.6 conformance: {printable(product(run))}"


def settings(run: Run) -> dict[str, str]:
    """What was set for the run, by a dotted name; escaped, because pytest-html inserts it as it is."""
    groups = {"environment": run.environment, "supports": run.supports}
    return {key: escape(value) for group, values in groups.items() for key, value in flat(values, group)}


def flat(settings: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested settings as dotted names with printable values, lists joined by commas."""
    for key, value in settings.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, Mapping):
            yield from flat(value, path)
        else:
            values = value if isinstance(value, list | tuple) else [value]
            texts = (each if isinstance(each, str) else json.dumps(each, default=str) for each in values)
            yield printable(path), printable(", ".join(texts))


def head(run: Run) -> str:
    """The run at a glance: verdict, profiles, performance, checks, and what needs attention."""
    cases = all_cases(run)
    verdicts = [case.verdict for case in cases]
    return environment().get_template("head.html.jinja").render(
        run=run,
        interruption=interruption(run),
        result=overall(run),
        numbers={verdict: verdicts.count(verdict) for verdict in VERDICTS},
        applicable=len(verdicts) - verdicts.count(Verdict.NOT_APPLICABLE),
        rows=rows(run),
        generation=generation(run),
        words=VERDICTS,
        counts=counts(check for case in cases for check in case.checks),
        performance=performance(run),
        warnings=_warnings(cases),
        attention=[(case, reason(case)) for case in cases if _wants_attention(case)],
        style=Markup((_HERE / "report.css").read_text(encoding="utf-8")),
        script=Markup((_HERE / "report.js").read_text(encoding="utf-8")),
    )  # fmt: skip


def _warnings(cases: Iterable[CaseResult]) -> list[tuple[Check, list[str]]]:
    """Warnings that say the same as one, with the cases in which they were given; the most frequent first."""
    found: dict[tuple[str, ...], tuple[Check, list[str]]] = {}
    for case in cases:
        for check in case.warned:
            key = (check.rule or check.source, check.message, check.path, check.expected)
            names = found.setdefault(key, (check, []))[1]
            if case.case not in names:
                names.append(case.case)
    return sorted(found.values(), key=lambda group: -len(group[1]))


def _wants_attention(case: CaseResult) -> bool:
    bad = case.verdict in (Verdict.FAIL, Verdict.ERROR, Verdict.INCONCLUSIVE)
    return bad or (case.verdict is Verdict.PASS and bool(case.known_failure))


def reason(case: CaseResult) -> str:
    """Why the case ended as it did, in one line."""
    if case.verdict is Verdict.PASS and case.known_failure:
        return f"passes although it is listed as a known failure: {case.known_failure}"
    return case.reason


def cells(case: CaseResult) -> list[str]:
    """The row of a case, in the columns of HEADER but the first; hidden texts make numbers sort as numbers."""
    latency = authorize_ms(case)
    shown = "" if latency is None else f"{latency:.1f} ms"
    took = f"{case.duration_s:.2f} s" if case.messages or case.duration_s else ""
    kind, words = ending(case)
    warned = f"<small>{len(case.warned)} warned</small>" if case.warned else ""
    badge = f'<span class="badge {kind}">{words}</span>{warned}'
    return [
        f'<td class="col-testId">{_text(case.case)}</td>',
        f'<td class="col-title">{_text(case.title)}</td>',
        f'<td class="col-profile">{_text(profile_name(case.profile))}</td>',
        f'<td class="col-verdict"><span hidden>{case.verdict.rank}</span>{badge}</td>',
        f'<td class="col-authorize"><span hidden>{latency or 0:015.3f}</span>{shown}</td>',
        f'<td class="col-time"><span hidden>{case.duration_s:015.3f}</span>{took}</td>',
    ]


def _text(text: str) -> str:
    return escape(printable(text))


def authorize_ms(case: CaseResult) -> float | None:
    """The median time in which Authorize was answered in this case."""
    times = [
        found.latency_ms for found in exchanges(case) if found.action == "Authorize" and found.latency_ms is not None
    ]
    found = spread(times)
    return found.median_ms if found else None


def case(result: CaseResult) -> str:
    """The details of a case: reason, checks, diagram and the whole conversation."""
    begin_ns = start_ns(result.messages)
    unverifiable = [check for check in result.checks if check.outcome == "unverifiable"]
    marks = {check.message_n: check.outcome for check in (*result.warned, *result.failed)}
    return environment().get_template("case.html.jinja").render(
        case=result,
        reason=reason(result),
        told=[_check(check, count) for check, count in alike((*result.failed, *result.warned, *unverifiable))],
        checks=[_check(check) for check in result.checks],
        messages=[_message(message, begin_ns, marks.get(message.n, "")) for message in result.messages],
        diagram=Markup(sequence(result)) if result.messages else "",
        counts=counts(result.checks),
    )  # fmt: skip


def _check(check: Check, count: int = 1) -> dict[str, Any]:
    return {"it": check, "more": count - 1, "expected": expected(check, _LIMIT), "received": received(check, _LIMIT)}


def _message(message: Message, begin_ns: int, mark: str) -> dict[str, Any]:
    frame = message.kind in ("call", "result", "error", "malformed")
    return {
        "it": message,
        "name": name(message) if frame else event(message).removeprefix("── "),
        "frame": frame,
        "raw": printable(message.raw),
        "offset_s": (message.at_ns - begin_ns) / 1e9,
        "mark": mark,
    }
