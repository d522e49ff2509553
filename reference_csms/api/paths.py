"""Identities of stations in paths: `a%2Fb` is one station, not a station and what belongs to it."""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote

from starlette.convertors import Convertor, register_url_convertor
from starlette.types import ASGIApp, Receive, Scope, Send

from reference_csms.domain.identities import REPLACEMENT

BELOW: Final = b"/api/stations/"
# It stands for an encoded slash while routes are compared, and is in no identity that a station can have.
SLASH: Final = "\ue000"


class Identity(Convertor[str]):
    """The convertor `{station:identity}`: one part of the path, with all that was encoded in it."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        """The identity."""
        return value.replace(SLASH, "/")

    def to_string(self, value: str) -> str:
        """The part of the path."""
        return value.replace("/", SLASH)


register_url_convertor("identity", Identity())
STATION: Final = "/api/stations/{station:identity}"
"""Where the routes of one station begin."""


class EncodedSlashes:
    """Has an application see a slash in the path only where there was one, below BELOW."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        raw = scope.get("raw_path") or b""
        if scope["type"] == "http" and raw.startswith(BELOW):
            parts = raw.partition(b"?")[0].decode("latin-1").split("/")
            scope = {**scope, "path": "/".join(map(_decoded, parts))}
        await self._app(scope, receive, send)


def _decoded(part: str) -> str:
    """A part of a path in which SLASH stands for a slash and nothing else does."""
    return unquote(part).replace(SLASH, REPLACEMENT).replace("/", SLASH)
