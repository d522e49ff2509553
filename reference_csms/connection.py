"""One station's connection: frames in, answers and commands out, driven by an `ocppj.Session`.

A handler that returns at once is answered before the next frame is read. One that has to wait (for a commit, or for
the station itself) runs as a task, so that frames go on being read: answers to our calls get through, and a CALL that
repeats the id of one still being handled is refused (OCPP-J 1.6 §4.2.3). A repeated id of a call that is answered
already is served like any other: stations that count from 1 after a reboot do that, and what must not happen twice is
recognised by its content.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from inspect import isawaitable
from typing import Any

from ocppj.frames import Call, ErrorCode, Frame, Malformed, Payload
from ocppj.schemas import ACTIONS, valid, violations
from ocppj.session import Session
from reference_csms.dispatch import Route
from reference_csms.domain.clock import Clock
from reference_csms.errors import NotConnected, StoreFailed
from reference_csms.events import Events
from reference_csms.link import CLOSED, Link
from reference_csms.registry.stations import Direction, Station, frame_fields

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
        self._clock = clock
        self._events = events
        self._session = Session(remember=REMEMBERED)
        self._loop = asyncio.get_running_loop()
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[Frame | None] | None = None
        self._handled: set[str] = set()
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
                answer = self._receive(await self._link.recv())
                if answer is not None:
                    await self._send(answer)
                if len(self._tasks) >= HANDLED_AT_ONCE:
                    await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        except CLOSED as closed:
            log.debug("%s: %s", self.station.id, closed)
        finally:
            self._end()
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
                await self._send(text)
                sent()
                async with asyncio.timeout(timeout_s):
                    frame = await self._answer
            except CLOSED:
                self._end()
            finally:
                self._answer = None
                if frame is None:
                    self._session.expire(unique_id)
            if frame is None:
                raise NotConnected(f"{self.station.id}: the connection ended before {action} was answered")
            return frame

    def _end(self) -> None:
        self._closed = True
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)

    async def _send(self, text: str) -> None:
        self._keep("sent", text)
        await self._link.send(text)

    def _keep(self, direction: Direction, text: str | bytes) -> None:
        at = self._clock.now()
        self.station.frames.append((at, direction, text))
        if self._events.wanted:
            self._events.publish("frame", self.station.id, frame_fields(at, direction, text))
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s %s %s", self.station.id, "<" if direction == "sent" else ">", text)

    def _receive(self, text: str | bytes) -> str | None:
        """What to send back at once, if anything."""
        self._keep("received", text)
        frame, answers, faults = self._session.receive(text, now=self._loop.time())
        for fault in faults:
            log.info("%s: %s: %s", self.station.id, fault.rule, fault.message)
        if isinstance(frame, Call):
            return self._called(frame)
        if isinstance(frame, Malformed) and frame.answerable:
            return self._session.error(frame.unique_id or "", frame.error_code, frame.reason)
        if answers is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(frame)
        return None

    def _called(self, call: Call) -> str | None:
        route = self._routes.get(call.action)
        refusal = self._refusal(call, route)
        if refusal is not None or route is None:
            return self._session.error(call.unique_id, *(refusal or ("InternalError", "")))
        try:
            result = route.handler(self._handlers, **route.arguments(call.payload, call.unique_id))
            if not isawaitable(result) and route.after is None:
                return self._session.result(call.unique_id, route.answer(result))
        except Exception:  # noqa: BLE001 - the boundary to handlers; _internal_error logs it
            return self._internal_error(call)
        self._handled.add(call.unique_id)
        task = self._loop.create_task(self._respond(call, route, result))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    def _refusal(self, call: Call, route: Route | None) -> tuple[ErrorCode, str] | None:
        """Error code and description for a call that is not handled."""
        if call.unique_id in self._handled:
            return "GenericError", "a call with this unique id is still being handled"
        if not self.station.accepted and call.action != "BootNotification":
            return "SecurityError", "the station has to be accepted by a BootNotification first"
        if route is None:
            known = call.action in ACTIONS
            return ("NotSupported" if known else "NotImplemented"), f"{call.action} is not {_WHAT[known]} here"
        if route.validate and not valid(call.action, "req", call.payload):
            violation = violations(call.action, "req", call.payload)[0]
            log.info("%s: %s: %s", self.station.id, call.action, violation)
            return violation.error_code, str(violation)
        return None

    async def _respond(self, call: Call, route: Route, result: Any) -> None:
        """Answer a call whose handler has not returned yet, then run what is to follow the answer."""
        try:
            if isawaitable(result):
                result = await result
            text = self._session.result(call.unique_id, route.answer(result))
        except StoreFailed as failed:
            text = self._session.error(call.unique_id, "InternalError", str(failed))
        except Exception:  # noqa: BLE001 - as in _called
            text = self._internal_error(call)
        finally:
            self._handled.discard(call.unique_id)
        try:
            await self._send(text)
        except CLOSED:
            log.info("%s: the connection ended before %s was answered", self.station.id, call.action)
        if route.after is not None:
            await self._run_after(call, route, route.after)

    async def _run_after(self, call: Call, route: Route, after: Callable[..., Any]) -> None:
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
