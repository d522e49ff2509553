"""What the kill table comes to: a sample of it, which accepted survivors it had no use for, and a page to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from tests.kills.mutants import Mutant
from tests.kills.verdicts import Found, Survivor


def sample(mutants: Iterable[Mutant]) -> list[Mutant]:
    """One mutant of each kind, each from the case that has the fewest so far."""
    kinds: dict[tuple[str, str, str], list[Mutant]] = {}
    for mutant in mutants:
        kinds.setdefault(_kind(mutant), []).append(mutant)
    chosen: list[Mutant] = []
    count: Counter[str] = Counter()
    for candidates in sorted(kinds.values(), key=len):
        mutant = min(candidates, key=lambda each: count[each.case])
        count[mutant.case] += 1
        chosen.append(mutant)
    return chosen


def _kind(mutant: Mutant) -> tuple[str, str, str]:
    """What is broken, where and how; a whole frame is broken in the same way for all requests, and for all answers."""
    ending = mutant.what.rpartition(".")[2]
    whole = mutant.path == "" and ending in ("req", "conf")
    return ending if whole else mutant.what, mutant.path, mutant.how


def unexplained(table: Iterable[Found]) -> list[Found]:
    """The mutants that nobody noticed as they should have, without a reason."""
    return [found for found in table if found.fate not in ("killed", "warned") and not found.reason]


def unused(table: Iterable[Found], accepted: Iterable[Survivor]) -> list[Survivor]:
    """The accepted survivors that no mutant needed."""
    used = {found.reason for found in table}
    return [survivor for survivor in accepted if survivor.reason not in used]


def page(table: list[Found], accepted: Iterable[Survivor]) -> str:
    """The kill table by case, with every survivor's reason, as Markdown."""
    return "\n".join([*_head(table), "", *_cases(table), "", *_survivors(table), *_open(table, accepted)]) + "\n"


def _head(table: list[Found]) -> Iterator[str]:
    fates = Counter(found.fate for found in table)
    yield "# Kill table"
    yield ""
    yield "Every mutant changes one thing that a correct CSMS sends or shows. Killed: a check failed, and the first one"
    yield "was the one meant. Warned: the first check that noticed is one that warns. Survived: nothing noticed."
    yield ""
    yield f"{len(table)} mutants: {', '.join(f'{count} {fate}' for fate, count in fates.most_common())}."


def _cases(table: list[Found]) -> Iterator[str]:
    yield "| case | mutants | killed | warned | survived | other |"
    yield "|---|---|---|---|---|---|"
    by_case: dict[str, Counter[str]] = {}
    for found in table:
        by_case.setdefault(found.case, Counter())[found.fate] += 1
    for case, fates in by_case.items():
        known = [fates[fate] for fate in ("killed", "warned", "survived")]
        yield f"| {' | '.join(map(str, (case, fates.total(), *known, fates.total() - sum(known))))} |"


def _survivors(table: list[Found]) -> Iterator[str]:
    yield "## Survivors"
    by_reason: dict[str, list[Found]] = {}
    for found in table:
        if found.reason:
            by_reason.setdefault(found.reason, []).append(found)
    for reason, survivors in by_reason.items():
        yield ""
        yield f"{len(survivors)}: {reason}"
        yield ""
        for line, count in Counter(f"{f.case} {f.what} {f.path} {f.how}" for f in survivors).items():
            yield f"- {line}{f' ({count} times)' if count > 1 else ''}"


def _open(table: list[Found], accepted: Iterable[Survivor]) -> Iterator[str]:
    for title, lines in (
        ("Without a reason", [f"{f.fate}: {f.case} {f.what} {f.path} {f.how} {f.detail}" for f in unexplained(table)]),
        ("Reasons without a survivor", [survivor.reason for survivor in unused(table, accepted)]),
    ):
        if lines:
            yield from ("", f"## {title}", "", *(f"- {line}" for line in lines))
