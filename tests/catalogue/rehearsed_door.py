"""The door as pages use it, tried without a CSMS: what each attempt would check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.approach import Approach
from harness.case import Door, SigningRequest
from harness.evidence import Evidence
from harness.hello import Flight
from harness.refusal import NotConnected
from harness.results import Outcome, Step


class RefusingDialer:
    """Refuses every connection, so that every check of an attempt is made."""

    async def connect(self, station_id: str, approach: Approach) -> Any:
        raise NotConnected("memory://csms: expected HTTP 101 (WebSocket), received HTTP 401", "refused", 401)

    async def shake_hands(self, approach: Approach) -> None:
        """Finished."""

    async def greet(self, approach: Approach, hello: bytes) -> Flight:
        return Flight(refusal="alert 40 (handshake failure)", whole=True)


class RehearsedDoor(Door):
    """The door of a page that is only rehearsed: the station is let in, and no certificate ever comes."""

    async def proves(self, step: Step) -> None:
        """Let in."""

    def takes_certificate(self, request: SigningRequest, payload: Mapping[str, Any] | None) -> None:
        """There is none to take."""


class DoorSide:
    """What a door asks of the station, noted by the rehearsal."""

    dialer = RefusingDialer()
    id = "CP1"
    evidence = Evidence("rehearsal")

    def _notes(self, step: Step, message: str, expected: Mapping[str, Any]) -> None:
        raise NotImplementedError

    def notes(
        self, step: Step, message: str, path: str, expected: str, received: Any, outcome: Outcome, judged: Any = None
    ) -> None:
        self._notes(step, message, {path: expected})

    def reads(self, step: Step, message: str, path: str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
        self._notes(step, message, {f"{path}.{name}": value for name, value in expected.items()})

    async def connects(self) -> None:
        """Let in."""
