"""Secrets, in each form in which another system may show them, masked wherever they turn up."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

REDACTED = "[redacted]"
SHORTEST = 4
"""A shorter secret may be part of any text, so it is masked only as a whole value between quotation marks."""
SHORTEST_IN_BASE64 = 6
"""Fewer letters of base64 may be part of a word, or of a certificate."""

# What serialisers that expect to end up in a web page write as \u00XX, and in which case.
_IN_PAGES = (("<>&='", "x"), ("<>&'\"+`", "X"))


def forms(secret: str) -> frozenset[str]:
    """What to mask for a secret: plain, in JSON, in HTML, in a URL, in hexadecimal and within base64."""
    if len(secret) < SHORTEST:
        return frozenset(quoted(secret))
    octets = secret.encode()
    found = {secret, html.escape(secret), octets.hex(), octets.hex().upper()}
    return frozenset(found.union(_in_json(secret), _in_url(secret), _in_base64(octets)))


def quoted(value: str) -> Iterator[str]:
    """A whole value as texts name it."""
    yield from (f'"{value}"', f"'{value}'", json.dumps(value), json.dumps(value, ensure_ascii=False))


def redact(text: str, secrets: Iterable[str]) -> str:
    """The text with every one of these forms masked, the longest first."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, REDACTED)
    return text


def _in_json(secret: str) -> Iterator[str]:
    for ascii_only in (True, False):
        text = json.dumps(secret, ensure_ascii=ascii_only)[1:-1]
        yield text
        yield text.replace("/", "\\/")
    for escaped, case in _IN_PAGES:
        yield "".join(f"\\u{ord(char):04{case}}" if char in escaped else json.dumps(char)[1:-1] for char in secret)


def _in_url(secret: str) -> Iterator[str]:
    for text in (quote(secret, safe=""), quote(secret), quote_plus(secret)):
        yield text
        yield re.sub("%..", lambda code: code[0].lower(), text)


def _in_base64(octets: bytes) -> Iterator[str]:
    """What stands in base64 of any text with these octets in it, which depends on how many are before them."""
    for before in range(3):
        whole = base64.b64encode(bytes(before) + octets).decode()
        part = whole[-(-before * 8 // 6) : (before + len(octets)) * 8 // 6]
        if len(part) >= SHORTEST_IN_BASE64:
            yield from (part, part.translate(_URL_SAFE), quote(part, safe=""))


_URL_SAFE = str.maketrans("+/", "-_")
