"""Station passwords: stored salted and hashed, checked off the event loop, remembered while the process runs."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
import secrets

_COST = {"n": 1 << 14, "r": 8, "p": 1}


async def hash_password(password: bytes) -> str:
    """The text to store for a password: algorithm, salt and digest."""
    return await asyncio.to_thread(hashed, password)


def hashed(password: bytes) -> str:
    """The same as hash_password, on the calling thread."""
    salt = secrets.token_bytes(16)
    return f"scrypt${salt.hex()}${hashlib.scrypt(password, salt=salt, **_COST).hex()}"


def _matches(password: bytes, stored: str) -> bool:
    _, salt, digest = stored.split("$")
    computed = hashlib.scrypt(password, salt=bytes.fromhex(salt), **_COST)
    return hmac.compare_digest(computed, bytes.fromhex(digest))


class Passwords:
    """Checks passwords; a station that comes back with the one that was right needs no second slow check."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._right: dict[str, bytes] = {}
        self._workers = asyncio.Semaphore(os.cpu_count() or 1)

    async def right(self, password: bytes, stored: str) -> bool:
        """Whether this is the password of which `stored` is the hash."""
        mark = hmac.digest(self._key, password, "sha256")
        known = self._right.get(stored)
        if known is not None and hmac.compare_digest(known, mark):
            return True
        async with self._workers:
            right = await asyncio.to_thread(_matches, password, stored)
        if right:
            self._right[stored] = mark
        return right
