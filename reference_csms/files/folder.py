"""Files on disk: received whole or not at all, under names that were chosen here, and never larger than allowed."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

MODE = 0o700
CHUNK = 1 << 16
_HALF = ".incoming-"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+@-]{0,127}")


class TooLarge(OSError):
    """A file is larger than allowed; the text is the one line that is shown."""


class Kept(NamedTuple):
    """A file that was received whole."""

    size: int
    sha256: str


class Incoming:
    """A file while it is received; it stands beside its place under a name of its own until it is kept."""

    def __init__(self, target: Path, limit: int) -> None:
        self._target, self._limit = target, limit
        handle, self.name = tempfile.mkstemp(prefix=_HALF, dir=target.parent)
        self._file: IO[bytes] = os.fdopen(handle, "wb")
        self._digest = hashlib.sha256()
        self._size = 0

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file.closed

    def write(self, data: bytes) -> None:
        """Add to the file; raises TooLarge."""
        self._size += len(data)
        if self._size > self._limit:
            raise TooLarge(errno.EFBIG, f"expected a file of at most {self._limit} bytes, received more")
        self._digest.update(data)
        self._file.write(data)

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()

    def keep(self) -> Kept:
        """Put the file in its place, instead of one that is there."""
        self.close()
        os.replace(self.name, self._target)
        return Kept(self._size, self._digest.hexdigest())

    def drop(self) -> None:
        """Forget the file unless it is kept."""
        self.close()
        Path(self.name).unlink(missing_ok=True)


class Folder:
    """Files of one kind. A name that could lead out of the folder has no place in it."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path, self._limit = path, limit
        path.mkdir(mode=MODE, parents=True, exist_ok=True)
        for half in path.glob(f"{_HALF}*"):
            half.unlink(missing_ok=True)

    def incoming(self, name: str) -> Incoming:
        """A file to be received under this name; raises ValueError if no file can have it."""
        if not safe(name):
            raise ValueError(
                f"{name!r}: expected a file name of letters, digits and _ . + @ -, not beginning with a dot"
            )
        return Incoming(self._path / name, self._limit)

    def path(self, name: str) -> Path | None:
        """The file of this name, None if there is none."""
        path = self._path / name
        return path if safe(name) and path.is_file() and not path.is_symlink() else None

    def all(self) -> list[Path]:
        """All files, sorted by name."""
        return sorted(path for path in self._path.iterdir() if self.path(path.name))

    def remove(self, name: str) -> bool:
        """Delete a file; False if there was none."""
        path = self.path(name)
        if path is not None:
            path.unlink(missing_ok=True)
        return path is not None


def safe(name: str) -> bool:
    """Whether this is a plain file name."""
    return _SAFE.fullmatch(name) is not None


def shown_name(text: str) -> str:
    """What a station calls its file, without the folders before it and fit to be shown; it may be empty."""
    last = re.split(r"[/\\]", text)[-1]
    return "".join(character for character in last if character.isprintable())[:255]


def chunks(path: Path) -> Iterator[bytes]:
    """The content of a file, a piece at a time."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def sha256(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    for chunk in chunks(path):
        digest.update(chunk)
    return digest.hexdigest()
