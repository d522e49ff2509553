"""Which actions exist, in which profile, and who may call them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from ocppj.names import ActionName

Profile = Literal[
    "Core",
    "FirmwareManagement",
    "LocalAuthListManagement",
    "Reservation",
    "SmartCharging",
    "RemoteTrigger",
    "Security",
]


class Action(NamedTuple):
    """One action: the profile that contains it, and which side may send its request."""

    name: ActionName
    profile: Profile
    from_station: bool
    from_csms: bool


_FROM_STATION: Final[Mapping[Profile, tuple[ActionName, ...]]] = {
    "Core": (
        "Authorize",
        "BootNotification",
        "DataTransfer",
        "Heartbeat",
        "MeterValues",
        "StartTransaction",
        "StatusNotification",
        "StopTransaction",
    ),
    "FirmwareManagement": ("DiagnosticsStatusNotification", "FirmwareStatusNotification"),
    "Security": (
        "LogStatusNotification",
        "SecurityEventNotification",
        "SignCertificate",
        "SignedFirmwareStatusNotification",
    ),
}
_FROM_CSMS: Final[Mapping[Profile, tuple[ActionName, ...]]] = {
    "Core": (
        "ChangeAvailability",
        "ChangeConfiguration",
        "ClearCache",
        "DataTransfer",
        "GetConfiguration",
        "RemoteStartTransaction",
        "RemoteStopTransaction",
        "Reset",
        "UnlockConnector",
    ),
    "FirmwareManagement": ("GetDiagnostics", "UpdateFirmware"),
    "LocalAuthListManagement": ("GetLocalListVersion", "SendLocalList"),
    "Reservation": ("CancelReservation", "ReserveNow"),
    "SmartCharging": ("ClearChargingProfile", "GetCompositeSchedule", "SetChargingProfile"),
    "RemoteTrigger": ("TriggerMessage",),
    "Security": (
        "CertificateSigned",
        "DeleteCertificate",
        "ExtendedTriggerMessage",
        "GetInstalledCertificateIds",
        "GetLog",
        "InstallCertificate",
        "SignedUpdateFirmware",
    ),
}


def _actions() -> dict[str, Action]:
    actions: dict[str, Action] = {}
    for senders, station, csms in ((_FROM_STATION, True, False), (_FROM_CSMS, False, True)):
        for profile, names in senders.items():
            for name in names:
                known = actions.get(name)
                both = known is not None
                actions[name] = Action(name, profile, station or both, csms or both)
    return dict(sorted(actions.items()))


ACTIONS: Final[Mapping[str, Action]] = MappingProxyType(_actions())
"""All actions by name, in alphabetical order."""
