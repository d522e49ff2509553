"""The oracle against the reference CSMS, which computes the same schedules in its own way.

The two share nothing but the specification. Where they could disagree, the point is decided in the first lines of
`harness/oracle/composite.py`, with the section that decides it.
"""

from __future__ import annotations

from hypothesis import given, settings

from reference_csms.domain.charging.expected import Window, expected
from reference_csms.domain.charging.kept import Kept, cleared_by, replaced_by
from tests.oracle.strategies import CONNECTORS, Question, questions


def kept_by(question: Question) -> list[Kept]:
    """The profiles as the CSMS keeps them."""
    kept: list[Kept] = []
    for connector_id, payload, received in question.set:
        new = Kept(payload, connector_id, received)
        gone = replaced_by(new, kept)
        kept = [*(old for old in kept if old not in gone), new]
    return kept


def spans_of(question: Question) -> list[tuple[int, object, int]]:
    """The answer of the CSMS with its gaps filled, as the oracle writes one."""
    window = Window(question.at, question.duration_s, question.unit, question.running, CONNECTORS)
    spans: list[tuple[int, object, int]] = []
    at = 0
    for begin, end, amount in expected(kept_by(question), question.connector_id, window):
        spans += [(at, None, 0)] if at < begin else []
        spans.append((begin, amount.value, amount.phases))
        at = end
    return [*spans, *([(at, None, 0)] if at < question.duration_s else [])]


@settings(max_examples=150, deadline=None)
@given(questions())
def test_both_expect_the_same_schedule(question: Question) -> None:
    assert spans_of(question) == list(question._replace(own=None).answer())


@settings(max_examples=50, deadline=None)
@given(questions())
def test_both_keep_the_same_profiles(question: Question) -> None:
    ours = {(each.connector_id, each.id, each.purpose, each.stack_level) for each in kept_by(question)}
    theirs = {(e.connector_id, e.profile.id, e.profile.purpose, e.profile.stack_level) for e in question.site.profiles}
    assert ours == theirs
    assert cleared_by({}, kept_by(question)) == kept_by(question)
