"""The manual driver with a person made of a script, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import Aborted, Inconclusive
from harness.operators.csms import ManualDriver, Reply, driver, perform
from harness.operators.csms.manual import KEYS, SEEN, SENTENCES
from tests.operators.conftest import CALLS, Make
from tests.subjects.virtual import VirtualLoop, run


class Person:
    """Types what the script says, each line so many seconds after the one before; shows what was on the screen."""

    def __init__(self, *script: tuple[float, str]) -> None:
        self.script = list(script)
        self.screen: list[str] = []
        self.closed = False

    def ask(self, text: str) -> None:
        """Notes the prompt."""
        self.screen.append(text)

    def status(self, text: str) -> None:
        """Notes the status."""
        self.screen.append(text)

    def done(self, text: str) -> None:
        """Notes the last status."""
        self.screen.append(text)

    async def read(self) -> str:
        """Types the next line of the script, or nothing any more."""
        after_s, line = self.script.pop(0) if self.script else (10_000.0, "")
        await asyncio.sleep(after_s)
        return line

    def close(self) -> None:
        """Notes that the console was closed."""
        self.closed = True


def virtually(coroutine: Coroutine[Any, Any, Any]) -> tuple[Any, float]:
    """The result of a coroutine and the virtual seconds that it took."""
    loop = VirtualLoop()
    started = loop.time()
    return run(coroutine, loop), loop.time() - started


@pytest.fixture
def unlock(make: Make) -> Any:
    """Asks a person to unlock connector 2, within 3 s."""

    def asked(person: Person) -> Coroutine[Any, Any, Reply]:
        return driver(make({"driver": "manual"}), person).unlock("CP-1", connectorId=2)

    return asked


AWAITED = "; UnlockConnector.req is awaited for up to 30 s"
PROMPT = f"WAITING FOR YOU: at station CP-1, unlock connector 2\n  {KEYS}"


@pytest.mark.parametrize("word", ["", "done", "  DONE "])
def test_the_person_says_that_it_is_done(unlock: Any, word: str) -> None:
    person = Person((1.5, word))
    reply, took_s = virtually(unlock(person))
    assert reply == Reply("done by a person")
    assert took_s == pytest.approx(1.5)
    assert person.screen == [PROMPT, "3 s left", "2 s left", f"done, thank you{AWAITED}"]


def test_skip_leaves_the_case_out(unlock: Any) -> None:
    with pytest.raises(Inconclusive, match=r"^left out by the operator: at station CP-1, unlock connector 2$"):
        virtually(unlock(Person((0.5, "Skip"))))


def test_abort_stops_the_run(unlock: Any) -> None:
    with pytest.raises(Aborted, match=r"^stopped by the operator: at station CP-1, unlock connector 2$"):
        virtually(unlock(Person((0.5, "abort"))))


def test_another_word_is_asked_again(unlock: Any) -> None:
    person = Person((0.5, "what?"), (0.7, "done"))
    reply, took_s = virtually(unlock(person))
    assert reply == Reply("done by a person")
    assert took_s == pytest.approx(1.2)
    assert person.screen[1:] == [
        "3 s left",
        "expected Enter, skip or abort, received 'what?'; 3 s left",
        "expected Enter, skip or abort, received 'what?'; 2 s left",
        f"done, thank you{AWAITED}",
    ]


def test_who_has_done_it_is_told_what_is_awaited_now_and_for_how_long(make: Make) -> None:
    """The rest of the person's time, but never less than any request has; nothing comes of putting a way in back."""
    for limit_s, request_s, last in ((100, 30, "for up to 98 s"), (30, 30, "for up to 30 s")):
        settings = make({"driver": "manual"})
        times = replace(settings.environment, operator_timeout_s=limit_s, message_timeout_s=request_s)
        person = Person((2, ""), (2, ""))
        operator = driver(replace(settings, environment=times), person)
        virtually(operator.set_password("CP-1", password="a password of 20 by"))
        assert person.screen[-1] == f"done, thank you; ChangeConfiguration.req is awaited {last}"
        virtually(operator.provision_access("CP-1", securityProfile=1))
        assert person.screen[-1] == "done, thank you"


def test_nobody_there_is_inconclusive_when_the_time_is_up(unlock: Any) -> None:
    person = Person()

    async def waited() -> float:
        with pytest.raises(Inconclusive, match=r"^nobody answered within 3 s: at station CP-1, unlock connector 2$"):
            await unlock(person)
        return asyncio.get_running_loop().time()

    _, took_s = virtually(waited())
    assert took_s == pytest.approx(3)
    assert person.screen == [PROMPT, "3 s left", "2 s left", "1 s left", "time is up"]


@pytest.mark.parametrize(("message", "shown"), [(SEEN, "seen, thank you"), (None, "no longer needed")])
def test_the_prompt_ends_when_the_request_was_seen(unlock: Any, message: str | None, shown: str) -> None:
    person = Person()

    async def seen() -> None:
        task = asyncio.create_task(unlock(person))
        await asyncio.sleep(0.5)
        task.cancel(message)
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}

    virtually(seen())
    assert person.screen == [PROMPT, "3 s left", shown]


TOLD = {
    "RemoteStartTransaction": "start a charging session remotely for card CARD-1 on connector 1",
    "RemoteStopTransaction": "stop transaction 7 remotely",
    "Reset": "reset the station, type Hard",
    "UnlockConnector": "unlock connector 2",
    "GetConfiguration": "read the configuration key SupportedFeatureProfiles",
    "ChangeConfiguration": "set the configuration key MeterValueSampleInterval to 60",
    "ChangeAvailability": "put the whole station out of service (Inoperative)",
    "ClearCache": "clear the authorization cache",
    "DataTransfer": "send a data transfer of vendor com.example, message m, with the data d",
    "ReserveNow": "reserve connector 1 for card CARD-1 and its parent G until 2026-01-02T03:04:05Z",
    "CancelReservation": "cancel reservation 12",
    "SendLocalList": "send the whole local authorization list (Full) with CARD-1, CARD-2",
    "GetLocalListVersion": "ask for the version of the local authorization list",
    "TriggerMessage": "trigger MeterValues of connector 1",
    "UpdateFirmware": (
        "update the firmware from ftp://h/a, to be got from 2026-01-02T03:04:05Z, with 3 retries every 9 s"
    ),
    "GetDiagnostics": (
        "have the diagnostics put into ftp://h/d/, from 2026-01-02T03:04:05Z, up to 2026-01-02T04:04:05Z,"
        " with 0 retries every 9 s"
    ),
    "SignedUpdateFirmware": (
        "update to signed firmware from https://h/a, to be got from 2026-01-02T03:04:05Z, to be installed at"
        " 2026-01-02T04:04:05Z\n  signature:\nc2ln\n  signing certificate:\nPEM"
    ),
    "GetLog": ("have the SecurityLog put into https://h/l/, from 2026-01-02T03:04:05Z, up to 2026-01-02T04:04:05Z"),
    "SetChargingProfile": (
        "set this charging profile on connector 1 for the running transaction 7: TxProfile, Recurring Daily,"
        " stack level 2, validFrom 2026-01-02T03:04:00Z, validTo 2026-01-03T03:04:00Z,"
        " starting at 2026-01-02T03:05:00Z, for 300 s: 6 A with numberPhases 1 from second 0, 8.5 A from second 60"
    ),
    "ClearChargingProfile": "clear the charging profiles of connector 1, purpose TxProfile, stack level 0",
    "GetCompositeSchedule": "get the composite schedule of connector 1 for 300 s in W",
    "InstallCertificate": "install this ManufacturerRootCertificate:\nPEM",
    "GetInstalledCertificateIds": "ask for the installed CentralSystemRootCertificates",
    "DeleteCertificate": "delete the installed certificate with the serial number C3 (hash algorithm SHA256)",
    "ExtendedTriggerMessage": "trigger SignChargePointCertificate of connector 1 (ExtendedTriggerMessage)",
}
LIMIT = {"chargingRateUnit": "W", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 6000.0}]}
RELATIVE = {
    "stackLevel": 0,
    "chargingProfilePurpose": "TxProfile",
    "chargingProfileKind": "Relative",
    "chargingSchedule": LIMIT,
}
NO_CRITERIA = {"id": None, "connectorId": None, "chargingProfilePurpose": None, "stackLevel": None}


@pytest.mark.parametrize("action", CALLS)
def test_each_operation_is_one_sentence(make: Make, action: str) -> None:
    person = Person((0, ""))
    operator = driver(make({"driver": "manual"}), person)
    assert operator.supports(action)
    virtually(perform(operator, action, "CP-1", **CALLS[action]))
    assert person.screen[0] == f"WAITING FOR YOU: at station CP-1, {TOLD[action]}\n  {KEYS}"


VARIANTS = [
    (
        "update_firmware",
        {"location": "ftp://h/a", "retrieveDate": "T", "retries": None, "retryInterval": None},
        "update the firmware from ftp://h/a, to be got from T",
    ),
    (
        "get_diagnostics",
        {"location": "ftp://h/", "startTime": None, "stopTime": None, "retries": None, "retryInterval": None},
        "have the diagnostics put into ftp://h/",
    ),
    (
        "get_log",
        {"logType": "SecurityLog", "remoteLocation": "ftp://h/", "oldestTimestamp": None, "latestTimestamp": None},
        "have the SecurityLog put into ftp://h/",
    ),
    (
        "remote_start",
        {"connectorId": None, "idTag": "C", "chargingProfile": None},
        "start a charging session remotely for card C without naming a connector",
    ),
    (
        "remote_start",
        {"connectorId": 1, "idTag": "C", "chargingProfile": RELATIVE},
        "start a charging session remotely for card C on connector 1, under a charging profile of its own:"
        " TxProfile, Relative, stack level 0: 6000 W from second 0",
    ),
    (
        "set_charging_profile",
        {"connectorId": 0, "profile": RELATIVE, "transactionId": None},
        "set this charging profile on connector 0: TxProfile, Relative, stack level 0: 6000 W from second 0",
    ),
    ("clear_charging_profile", NO_CRITERIA, "clear all charging profiles"),
    (
        "clear_charging_profile",
        {**NO_CRITERIA, "id": 5},
        "clear the charging profile with id 5, naming nothing but the id",
    ),
    (
        "get_composite_schedule",
        {"connectorId": 0, "duration": 60, "chargingRateUnit": None},
        "get the composite schedule of connector 0 for 60 s",
    ),
    ("get_configuration", {"key": []}, "read all configuration keys"),
    ("get_configuration", {"key": ["A", "B"]}, "read the configuration key A, B"),
    ("change_availability", {"connectorId": 1, "type": "Operative"}, "put connector 1 in service (Operative)"),
    ("data_transfer", {"vendorId": "v", "messageId": None, "data": None}, "send a data transfer of vendor v"),
    (
        "send_local_list",
        {"updateType": "Differential", "cards": ["C"]},
        "send an update of the local authorization list (Differential) with C",
    ),
    ("trigger", {"requestedMessage": "Heartbeat", "connectorId": None}, "trigger Heartbeat"),
    (
        "reserve",
        {"connectorId": 0, "idTag": "C", "expiryDate": "2026-01-02T03:04:05Z", "parentIdTag": None},
        "reserve any connector (connector 0) for card C until 2026-01-02T03:04:05Z",
    ),
]


@pytest.mark.parametrize(("operation", "fields", "expected"), VARIANTS)
def test_what_is_left_out_is_not_told(operation: str, fields: dict[str, Any], expected: str) -> None:
    assert SENTENCES[operation](fields) == expected


async def test_it_is_certain_of_nothing_and_provisions_nothing(make: Make) -> None:
    person = Person()
    operator = driver(make({"driver": "manual"}), person)
    assert isinstance(operator, ManualDriver)
    assert not operator.certain
    assert not operator.dictates("Reset")
    with pytest.raises(NotImplementedError):
        await operator.provision("CP-1", cards={})
    assert await operator.reachable("CP-1") == Reply("a person at this terminal")
    await operator.close()
    assert not person.closed, "a console that was given belongs to who gave it"
