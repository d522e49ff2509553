"""What ends the command line from outside: Ctrl-C, and a reader such as `head` that has seen enough."""

from __future__ import annotations

import errno
import io
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from typing_extensions import Buffer

STOPPED = 130
PATIENCE_S = 1.0


class _Patient(io.FileIO):
    """Drops what nobody reads any more: a run goes on to its end, and its exit code tells how that was."""

    def write(self, data: Buffer, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.EIO):  # the latter is a terminal that was closed
                raise
            return memoryview(data).nbytes


def outlive_readers() -> None:
    """Has standard output and standard error take anything, also when nobody reads it any more."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.flush()
            raw = io.BufferedWriter(_Patient(stream.fileno(), "wb", closefd=False))
            lines, at_once = stream.line_buffering, stream.write_through
            text = io.TextIOWrapper(raw, stream.encoding, stream.errors, line_buffering=lines, write_through=at_once)
            setattr(sys, name, text)


class _Interrupt:
    """Takes Ctrl-C, but not its echo: who presses it twice must not lose what the first one left to do."""

    heard_s = -math.inf

    def __init__(self, inner: Callable[[int, FrameType | None], object]) -> None:
        self._inner = inner

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if now_s - _Interrupt.heard_s > PATIENCE_S:
            _Interrupt.heard_s = now_s
            self._inner(number, frame)


_AFTERWARDS = _Interrupt(signal.default_int_handler)


@contextmanager
def heard_once() -> Iterator[None]:
    """Has whatever handles Ctrl-C now hear it once for a while; asyncio would answer a second one by breaking off."""
    inner = signal.getsignal(signal.SIGINT)
    if not callable(inner) or isinstance(inner, _Interrupt):
        yield
        return
    before_s = _Interrupt.heard_s
    signal.signal(signal.SIGINT, _Interrupt(inner))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, inner if _Interrupt.heard_s == before_s else _AFTERWARDS)


def heard() -> None:
    """Ctrl-C was taken: another one counts only after a while."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        _Interrupt.heard_s = time.monotonic()
        signal.signal(signal.SIGINT, _AFTERWARDS)


def leave() -> NoReturn:
    """Ends the process at once: after a KeyboardInterrupt in exec(), Python would end it by a signal of its own."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(STOPPED)
