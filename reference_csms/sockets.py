"""A WebSocket connection that reads and writes whole text messages by itself.

Rules of this module: only what is plainly a whole masked text message of allowed length is taken here; everything else
(the handshake, fragments, pings, closing, whatever is wrong) is left to `websockets`, a whole frame at a time. As soon
as that is not possible, all that follows is left to it. Messages from both come out of `recv` in their order.
"""

from __future__ import annotations

from typing import Any, Final

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame, Opcode
from websockets.protocol import CONNECTING, OPEN

from reference_csms.link import LinkClosed

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

_FIN: Final = 0x80
_MASKED: Final = 0x80
_TEXT: Final = _FIN | Opcode.TEXT
_CONTROL: Final = 0x08
_HEAD_END: Final = b"\r\n\r\n"


class StationSocket(ServerConnection):
    """A station's connection; `websockets` spends more time on a short message than all that is done with it here."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # The end of the request so far, None once all of it is there.
        self._head: bytes | None = b""
        self._ours = False
        self._fragments = False
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        """Take the frames in what came; the start of one waits for the rest of it."""
        if not self._ours or self.protocol.state is not OPEN:
            self._leave(data)
            return
        data = self._rest + data if self._rest else data
        at = 0
        while (span := _span(data, at)) is not None:
            start, end = span
            if not data[at + 1] & _MASKED or end - start > self._limit:
                break
            if end > len(data):
                self._rest = data[at:]
                return
            if data[at] == _TEXT and not self._fragments:
                payload = apply_mask(data[start:end], data[start - 4 : start])
                self.recv_messages.put(Frame(Opcode.TEXT, payload, True))
            else:
                self._fragments = not data[at] & _FIN if not data[at] & _CONTROL else self._fragments
                super().data_received(data[at:end])
            at = end
            if self.protocol.state is not OPEN:
                break
        else:
            self._rest = data[at:]
            return
        self._rest = data[at:]
        self._leave(b"")

    def post(self, message: str) -> None:
        """Send a text message without waiting; raises LinkClosed if the connection is not open."""
        if self.protocol.state is not OPEN:
            raise LinkClosed("the connection is closed")
        data = message.encode()
        length = len(data)
        if length < 126:
            head = bytes((_TEXT, length))
        elif length < 1 << 16:
            head = b"%c\x7e%b" % (_TEXT, length.to_bytes(2, "big"))
        else:
            head = b"%c\x7f%b" % (_TEXT, length.to_bytes(8, "big"))
        try:
            self.transport.write(head + data)
        except (OSError, RuntimeError) as error:
            raise LinkClosed(str(error)) from None

    async def drained(self) -> None:
        """Wait until the peer has taken enough of what was sent; raises LinkClosed if it is gone."""
        try:
            await self.drain()
        except OSError as error:
            raise LinkClosed(str(error)) from None

    @property
    def _limit(self) -> float:
        limit = self.protocol.max_message_size
        return float("inf") if limit is None else limit

    def _leave(self, data: bytes) -> None:
        """Leave data to the base class; frames are ours if the first one begins where a new piece of data does."""
        if self._ours:
            self._ours, data, self._rest = False, self._rest + data, b""
        elif self.protocol.state is CONNECTING:
            head = b"" if self._head is None else self._head + data
            end = head.find(_HEAD_END)
            self._ours = end >= 0 and end == len(head) - len(_HEAD_END)
            self._head = head[-3:] if self._head is not None and end < 0 else None
        if data:
            super().data_received(data)


def _span(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the payload of the masked frame at a place begins and ends, None if its head is not all there."""
    there = len(data) - at
    if there < 6:
        return None
    length = data[at + 1] & 0x7F
    if length < 126:
        return at + 6, at + 6 + length
    if length == 126:
        return None if there < 8 else (at + 8, at + 8 + int.from_bytes(data[at + 2 : at + 4], "big"))
    return None if there < 14 else (at + 14, at + 14 + int.from_bytes(data[at + 2 : at + 10], "big"))
