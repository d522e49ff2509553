"""Station passwords: stored salted and hashed, checked off the event loop, remembered while the process runs."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from typing import TypeVar

COST = 1 << 14
T = TypeVar("T")
LEAST_BYTES, MOST_BYTES = 16, 20
_HEX = re.compile(rf"(?:[0-9A-Fa-f]{{2}}){{{LEAST_BYTES},{MOST_BYTES}}}")


def key_octets(text: str) -> bytes | None:
    """The bytes of an AuthorizationKey, which is 32 to 40 hexadecimal digits; None for any other text."""
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None


def password_octets(text: str) -> bytes:
    """The bytes of a password as operators write it: as an AuthorizationKey or as plain text."""
    return key_octets(text) or text.encode()


def hashed(password: bytes, cost: int = COST) -> str:
    """The text to store for a password: algorithm, cost, salt and digest."""
    salt = secrets.token_bytes(16)
    return f"scrypt${cost}${salt.hex()}${_digest(password, salt, cost).hex()}"


def _matches(password: bytes, stored: str) -> bool:
    _, cost, salt, digest = stored.split("$")
    return hmac.compare_digest(_digest(password, bytes.fromhex(salt), int(cost)), bytes.fromhex(digest))


def _digest(password: bytes, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(password, salt=salt, n=cost, r=8, p=1)


class Passwords:
    """Hashes and checks passwords; a station that comes back with the right one needs no second slow check.

    Without threads everything happens on the calling one, for event loops in virtual time.
    """

    def __init__(self, cost: int = COST, *, threads: bool = True) -> None:
        self._cost, self._threads = cost, threads
        self._key = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        self._workers = asyncio.Semaphore(os.cpu_count() or 1)

    async def hash(self, password: bytes) -> str:
        """The text to store for a password."""
        return await self._run(lambda: hashed(password, self._cost))

    async def right(self, password: bytes, stored: str) -> bool:
        """Whether this is the password of which `stored` is the hash."""
        mark = hmac.digest(self._key, password, "sha256")
        known = self._right.get(stored)
        if known is not None and hmac.compare_digest(known, mark):
            return True
        right = await self._run(lambda: _matches(password, stored))
        if right:
            self._right[stored] = mark
        return right

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._threads:
            return work()
        async with self._workers:
            return await asyncio.to_thread(work)
