"""The person's terminal, also while pytest has taken standard input and output."""

from __future__ import annotations

import asyncio
import os
import sys

from harness.errors import UsageError


class TerminalConsole:
    """Writes to a terminal and reads lines from it without blocking the event loop."""

    def __init__(self, fd: int, *, owned: bool = False) -> None:
        self._fd, self._owned = fd, owned
        self._width = 0
        self._buffer = b""

    @classmethod
    def open(cls) -> TerminalConsole:
        """The terminal that the process was started from; raises UsageError if there is none."""
        try:
            return cls(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY), owned=True)
        except OSError:
            stdin = sys.__stdin__
            if stdin is not None and not stdin.closed and stdin.isatty():
                return cls(stdin.fileno())
        raise UsageError(
            "operator: expected a terminal for driver manual, received none; drivers http and python need none"
        )

    def ask(self, text: str) -> None:
        """Shows a new prompt and forgets what was typed before it."""
        import termios

        termios.tcflush(self._fd, termios.TCIFLUSH)
        self._buffer = b""
        self._write(f"\n{text}\n")
        self._width = 0

    def status(self, text: str) -> None:
        """Shows a line that replaces the last status, and after it what the person types."""
        self._replace(f"  {text} > ")

    def done(self, text: str) -> None:
        """Shows the last status of a prompt and ends its line."""
        self._replace(f"  {text}")
        self._write("\n")
        self._width = 0

    async def read(self) -> str:
        """The next line that is typed; the end of input counts as abort."""
        loop = asyncio.get_running_loop()
        while b"\n" not in self._buffer:
            readable = asyncio.Event()
            loop.add_reader(self._fd, readable.set)
            try:
                await readable.wait()
            finally:
                loop.remove_reader(self._fd)
            typed = os.read(self._fd, 1024)
            if not typed:
                return "abort"
            self._buffer += typed
        line, _, self._buffer = self._buffer.partition(b"\n")
        self._width = 0
        return line.decode(errors="replace")

    def close(self) -> None:
        """Ends the line if there is one and gives the terminal back."""
        if self._width:
            self._write("\n")
        if self._owned:
            os.close(self._fd)

    def _replace(self, line: str) -> None:
        # What is longer than the new line is wiped out, and the cursor goes back to the end of the text.
        self._write("\r" + line.ljust(self._width) + "\b" * max(self._width - len(line), 0))
        self._width = len(line)

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._fd, data) :]
