"""What the stations have said of their configuration: the latest answer about a key wins.

It is read from the commands that are kept anyway, a station at a time, when somebody first asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Answered = Mapping[str, Any]
"""A command as operators see it."""

LEARNT_FROM = ("GetConfiguration", "ChangeConfiguration")

# A key that nobody may read back (security whitepaper, AuthorizationKey) is not kept.
_SECRET = frozenset({"authorizationkey"})


class Configurations:
    """The known configuration keys of every station; `history` gives a station's answered commands, oldest first."""

    def __init__(self, history: Callable[[str], Iterable[Answered]]) -> None:
        self._history = history
        self._known: dict[str, dict[str, tuple[str, str]]] = {}

    def all(self, station: str) -> Mapping[str, str]:
        """The last known values of a station by key."""
        return dict(sorted(self._of(station).values()))

    def value(self, station: str, key: str) -> str | None:
        """The last known value of a key, whose name is written in any letter case."""
        found = self._of(station).get(key.casefold())
        return None if found is None else found[1]

    def integer(self, station: str, key: str) -> int | None:
        """The same as a number, None if it is not known or no number."""
        value = (self.value(station, key) or "").strip()
        return int(value) if value.isascii() and value.isdigit() else None

    def items(self, station: str, key: str) -> tuple[str, ...]:
        """The same as the elements of a comma separated list."""
        return tuple(item.strip() for item in (self.value(station, key) or "").split(",") if item.strip())

    async def answered(self, command: Any) -> None:
        """Learn from a command that a station has just answered."""
        if command.station in self._known:
            _learn(self._known[command.station], command.fields())

    def _of(self, station: str) -> dict[str, tuple[str, str]]:
        if station not in self._known:
            known = self._known[station] = {}
            for command in self._history(station):
                _learn(known, command)
        return self._known[station]


def _learn(known: dict[str, tuple[str, str]], command: Answered) -> None:
    request, response = command["request"], command["response"] or {}
    if command["state"] != "answered":
        return
    if command["action"] == "GetConfiguration":
        for entry in response.get("configurationKey", ()):
            if "value" in entry:
                known[entry["key"].casefold()] = (entry["key"], entry["value"])
        for key in response.get("unknownKey", ()):
            known.pop(key.casefold(), None)
    elif command["action"] == "ChangeConfiguration" and response["status"] == "Accepted":
        name, _ = known.get(request["key"].casefold(), (request["key"], ""))
        known[request["key"].casefold()] = (name, request["value"])
    for key in _SECRET:
        known.pop(key, None)
