"""The tester plays a charge point: it connects, boots, and answers what a case does not care about by itself.

It leaves to the pages what is sent and demanded, and to the party how.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import Any

from harness import answers, configuration
from harness.approach import SUBPROTOCOL
from harness.checks import Sources
from harness.clock import rfc3339
from harness.config import Environment
from harness.connection import Connection
from harness.errors import StepFailed
from harness.evidence import Evidence
from harness.kept_profiles import KeptProfiles
from harness.leaving import take_back
from harness.matchers import MISSING, about_now, at_least, find, parse_time, warns_on
from harness.party import Party
from harness.refusal import NotConnected
from harness.results import Check, Message, Step
from harness.rules.observed import Memory
from harness.traces import Traces
from harness.wire import Dialer
from ocppj.frames import Call
from ocppj.names import Message as MessageName
from ocppj.schemas import ACTIONS, violations

CLEANUP_TIMEOUTS = 3


class Station(Party):
    """A charge point under the control of a page."""

    from_csms = True

    def __init__(
        self,
        evidence: Evidence,
        environment: Environment,
        dialer: Dialer,
        *,
        sources: Sources,
        memory: Memory | None = None,
    ) -> None:
        super().__init__(
            evidence,
            sources=sources,
            memory=memory,
            message_timeout_s=environment.message_timeout_s,
            operator_timeout_s=environment.operator_timeout_s,
        )
        self.environment, self.dialer = environment, dialer
        self.approach = environment.approach
        self._traces = Traces()
        self.profiles = KeptProfiles(environment, self.clock)
        self._interval_s: int | None = None

    @property
    def id(self) -> str:
        """The identity we connect with."""
        return self.environment.station_id

    @property
    def transaction_id(self) -> int:
        """The id that the last StartTransaction.conf gave."""
        if self._traces.transaction_id is None:
            raise StepFailed("there is no transaction: no StartTransaction.conf gave a usable transactionId")
        return self._traces.transaction_id

    @property
    def reservation_id(self) -> int:
        """The id that the last ReserveNow.req gave."""
        if self._traces.reservation_id is None:
            raise StepFailed("there is no reservation: no ReserveNow.req gave a usable reservationId")
        return self._traces.reservation_id

    @property
    def list_version(self) -> int:
        """The version of the local list that the station accepted last."""
        if self._traces.list_version is None:
            raise StepFailed("there is no local list: no SendLocalList.req gave a usable listVersion")
        return self._traces.list_version

    @property
    def request_id(self) -> int:
        """The id that the last GetLog.req or SignedUpdateFirmware.req gave."""
        if self._traces.request_id is None:
            raise StepFailed("there is no request to speak of: none gave a usable requestId")
        return self._traces.request_id

    def now(self) -> str:
        """The current time as OCPP writes it."""
        return rfc3339(self.clock.utc())

    def this_minute(self) -> str:
        """The start of the current minute as OCPP writes it: a time that a person can type."""
        return rfc3339(self.clock.utc().replace(second=0, microsecond=0))

    def past(self, seconds: float) -> str:
        """The time so many seconds ago as OCPP writes it."""
        return rfc3339(self.clock.utc() - timedelta(seconds=seconds))

    def future(self, seconds: float) -> str:
        """The time in so many seconds as OCPP writes it."""
        return rfc3339(self.clock.utc() + timedelta(seconds=seconds))

    def seconds_until(self, time: str) -> float:
        """How long it is until a time, 0 if it is past."""
        instant = parse_time(time)
        return max((instant - self.clock.utc()).total_seconds(), 0) if instant else 0

    def accepted(self) -> dict[str, Any]:
        """What a BootNotification.conf that accepts this station holds."""
        clock = about_now(self.environment.max_time_deviation_s)
        return {"status": "Accepted", "currentTime": clock, "interval": warns_on(0, at_least(1))}

    def boot(self) -> dict[str, Any]:
        """What a BootNotification.req of this station holds."""
        return {"chargePointVendor": self.environment.vendor_name, "chargePointModel": self.environment.model}

    def configuration(self, *keys: str) -> dict[str, Any]:
        """What a GetConfiguration.conf of this station holds for these keys, or for all."""
        return configuration.answer(self.environment, keys)

    def interval_s(self, step: Step) -> float:
        """The heartbeat interval the CSMS set, or the configured cap, which is noted as a warning."""
        interval = self._interval_s or 0
        cap = self.environment.heartbeat_max_s
        if 0 < interval <= cap:
            return interval
        expected = f"between 1 and heartbeat_max_s {cap:g}"
        hint = f"heartbeats are sent every {cap:g} s instead"
        self.evidence.check(
            Check(
                step=step,
                message="BootNotification.conf",
                path="interval",
                expected=expected,
                received=interval,
                outcome="fail",
                level="should",
                source="environment.heartbeat_max_s",
                rule="heartbeat-cap",
                hint=hint,
            )
        )
        return cap

    async def connects(self) -> Connection:
        """Opens a WebSocket as this station; raises NotConnected."""
        try:
            link = await self.dialer.connect(self.id, self.approach)
        except NotConnected as error:
            if error.subprotocol is not None:
                self.notes_subprotocol(error.subprotocol)
            raise
        self._memory.security_profile = self.approach.profile
        connection = self.attach(link)
        if link.subprotocol != SUBPROTOCOL:
            self.notes_subprotocol(link.subprotocol)
        return connection

    def notes_subprotocol(self, received: str | None) -> None:
        """Notes that a handshake has named another subprotocol than ours, or none."""
        self.evidence.check(
            Check(
                step="",
                message="handshake",
                path="Sec-WebSocket-Protocol",
                expected=repr(SUBPROTOCOL),
                received=received or "nothing",
                outcome="fail",
                level="shall",
                source="OCPP-J 1.6 §3.2",
                rule="OCPPJ-3.2-06",
            )
        )

    async def disconnects(self, step: Step, why: str) -> None:
        """Closes the connection, as a station that loses its network or its power."""
        await self.connection.close()

    async def reconnects(self, step: Step) -> None:
        """Connects again, without a BootNotification; raises StepFailed if the CSMS does not let us in."""
        try:
            await self.connects()
        except NotConnected as error:
            raise self._failed(step, "connection", "a connection that is accepted again", str(error)) from None
        self._note(step, "connection", "", "a connection that is accepted again", "connected", "pass")

    async def reboots(self, step: Step) -> None:
        """Drops the connection and connects again; the page sends the BootNotification."""
        await self.disconnects(step, "reboot")
        await self.reconnects(step)

    async def sends(self, step: Step, message: MessageName, **payload: Any) -> Message:
        """Sends a request, or answers the oldest open request of that action."""
        sent = await super().sends(step, message, **payload)
        self._traces.sent(message, payload)
        self.profiles.sent(message, payload)
        return sent

    async def receives(
        self,
        step: Step,
        message: MessageName,
        checks: Mapping[str, Any] | None = None,
        *,
        within_s: float | None = None,
    ) -> Message:
        """Demands a message and checks its fields."""
        received: Message | None = None
        try:
            received = await super().receives(step, message, checks, within_s=within_s)
            return received
        finally:
            self._learn(message, received)

    def _learn(self, message: str, received: Message | None) -> None:
        """What an answer says counts also when it came too late or was refused."""
        call = self._last_call.get(message.removesuffix(".conf"))
        if received is None and call is not None:
            answers = (m for m in self.evidence.messages if m.direction == "received" and m.kind == "result")
            received = next((m for m in answers if m.unique_id == call.unique_id), None)
        if received is None:
            return
        self._traces.received(message, received.payload)
        self.profiles.received(message, received.payload)
        if message == "BootNotification.conf":
            interval = find(received.payload, "interval")
            self._interval_s = interval if interval is not MISSING and isinstance(interval, int) else None

    async def boots(self) -> None:
        """The reusable state Booted: registered, every connector Available."""
        async with self.preparing("Booted"):
            await self.sends(1, "BootNotification.req", **self.boot())
            await self.receives(2, "BootNotification.conf", {"status": "Accepted"})
            for connector in (0, *self.environment.connectors):
                await self.sends(
                    3, "StatusNotification.req", connectorId=connector, status="Available", errorCode="NoError"
                )
                await self.receives(4, "StatusNotification.conf")

    async def listens(self) -> None:
        """Waits for what must not come any more: a second answer, a second request, a frame that is none."""
        await self.settle()
        if self.connected:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.environment.listen_s):
                    await self.connection.closed.wait()

    async def cleans_up(self) -> None:
        """Leaves the station idle at the CSMS: transactions stopped, reservations ended, connectors Available."""
        self.evidence.phase = "cleanup"
        await self.settle()
        self.gives_up()
        if self._connections:
            await take_back(self, self._traces)

    def left_behind(self, expected: str, received: str) -> None:
        """Notes what could not be taken back."""
        self._note("", "cleanup", "", expected, received, "warn")

    async def leaves(self) -> None:
        """Cleans up as far as that is possible and closes the connection; what cannot be restored is noted."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(CLEANUP_TIMEOUTS * self.message_timeout_s):
                    await self.cleans_up()
            except (StepFailed, NotConnected, TimeoutError):
                self._note("", "cleanup", "", "a station left idle at the CSMS", "the CSMS did not take it", "fail")
            finally:
                for connection in self._connections:
                    stack.push_async_callback(connection.close)

    async def answer_unasked(self, connection: Connection, call: Call) -> None:
        """Answers a request that the case does not care about, as a plain station would."""
        if call.action not in ACTIONS:
            await connection.error(call, "NotImplemented", f"{call.action} is not known")
        elif wrong := violations(call.action, "req", call.payload):
            await connection.error(call, wrong[0].error_code, f"{wrong[0].path}: {wrong[0].message}")
        elif (answer := self._own_answer(call)) is not None:
            await connection.result(call, answer, unsolicited=True)
        else:
            await connection.error(call, "NotSupported", f"{call.action} is not supported")

    def _own_answer(self, call: Call) -> dict[str, Any] | None:
        told = self.profiles.answer(call.action, call.payload) or self._traces.answer(call.action, call.payload)
        return answers.answer(self.environment, call.action, call.payload) if told is None else told
