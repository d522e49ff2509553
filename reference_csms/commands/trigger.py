"""The commands that have a station send a message now: TriggerMessage, and ExtendedTriggerMessage of the whitepaper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from reference_csms.commands.commands import Command, Commands
from reference_csms.commands.core import request
from reference_csms.errors import InvalidIntent, NotAllowedNow
from reference_csms.registry.stations import Stations

Action = Literal["TriggerMessage", "ExtendedTriggerMessage"]


class _Rules(NamedTuple):
    """Where the fields are described, and which action follows where it is not called like its trigger."""

    source: str
    follows: Mapping[str, str]


_RULES: Final[Mapping[Action, _Rules]] = {
    "TriggerMessage": _Rules("OCPP 1.6 §6.51", {}),
    "ExtendedTriggerMessage": _Rules(
        "security whitepaper §5.5",
        {
            "SignChargePointCertificate": "SignCertificate",
            "FirmwareStatusNotification": "SignedFirmwareStatusNotification",
        },
    ),
}
# The only messages that tell of a connector.
_OF_CONNECTORS: Final = frozenset({"MeterValues", "StatusNotification"})


class Triggers:
    """Both commands; a station that waits for its registration may send what it was asked for."""

    def __init__(self, commands: Commands, stations: Stations) -> None:
        self._commands, self._stations = commands, stations

    async def trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Command:
        """Have a station send a message."""
        return await self._send("TriggerMessage", station, requestedMessage, connectorId)

    async def extended_trigger(self, station: str, *, requestedMessage: str, connectorId: int | None = None) -> Command:
        """The same with the messages of the security whitepaper."""
        return await self._send("ExtendedTriggerMessage", station, requestedMessage, connectorId)

    async def _send(self, action: Action, station: str, message: str, connector: int | None) -> Command:
        source, follows = _RULES[action]
        made = request(action, requestedMessage=message, connectorId=connector)
        if connector is not None and connector < 1:
            raise InvalidIntent(f"{action} connectorId: expected at least 1, received {connector} ({source})")
        if connector is not None and message not in _OF_CONNECTORS:
            raise InvalidIntent(f"{action} connectorId: expected none with {message}, received {connector} ({source})")
        self._commands.ready(station, action)
        known = self._stations.get(station)
        if known is not None and known.accepted and message == "BootNotification":
            raise NotAllowedNow(
                f"{station}: {action} BootNotification expected a station that is not accepted yet,"
                " this one is (OCPP 1.6 errata v4.0 §3.40)"
            )
        if known is not None:
            known.triggered.add(follows.get(message, message))
        return await self._commands.send(station, made)
