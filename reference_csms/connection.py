"""One station's connection: frames in, answers and commands out, driven by an `ocppj.Session`.

A handler that returns its answer is answered before the next frame is read. While others wait for a commit, or for the
station itself, frames go on being read: answers to our calls get through, and a CALL that repeats the id of one still
being handled is refused (OCPP-J 1.6 §4.2.3). A repeated id of a call that is answered already is served like any
other: stations resend with the same id or count from 1 again, and what must not happen twice is recognised by its
content.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from inspect import isawaitable
from typing import Any

from ocppj.frames import Call, ErrorCode, Frame, Malformed, Payload
from ocppj.schemas import ACTIONS, valid, violations
from ocppj.session import Session
from reference_csms.dispatch import Once, Route
from reference_csms.domain.clock import Clock
from reference_csms.errors import NotConnected, StoreFailed
from reference_csms.events import Events
from reference_csms.hidden import shown_text
from reference_csms.link import CLOSED, Link, post_of
from reference_csms.registry.stations import RECEIVED, SENT, Station, StationFrame, frame_fields

log = logging.getLogger(__name__)

# Past ids are remembered for the log only.
REMEMBERED = 32
# So many calls of one station may wait for their commit before we stop reading from it.
HANDLED_AT_ONCE = 64


class Connection:
    """Serves one link of a station until it ends; `handlers` is an object whose class has the `routes`."""

    def __init__(
        self, station: Station, link: Link, handlers: object, routes: Mapping[str, Route], clock: Clock, events: Events
    ) -> None:
        self.station = station
        self._link = link
        self._handlers = handlers
        self._routes = routes
        self._now = clock.now
        self._events = events
        self._listeners = events.listeners
        self._debug = log.isEnabledFor(logging.DEBUG)
        self._session = Session(remember=REMEMBERED)
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[Frame | None] | None = None
        self._post = post_of(link)
        self._handled: set[str] = set()
        self._less: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def busy(self) -> bool:
        """Whether a call of ours waits for its answer, so that the next one has to queue."""
        return self._turn.locked()

    async def serve(self) -> None:
        """Read frames until the link ends; answers under way are finished before this returns."""
        try:
            while True:
                self._receive(await self._link.recv())
                if self._post.paused:
                    await self._post.drained()
                if len(self._handled) >= HANDLED_AT_ONCE:
                    await self._handles_less_than(HANDLED_AT_ONCE)
        except CLOSED as closed:
            log.debug("%s: %s", self.station.id, closed)
        finally:
            self._end()
            await self._handles_less_than(1)
            if self._tasks:
                await asyncio.wait(self._tasks)

    async def close(self) -> None:
        """Close the link and fail what waits for an answer."""
        self._end()
        await self._link.close()

    async def call(
        self, action: str, payload: Payload, unique_id: str, *, timeout_s: float, sent: Callable[[], None]
    ) -> Frame:
        """The station's answer to a call, sent when all earlier ones are answered; `sent` is called when it goes out.

        Raises NotConnected if the link ends first, TimeoutError if the answer takes longer than timeout_s.
        """
        async with self._turn:
            if self._closed:
                raise NotConnected(f"{self.station.id}: the connection ended before {action} was sent")
            frame = None
            self._answer = self._loop.create_future()
            text = self._session.call(action, payload, now=self._loop.time(), unique_id=unique_id)
            try:
                self._send(text, shown_text(action, payload, text))
                sent()
                async with asyncio.timeout(timeout_s):
                    frame = await self._answer
            finally:
                self._answer = None
                if frame is None:
                    self._session.expire(unique_id)
            if frame is None:
                raise NotConnected(f"{self.station.id}: the connection ended before {action} was answered")
            return frame

    async def _handles_less_than(self, count: int) -> None:
        while len(self._handled) >= count:
            self._less = self._loop.create_future()
            await self._less

    def _end(self) -> None:
        self._closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    def _send(self, text: str, shown: str = "") -> None:
        frame: StationFrame = (self._now(), SENT, shown or text)
        self.station.frames.append(frame)
        if self._listeners or self._debug:
            self._tell_frame(frame)
        try:
            self._post.post(text)
        except CLOSED as closed:
            log.info("%s: %s was not sent: %s", self.station.id, text, closed)
            self._end()

    def _tell_frame(self, frame: StationFrame) -> None:
        """Tell listeners and the log about a frame."""
        _, direction, text = frame
        self._events.publish("frame", self.station.id, frame_fields(*frame))
        log.debug("%s %s %s", self.station.id, "<" if direction == SENT else ">", text)

    def _receive(self, text: str | bytes) -> None:
        frame: StationFrame = (self._now(), RECEIVED, text)
        self.station.frames.append(frame)
        if self._listeners or self._debug:
            self._tell_frame(frame)
        got, answers, faults = self._session.receive(text, now=self._loop.time())
        for fault in faults:
            log.info("%s: %s: %s", self.station.id, fault.rule, fault.message)
        if isinstance(got, Call):
            self._called(got)
        elif isinstance(got, Malformed) and got.answerable:
            self._send(self._session.error(got.unique_id or "", got.error_code, got.reason))
        elif answers is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(got)

    def _called(self, call: Call) -> None:
        route = self._routes.get(call.action)
        refusal = self._refusal(call, route)
        if route is None or refusal is not None:
            self._send(self._session.error(call.unique_id, *(refusal or ("NotSupported", ""))))
            return
        try:
            result = route.handler(self._handlers, **route.arguments(call.payload, call.unique_id))
        except Exception:  # noqa: BLE001 - the boundary to handlers; _internal_error logs it
            self._send(self._internal_error(call))
            return
        if type(result) is Once:
            self._handled.add(call.unique_id)
            result.written.then(partial(self._respond, call, route, result.answer))
        elif hasattr(result, "__await__"):
            self._handled.add(call.unique_id)
            self._keep(self._loop.create_task(self._await(call, route, result)))
        else:
            self._respond(call, route, _as_it_is, result)

    def _refusal(self, call: Call, route: Route | None) -> tuple[ErrorCode, str] | None:
        """Error code and description for a call that is not handled."""
        if call.unique_id in self._handled:
            return "GenericError", "a call with this unique id is still being handled"
        if not self.station.accepted and not self.station.may_send(call.action):
            return "SecurityError", "the station has to be accepted by a BootNotification first"
        if route is None:
            known = call.action in ACTIONS
            return ("NotSupported" if known else "NotImplemented"), f"{call.action} is not {_WHAT[known]} here"
        if route.validate and not valid(call.action, "req", call.payload):
            violation = violations(call.action, "req", call.payload)[0]
            log.info("%s: %s: %s", self.station.id, call.action, violation)
            return violation.error_code, str(violation)
        return None

    async def _await(self, call: Call, route: Route, result: Awaitable[Any]) -> None:
        try:
            outcome = await result
        except asyncio.CancelledError:
            outcome = RuntimeError(f"the handler of {call.action} was cancelled")
        except Exception as error:  # noqa: BLE001 - _respond raises and logs it
            outcome = error
        self._respond(call, route, _as_it_is, outcome)

    def _respond(self, call: Call, route: Route, answer: Callable[[Any], Any], outcome: Any) -> None:
        """Answer a call, then begin what is to follow the answer; an outcome may be the error it ended with."""
        self._handled.discard(call.unique_id)
        if self._less is not None and not self._less.done():
            self._less.set_result(None)
        try:
            if isinstance(outcome, Exception):
                raise outcome
            text = self._session.result(call.unique_id, route.answer(answer(outcome)))
        except StoreFailed as failed:
            text = self._session.error(call.unique_id, "InternalError", str(failed))
        except Exception:  # noqa: BLE001 - as in _called
            text = self._internal_error(call)
        self._send(text)
        if route.after is not None:
            self._keep(self._loop.create_task(self._follow(call, route, route.after)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, call: Call, route: Route, after: Callable[..., Any]) -> None:
        """Run what is to follow the answer."""
        try:
            result = after(self._handlers, **route.arguments(call.payload, call.unique_id))
            if isawaitable(result):
                await result
        except Exception:
            log.exception("%s: what follows %s failed", self.station.id, call.action)

    def _internal_error(self, call: Call) -> str:
        log.exception("%s: %s was not handled", self.station.id, call.action)
        return self._session.error(call.unique_id, "InternalError", f"{call.action} could not be handled")


_WHAT = {True: "supported", False: "known"}


def _as_it_is(result: Any) -> Any:
    return result
