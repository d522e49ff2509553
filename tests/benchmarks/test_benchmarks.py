"""The benchmarks run, print what they promise, and notice what a server gets wrong. No time is asserted."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import time
from pathlib import Path

import pytest

from benchmarks import __main__, frames, machine, processes, roundtrip, startup, throughput
from benchmarks.generator import Generator, Station
from benchmarks.job import Job, Load, Transaction
from benchmarks.numbers import percentile
from benchmarks.plan import Plan
from benchmarks.report import Goal, aligned
from benchmarks.script import CYCLE
from benchmarks.store import Stored, stored

HANDSHAKE = b"HTTP/1.1 101 Switching Protocols\r\n\r\n"
TINY = Plan(servers=1, rounds=1, stations=3, warm_s=0, window_s=0.2, blocks=1, round_trips=3, starts=1)


def test_the_load_reaches_the_csms_and_everything_is_stored() -> None:
    section = throughput.measure(TINY)
    text, kept = section.text(), section.data["stored"]
    assert kept["sent"] > 0
    assert f"{kept['sent']} of {kept['sent']} transactions in the store" in text
    assert f"{3 * kept['sent']} of {3 * kept['sent']} MeterValues" in text
    assert section.wrong == []
    for row in ("BootNotification", *CYCLE, "CPU of the server, us per call", "calls per second"):
        assert row in text
    assert "goal: CPU time per call at most 2.5 times the echo's" in text
    assert section.data["rounds"][0]["csms"]["transactions"] == kept["sent"]


def _load(other_s: float, server_s: float) -> Load:
    return Load(1.0, 1000, server_s, 0.1, other_s, {}, ())


def _round(other_s: float) -> throughput.Round:
    return throughput.Round(_load(0, 0.5), _load(other_s, 1.0))


def test_noisy_rounds_are_left_out_while_enough_are_quiet() -> None:
    rounds = [_round(other_s) for other_s in (0, 0.9, 0.1, 0.2, 0.3)]
    assert [found.noisy for found in rounds] == [False, True, False, False, True]
    assert throughput.quiet(rounds) == [rounds[0], rounds[2], rounds[3]]
    assert throughput.quiet(rounds[:3]) == rounds[:3]
    assert rounds[0].ratio == 2


def test_every_client_measures_its_round_trips() -> None:
    section = roundtrip.measure(TINY)
    assert {name: found["n"] for name, found in section.data.items()} == dict.fromkeys(roundtrip.CLIENTS, 3)
    assert all(name in section.text() for name in roundtrip.CLIENTS)


def test_start_up_is_compared_with_an_empty_interpreter() -> None:
    text = startup.measure(TINY).text()
    assert "python -c pass" in text
    assert "ocpp-conformance list csms --json" in text


def test_a_run_says_on_which_machine_and_writes_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "figures.json"
    assert __main__.run(TINY, ["startup"], file) == 0
    printed, written = capsys.readouterr().out, json.loads(file.read_text())
    assert written["machine"]["cores"] == str(os.cpu_count())
    assert "Python" in printed
    assert written["startup"]["goals"][0].keys() == {"goal", "met"}


def test_a_command_that_fails_ends_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(startup, "_list", lambda: ["false"])
    assert __main__.main(["--quick", "--only", "startup"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "benchmarks: ocpp-conformance list csms --json: expected exit code 0, received 1: nothing on stderr"
    ]


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        ('{"idTagInfo":{"status":"Blocked"}}', 'Authorize: expected "status":"Accepted", received'),
        ('{"idTagInfo":{"status":"Accepted"}}', "StartTransaction: expected a transactionId, received"),
    ],
)
def test_the_load_refuses_a_wrong_answer(payload: str, complaint: str) -> None:
    with processes.echo(payload) as server, pytest.raises(processes.BenchmarkError, match=complaint):
        processes.load(Job(server.url, server.pid, stations=1, warm_s=0, window_s=0.1))


class _Sent(asyncio.Transport):
    def __init__(self) -> None:
        super().__init__()
        self.frames: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.frames.append(bytes(data))


class _Failing(Generator):
    error: Exception | None = None

    def failed(self, error: Exception) -> None:
        self.error = error


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (b'\x81\x11[3,"00000001",{}]', None),
        (b'\x81\x11[3,"00000002",{}]', 'expected [3,"00000001",..., received [3,"00000002",{}]'),
        (b'\x81\x11[4,"00000001",""]', 'expected [3,"00000001",..., received [4,"00000001",""]'),
        (b"\x88\x02\x03\xe8", "expected an answer, received a close frame"),
    ],
)
async def test_every_answer_has_to_belong_to_its_call(frame: bytes, complaint: str | None) -> None:
    generator, sent = _Failing(Job("ws://127.0.0.1:1/ocpp", os.getpid(), 1, 0, 0)), _Sent()
    station = Station(generator, 0)
    station.connection_made(sent)
    for start in range(len(HANDSHAKE)):
        station.data_received(HANDSHAKE[start : start + 1])
    station.data_received(frame)
    assert len(sent.frames) == 2
    assert b'[2,"00000001","BootNotification",{' in sent.frames[1]
    assert (generator.error is None) == (complaint is None)
    assert complaint is None or complaint in str(generator.error)


async def test_a_ping_is_answered() -> None:
    station, sent = Station(_Failing(Job("ws://127.0.0.1:1/ocpp", os.getpid(), 1, 0, 0)), 0), _Sent()
    station.connection_made(sent)
    station.data_received(HANDSHAKE + b"\x89\x02hi")
    assert sent.frames[-1] == b"\x8a\x82" + bytes(4) + b"hi"


def test_a_server_ends_with_the_benchmark() -> None:
    with pytest.raises(KeyboardInterrupt), processes.echo("{}") as server:
        raise KeyboardInterrupt
    assert not Path(f"/proc/{server.pid}").exists()


def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    nowhere = tmp_path / "missing" / "csms.sqlite"
    complaint = r"reference_csms: expected a ready line, received .*missing"
    with pytest.raises(processes.BenchmarkError, match=complaint), processes.csms(nowhere):
        pass


SENT: list[Transaction] = [(1, "BENCH-000", 1000, 2400), (2, "BENCH-001", 1000, 2400)]


def _database(path: Path, change: str = "SELECT 1") -> Path:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "CREATE TABLE transactions (transaction_id, station, meter_start, meter_stop, stop_timestamp)"
        )
        connection.execute("CREATE TABLE meter_values (transaction_id)")
        connection.executemany("INSERT INTO transactions VALUES (?, ?, ?, ?, 'then')", SENT)
        connection.executemany("INSERT INTO meter_values VALUES (?)", [(1,), (1,), (1,), (2,), (2,), (2,)])
        connection.execute(change)
    connection.close()
    return path


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("SELECT 1", Stored(2, 2, 6, 6)),
        ("DELETE FROM transactions WHERE transaction_id = 1", Stored(2, 1, 6, 6)),
        ("UPDATE transactions SET stop_timestamp = NULL", Stored(2, 0, 6, 6)),
        ("UPDATE transactions SET meter_stop = 2401 WHERE transaction_id = 2", Stored(2, 1, 6, 6)),
        ("UPDATE transactions SET station = 'BENCH-002' WHERE transaction_id = 2", Stored(2, 1, 6, 6)),
        ("UPDATE meter_values SET transaction_id = 1", Stored(2, 2, 6, 3)),
    ],
)
def test_what_is_missing_from_the_store_is_noticed(tmp_path: Path, change: str, found: Stored) -> None:
    kept = stored(_database(tmp_path / "db", change), SENT)
    assert kept == found
    assert kept.complete == (change == "SELECT 1")


def test_a_transaction_that_was_given_twice_is_missing_once(tmp_path: Path) -> None:
    assert stored(_database(tmp_path / "db"), [SENT[0], SENT[0]]) == Stored(2, 1, 6, 3)


@pytest.mark.parametrize("length", [0, 1, 125, 126, 65535])
def test_client_frames_have_the_length_they_say(length: int) -> None:
    frame = frames.client_frame(b"x" * length)
    short = length < 126
    assert frame[1] == (0x80 | length if short else 0xFE)
    assert short or int.from_bytes(frame[2:4], "big") == length
    assert frame.endswith(bytes(4) + b"x" * length)


@pytest.mark.parametrize("head", [b"\x81\x03", b"\x81\x7e\x00\x03", b"\x81\x7f" + bytes(7) + b"\x03"])
def test_server_frames_are_read_once_they_are_complete(head: bytes) -> None:
    data = head + b"abc"
    assert frames.server_frame(b"zz" + data + b"\x81", 2) == (0x81, b"abc", 2 + len(data))
    assert all(frames.server_frame(data[:end]) is None for end in range(len(data)))


def test_a_refused_handshake_says_so() -> None:
    assert frames.opened(b"HTTP/1.1 101 Switching Protocols\r\n") is None
    with pytest.raises(ConnectionError, match=r"expected HTTP 101, received HTTP/1\.1 404 Not Found"):
        frames.opened(b"HTTP/1.1 404 Not Found\r\n\r\n")


def test_the_cpu_time_of_a_process_is_that_of_the_system() -> None:
    before = time.process_time()
    read = machine.cpu_s(os.getpid())
    assert before - 0.05 <= read <= time.process_time() + 0.05
    assert machine.busy_s() > 0


def test_percentiles_are_values_that_occurred() -> None:
    values = list(range(1, 101))
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [50, 99, 100]
    assert percentile([7], 99) == 7


def test_a_goal_says_whether_it_is_met_and_columns_stand_below_each_other() -> None:
    assert str(Goal("under 1", met=False)) == "under 1: NOT MET"
    assert aligned([("a", "1"), ("bb", "22")]) == ["  a    1", "  bb  22"]
