"""One run at a time as a station: a CSMS drops a connection when another one comes with the same identity.

What holds a station is the lock on a file that its process has open, so it is free again however that process ends.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from harness.approach import Approach
from harness.config import Environment
from harness.errors import UsageError
from harness.material import Access

try:
    import fcntl
except ImportError:  # where there are no such locks, two runs at once are not noticed
    fcntl = None  # type: ignore[assignment]


@contextmanager
def alone(environment: Environment) -> Iterator[None]:
    """Holds every station of these settings on this machine; raises UsageError if another run has one of them."""
    stations = {_file(way): way for way in environment.ways.values()}
    with ExitStack() as stack:
        for path, way in stations.items():
            stack.enter_context(_held(path, way))
        yield


@contextmanager
def _held(path: Path, way: Access) -> Iterator[None]:
    handle = _locked(path, way) if fcntl else None
    try:
        yield
    finally:
        if handle is not None:
            with suppress(OSError):
                path.unlink()
            os.close(handle)


def _file(way: Access) -> Path:
    """The file of a station: its identity at an address, whatever the spelling of that."""
    approach = Approach(way.url)
    where = f"{approach.host}:{approach.port}{urlsplit(way.url).path.rstrip('/')}"
    name = hashlib.sha256(f"{where} {way.station_id}".encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"ocpp-conformance-{name}.lock"


def _locked(path: Path, way: Access) -> int | None:
    """The open file once it is ours; None where it cannot be had."""
    while True:
        try:
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError:  # such as the file of another user, whose run may have ended
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(path)):
                return handle
        except BlockingIOError:
            os.close(handle)
            expected = "expected no other run as this station on this machine, received one that has not ended"
            raise UsageError(f"{way.url} as {way.station_id}: {expected}") from None
        except FileNotFoundError:
            pass
        os.close(handle)  # the run before us has just taken the file away
