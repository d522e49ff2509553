"""The shape of a rule: an observed frame in, findings out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.results import Check, Level, Message
from ocppj.frames import Call, Frame, Payload
from ocppj.session import Received


@dataclass(slots=True)
class Memory:
    """What the rules remember of a run: the times shown on this connection, the ids ever given, the latest boot."""

    latest_time: str = ""
    transaction_ids: dict[int, str] = field(default_factory=dict)
    reservation_ids: dict[int, str] = field(default_factory=dict)
    request_ids: dict[str, str] = field(default_factory=dict)
    boot_status: str = ""
    security_profile: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """One received frame with what the session and the recorder know of it."""

    received: Received
    message: Message
    memory: Memory
    from_csms: bool

    @property
    def frame(self) -> Frame:
        """The parsed frame."""
        return self.received.frame

    def request(self, action: str) -> Payload | None:
        """The payload if this is a request of the action."""
        return self.frame.payload if isinstance(self.frame, Call) and self.frame.action == action else None


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: where in the payload, what was expected, what came."""

    path: str
    expected: str
    received: Any
    hint: str = ""


Function = Callable[[Observed], Iterator[Finding]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A requirement id, where it is written, how much it weighs, and the function that watches it."""

    id: str
    source: str
    level: Level
    find: Function


RuleBook = tuple[Rule, ...]


def rule(id: str, source: str, level: Level = "shall") -> Callable[[Function], Rule]:
    """Makes a rule of a function."""
    return lambda function: Rule(id, source, level, function)


def judge(rules: tuple[Rule, ...], observed: Observed) -> Iterator[Check]:
    """The failed checks of one frame."""
    for each in rules:
        for finding in each.find(observed):
            yield Check(
                step="",
                message=observed.message.name,
                path=finding.path,
                expected=finding.expected,
                received=finding.received,
                outcome="fail",
                level=each.level,
                source=each.source,
                rule=each.id,
                hint=finding.hint,
                message_n=observed.message.n,
            )


def unsolicited(message: Message) -> Check:
    """The check that a request fails which nobody asked for."""
    return Check(
        step="",
        message=message.name,
        path="",
        expected="no request that nobody asked for",
        received=f"an unsolicited {message.name}",
        outcome="fail",
        level="strict",
        source="general rule: the official tool fails a case when another request than the expected one comes",
        rule="unsolicited",
        message_n=message.n,
    )
