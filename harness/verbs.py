"""What a page says to the people around the system under test: the operator who acts and the records that are asked.

Both stand on the party: what an operator provokes is judged on the wire, and what the records say is compared with what
the wire showed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, cast

from harness.approach import basic, password_bytes
from harness.errors import HarnessError, Inconclusive
from harness.inbox import Asked
from harness.intents import RECORD_FIELDS, about
from harness.matchers import MISSING, matcher
from harness.operators.csms.base import OPERATIONS, CsmsOperator, perform_operation
from harness.operators.csms.manual import SEEN
from harness.operators.records import RecordsPort
from harness.party import Party
from harness.results import Check, Outcome, Step
from ocppj.names import Message as MessageName

POLL_S = 0.1
LEAVE_S = 2.0


class Operator:
    """Hands on the CSMS: says what a person at its console would, and returns at once."""

    def __init__(
        self, driver: CsmsOperator, party: Party, station_id: str, waiting: Callable[[bool], None] = lambda waits: None
    ) -> None:
        self._driver, self._party, self._station_id, self._waiting = driver, party, station_id, waiting
        self._tasks: list[asyncio.Task[None]] = []
        self._restoring: list[tuple[str, dict[str, Any]]] = []
        self.touched_access = False

    async def asks(self, action: str, **intent: Any) -> None:
        """Has the CSMS do this; the request it sends is expected from now on, one about something else is its own."""
        await self._asks(action, _operation(action), self._driver.dictates(action), intent, about(action, intent))

    async def asks_for_any(self, action: str, **intent: Any) -> None:
        """Has the CSMS do this where the document leaves open what it is about: the first request is the one."""
        await self._asks(action, _operation(action), self._driver.dictates(action), intent, lambda payload: True)

    def can(self, action: str) -> bool:
        """Whether the CSMS can be made to send this at all."""
        return self._driver.supports(action)

    async def sets_password(self, password: str) -> None:
        """Has the CSMS give the station another password; it is put back when the case is over."""
        self.touched_access = True
        octets = password_bytes(password)
        self._party.evidence.hide(password, octets.hex(), basic(self._station_id, octets))
        fits = about("ChangeConfiguration", {"key": "AuthorizationKey"})
        await self._asks(
            "ChangeConfiguration", "set_password", self._writes("set_password"), {"password": password}, fits
        )

    async def sets_security_profile(self, profile: int) -> None:
        """Has the CSMS raise the station's security profile; it is put back when the case is over."""
        self.touched_access = True
        dictated = self._writes("set_security_profile")
        fits = about("ChangeConfiguration", {"key": "SecurityProfile"})
        await self._asks("ChangeConfiguration", "set_security_profile", dictated, {"profile": profile}, fits)

    def _writes(self, operation: str) -> bool:
        """Whether the driver writes the key itself, where the CSMS has nothing of its own for it."""
        return self._driver.dictates(operation) or not self._driver.has(operation)

    async def _asks(
        self,
        action: str,
        operation: str,
        dictated: bool,
        intent: Mapping[str, Any],
        fits: Callable[[Mapping[str, Any]], bool],
    ) -> None:
        await self._party.settle()
        asked = self._party.expects(action, dictated=dictated, certain=self._driver.certain, fits=fits)
        task = asyncio.create_task(self._perform(asked, operation, intent), name=f"operator {operation}")
        if not self._driver.certain:
            asked.seen = lambda: task.cancel(SEEN)
        self._tasks.append(task)

    def restores(self, action: str, **intent: Any) -> None:
        """Has the CSMS do this when the case is over, however it ends; the station then accepts it."""
        self._restoring.append((action, intent))

    @property
    def owes(self) -> bool:
        """Whether something is to be restored."""
        return bool(self._restoring)

    async def cleans_up(self) -> None:
        """Restores what is owed, the last first; raises what the verbs raise."""
        self._party.evidence.phase = "cleanup"
        while self._restoring:
            action, intent = self._restoring.pop()
            await self.asks(action, **intent)
            await self._party.receives("", cast(MessageName, f"{action}.req"), intent)
            await self._party.sends("", cast(MessageName, f"{action}.conf"), status="Accepted")

    async def _perform(self, asked: Asked, operation: str, intent: Mapping[str, Any]) -> None:
        a_person = not self._driver.certain
        try:
            if a_person:
                self._waiting(True)
            await perform_operation(self._driver, operation, self._station_id, **intent)
        except NotImplementedError as error:
            text = f"the operator's driver cannot do {operation}{f': {error}' if str(error) else ''}"
            asked.error = Inconclusive(text)
        except Exception as error:  # noqa: BLE001 - kept, and raised by the step that waits for what was asked
            asked.error = error
        finally:
            if a_person:
                self._waiting(False)
        asked.certain = True
        asked.changed.set()
        asked.told()

    async def leaves(self) -> None:
        """Ends what is still being asked; an interface that answers late is given a moment."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LEAVE_S)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _operation(action: str) -> str:
    if action not in OPERATIONS:
        raise HarnessError(f"the operator does not know {action}; it knows {', '.join(OPERATIONS)}")
    return OPERATIONS[action]


class Records:
    """What the CSMS believes afterwards.

    What it does not tell is unverifiable: everything without a records port, else the fields that are not in its
    records. A field that it shows empty, or a record that it does not have, fails.
    """

    def __init__(self, port: RecordsPort | None, party: Party, station_id: str, within_s: float = 3) -> None:
        self._port, self._party, self._station_id, self._within_s = port, party, station_id, within_s

    async def transaction(self, step: Step, transactionId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of a transaction."""
        await self._compare(step, "transaction", expected, transactionId)

    async def connector(self, step: Step, connectorId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of a connector."""
        await self._compare(step, "connector", expected, connectorId)

    async def command(self, step: Step, action: str, expected: Mapping[str, Any]) -> None:
        """Checks which answer the CSMS noted for the last request of this action."""
        await self._compare(step, "command", expected, action)

    async def reservation(self, step: Step, reservationId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of a reservation."""
        await self._compare(step, "reservation", expected, reservationId)

    async def firmware(self, step: Step, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of the latest firmware update."""
        await self._compare(step, "firmware", expected)

    async def diagnostics(self, step: Step, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of the latest diagnostics that it asked for."""
        await self._compare(step, "diagnostics", expected)

    async def signed_firmware(self, step: Step, requestId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of a signed firmware update."""
        await self._compare(step, "signed_firmware", expected, requestId)

    async def log(self, step: Step, requestId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of a log."""
        await self._compare(step, "log", expected, requestId)

    async def security_event(self, step: Step, expected: Mapping[str, Any]) -> None:
        """Checks the latest security event that the CSMS holds of the station."""
        await self._compare(step, "security_event", expected)

    async def charging_profile(self, step: Step, chargingProfileId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of a charging profile."""
        await self._compare(step, "charging_profile", expected, chargingProfileId)

    async def composite_schedule(self, step: Step, connectorId: int, expected: Mapping[str, Any]) -> None:
        """Checks what the CSMS holds of the schedule that the station told of a connector."""
        await self._compare(step, "composite_schedule", expected, connectorId)

    async def _compare(self, step: Step, kind: str, expected: Mapping[str, Any], *key: Any) -> None:
        if unknown := expected.keys() - set(RECORD_FIELDS[kind]):
            raise HarnessError(f"step {step}: a {kind} has no {', '.join(sorted(unknown))} in the records")
        try:
            record = await self._settled(kind, expected, key)
        except NotImplementedError:
            for path, value in expected.items():
                self._note(step, kind, path, value, f"not asked: no [records] for a {kind}", "unverifiable")
            return
        for path, value in expected.items():
            if record is None:
                self._note(step, kind, path, value, "nothing", "fail")
            elif path not in record:
                hint = f"not told: [records.{kind}] fields names no place for it"
                self._note(step, kind, path, value, hint, "unverifiable")
            else:
                self._note(step, kind, path, value, _shown(record[path]), self._judged(value, record[path]))

    async def _settled(self, kind: str, expected: Mapping[str, Any], key: tuple[Any, ...]) -> Mapping[str, Any] | None:
        """The record once it shows what is expected, or as it is when the time is up."""
        if self._port is None:
            raise NotImplementedError
        loop = asyncio.get_running_loop()
        ends = loop.time() + self._within_s
        while True:
            record: Mapping[str, Any] | None = await getattr(self._port, kind)(self._station_id, *key)
            if record is not None and not any(
                self._judged(value, record[path]) == "fail" for path, value in expected.items() if path in record
            ):
                return record
            if loop.time() >= ends:
                return record
            await asyncio.sleep(POLL_S)  # there is no event to wait for: the records are another system's

    def _judged(self, expected: Any, received: Any) -> Outcome:
        return matcher(expected).judge(MISSING if received is None else received, self._party.clock.utc())

    def _note(self, step: Step, kind: str, path: str, expected: Any, received: Any, outcome: Outcome) -> None:
        row = self._party.row(step, f"records.{kind}", path)
        self._party.evidence.check(
            Check(
                step=step,
                message=f"records.{kind}",
                path=path,
                expected=matcher(expected).text,
                received=received,
                outcome=outcome,
                level=row.level if row else "shall",
                source=row.source if row else "what the CSMS believes must match what the wire showed",
            )
        )


def _shown(value: Any) -> Any:
    return "nothing" if value is None else value
