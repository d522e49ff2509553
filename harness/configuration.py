"""The configuration of the station that the harness plays: every key that the profiles make mandatory.

OCPP 1.6 §9 says which keys those are and which of them may be written; values are those of a plain station.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.config import Environment

READ_ONLY: Mapping[str, str] = {
    "GetConfigurationMaxKeys": "50",
    "SupportedFeatureProfiles": (
        "Core,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging,RemoteTrigger"
    ),
    "LocalAuthListMaxLength": "1000",
    "SendLocalListMaxLength": "100",
    "ChargeProfileMaxStackLevel": "10",
    "ChargingScheduleAllowedChargingRateUnit": "Current,Power",
    "ChargingScheduleMaxPeriods": "24",
    "MaxChargingProfilesInstalled": "10",
}

WRITABLE: Mapping[str, str] = {
    "AuthorizeRemoteTxRequests": "true",
    "ClockAlignedDataInterval": "0",
    "ConnectorPhaseRotation": "NotApplicable",
    "HeartbeatInterval": "86400",
    "LocalAuthorizeOffline": "true",
    "LocalPreAuthorize": "true",
    "MeterValuesAlignedData": "Energy.Active.Import.Register",
    "MeterValuesSampledData": "Energy.Active.Import.Register",
    "MeterValueSampleInterval": "0",
    "ResetRetries": "1",
    "StopTransactionOnEVSideDisconnect": "true",
    "StopTransactionOnInvalidId": "true",
    "StopTxnAlignedData": "",
    "StopTxnSampledData": "",
    "TransactionMessageAttempts": "3",
    "TransactionMessageRetryInterval": "60",
    "UnlockConnectorOnEVSideDisconnect": "true",
    "LocalAuthListEnabled": "true",
}


def configuration(environment: Environment) -> list[dict[str, Any]]:
    """Every key as `configurationKey` of a GetConfiguration.conf holds it."""
    read_only = {**READ_ONLY, "NumberOfConnectors": str(environment.number_of_connectors)}
    writable = {
        **WRITABLE,
        "ConnectionTimeOut": f"{environment.connection_timeout_s:.0f}",
        "CpoName": environment.security.organization,
        "SecurityProfile": str(environment.profile),
    }
    return [
        {"key": key, "readonly": table is read_only, "value": value}
        for table in (read_only, writable)
        for key, value in sorted(table.items())
    ]


def answer(environment: Environment, keys: Iterable[str]) -> dict[str, Any]:
    """The GetConfiguration.conf for these keys; none means all of them."""
    entries = {entry["key"].casefold(): entry for entry in configuration(environment)}
    wanted = list(keys)
    if not wanted:
        return {"configurationKey": list(entries.values())}
    known = [entries[key.casefold()] for key in wanted if key.casefold() in entries]
    unknown = [key for key in wanted if key.casefold() not in entries]
    return {"configurationKey": known} | ({"unknownKey": unknown} if unknown else {})
