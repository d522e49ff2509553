"""The first words of TLS: what we offer, and how an answer is understood, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Iterator

import pytest

from harness.hello import Flight, client_hello, read_flight
from harness.suites import SUITES, WEAK

TLS_1_0, TLS_1_2 = 0x0301, 0x0303
SERVER_HELLO = bytes([2, 0, 0, 38, 3, 1]) + bytes(32) + b"\0" + bytes.fromhex("002f00")


def record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BHH", kind, 0x0301, len(content)) + content


def alert(level: int, number: int) -> bytes:
    return record(21, bytes([level, number]))


def offered(hello: bytes) -> list[int]:
    """The suites of a hello."""
    start = 5 + 4 + 2 + 32 + 1
    size = int.from_bytes(hello[start : start + 2], "big")
    return [number for (number,) in struct.iter_unpack("!H", hello[start + 2 : start + 2 + size])]


def extensions(hello: bytes) -> Iterator[tuple[int, bytes]]:
    """The extensions of a hello."""
    rest = hello[5 + 4 + 2 + 32 + 1 + 2 + 2 * len(offered(hello)) + 2 + 2 :]
    while rest:
        number, size = struct.unpack("!HH", rest[:4])
        yield number, rest[4 : 4 + size]
        rest = rest[4 + size :]


@pytest.mark.parametrize("version", [0x0300, TLS_1_0, 0x0302])
def test_a_client_of_an_old_version_offers_every_suite_there_is(version: int) -> None:
    hello = client_hello("csms.example.com", version, SUITES)
    assert set(offered(hello)) == {*SUITES, 0x00FF}
    assert hello[9:11] == version.to_bytes(2, "big")
    names = [number for number, _ in extensions(hello)] if version > 0x0300 else []
    assert names == ([0, 10, 11, 12] if version > 0x0300 else [])


def test_the_user_that_some_suites_want_comes_with_them_only() -> None:
    assert dict(extensions(client_hello("h", TLS_1_2, WEAK)))[12] == b"\x07station"
    assert 12 not in dict(extensions(client_hello("h", TLS_1_2, [0x002F])))


@pytest.mark.parametrize(
    ("said", "text", "chosen"),
    [
        (b"", "a closed connection", False),
        (alert(2, 70), "alert 70 (protocol version)", False),
        (alert(2, 40), "alert 40 (handshake failure)", False),
        (alert(2, 115), "alert 115 (unknown PSK identity)", True),
        (alert(2, 250), "alert 250 (unnamed)", False),
        (alert(1, 0), "alert 0 (close notify)", False),
        (b"HTTP/1.1 400 Bad Request\r\n", "no TLS", False),
        (record(22, SERVER_HELLO), "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA", True),
        (alert(1, 112) + record(22, SERVER_HELLO), "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA", True),
        (record(22, SERVER_HELLO) + alert(2, 80), "TLS 1.0 with TLS_RSA_WITH_AES_128_CBC_SHA", True),
        (record(22, SERVER_HELLO)[:20], "a closed connection", False),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_an_answer_is_a_choice_or_a_refusal(said: bytes, text: str, chosen: bool) -> None:
    flight = read_flight(said)
    assert (flight.text, flight.chosen) == (text, chosen)


def test_a_server_that_says_nothing_has_not_closed() -> None:
    assert Flight(silent=True).text == "no answer"
