"""What the operator of a system under test can be asked to do: names and fields, without any way of doing it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple


class Intent(NamedTuple):
    """One thing to ask for: its name in sut.toml, the OCPP action it leads to, and the fields that describe it."""

    name: str
    action: str
    fields: tuple[str, ...]


def _named(*intents: Intent) -> Mapping[str, Intent]:
    return {intent.name: intent for intent in intents}


CSMS_INTENTS = _named(
    Intent("remote_start", "RemoteStartTransaction", ("connectorId", "idTag", "chargingProfile")),
    Intent("remote_stop", "RemoteStopTransaction", ("transactionId",)),
    Intent("reset", "Reset", ("type",)),
    Intent("unlock", "UnlockConnector", ("connectorId",)),
    Intent("get_configuration", "GetConfiguration", ("key",)),
    Intent("change_configuration", "ChangeConfiguration", ("key", "value")),
    Intent("change_availability", "ChangeAvailability", ("connectorId", "type")),
    Intent("clear_cache", "ClearCache", ()),
    Intent("data_transfer", "DataTransfer", ("vendorId", "messageId", "data")),
    Intent("reserve", "ReserveNow", ("connectorId", "idTag", "expiryDate", "parentIdTag")),
    Intent("cancel_reservation", "CancelReservation", ("reservationId",)),
    Intent("send_local_list", "SendLocalList", ("updateType", "cards")),
    Intent("get_local_list_version", "GetLocalListVersion", ()),
    Intent("trigger", "TriggerMessage", ("requestedMessage", "connectorId")),
    Intent("update_firmware", "UpdateFirmware", ("location", "retrieveDate", "retries", "retryInterval")),
    Intent("get_diagnostics", "GetDiagnostics", ("location", "startTime", "stopTime", "retries", "retryInterval")),
    Intent(
        "signed_update_firmware",
        "SignedUpdateFirmware",
        ("location", "retrieveDateTime", "signingCertificate", "signature", "installDateTime"),
    ),
    Intent("get_log", "GetLog", ("logType", "remoteLocation", "oldestTimestamp", "latestTimestamp")),
    Intent("set_password", "ChangeConfiguration", ("password",)),
    Intent("set_security_profile", "ChangeConfiguration", ("profile",)),
    Intent("install_certificate", "InstallCertificate", ("certificateType", "certificate")),
    Intent("get_installed_certificates", "GetInstalledCertificateIds", ("certificateType",)),
    Intent("delete_certificate", "DeleteCertificate", ("certificate", "certificateHashData")),
    Intent("extended_trigger", "ExtendedTriggerMessage", ("requestedMessage", "connectorId")),
    Intent("set_charging_profile", "SetChargingProfile", ("connectorId", "profile", "transactionId")),
    Intent(
        "clear_charging_profile",
        "ClearChargingProfile",
        ("id", "connectorId", "chargingProfilePurpose", "stackLevel"),
    ),
    Intent("get_composite_schedule", "GetCompositeSchedule", ("connectorId", "duration", "chargingRateUnit")),
)

# What tells a request that the operator asked for from one of the same action that the system sends of its own accord.
TELLING: Mapping[str, str] = {
    "ChangeConfiguration": "key",
    "GetConfiguration": "key",
    "TriggerMessage": "requestedMessage",
    "ExtendedTriggerMessage": "requestedMessage",
    "GetInstalledCertificateIds": "certificateType",
}


def about(action: str, intent: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a request is about what was asked for; one that does not say what it is about is taken to be."""
    field = TELLING.get(action)
    wanted = _told(intent, field)

    def fits(payload: Mapping[str, Any]) -> bool:
        told = _told(payload, field)
        return wanted is None or told is None or told == wanted

    return fits


def _told(payload: Mapping[str, Any], field: str | None) -> frozenset[str] | None:
    """What a request is about, without regard to case; no list of keys is an empty one. None if it does not tell."""
    value = payload.get(field, [] if field == "key" else None) if field else None
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return None
    return frozenset(word.casefold() for word in words)


# Requests of the http driver that set a CSMS up or show that it is there; they lead to no OCPP message.
PREPARATIONS: Mapping[str, tuple[str, ...]] = {
    "provision_station": ("station", "password", "securityProfile", "serialNumber"),
    "provision_card": ("station", "idTag", "status", "expiryDate", "parentIdTag"),
    "reachable": ("station",),
}

# What the records port can be asked, with the fields that identify a record and those that it may have.
RECORD_KEYS: Mapping[str, tuple[str, ...]] = {
    "transaction": ("station", "transactionId"),
    "connector": ("station", "connectorId"),
    "command": ("station", "action"),
    "reservation": ("station", "reservationId"),
    "firmware": ("station",),
    "diagnostics": ("station",),
    "signed_firmware": ("station", "requestId"),
    "log": ("station", "requestId"),
    "security_event": ("station",),
    "charging_profile": ("station", "chargingProfileId"),
    "composite_schedule": ("station", "connectorId"),
}
RECORD_FIELDS: Mapping[str, tuple[str, ...]] = {
    "transaction": (
        "transactionId",
        "idTag",
        "connectorId",
        "meterStart",
        "meterStop",
        "status",
        "reason",
        "startTimestamp",
        "stopTimestamp",
    ),
    "connector": ("connectorId", "status", "errorCode"),
    "command": ("action", "status"),
    "reservation": (
        "reservationId",
        "idTag",
        "parentIdTag",
        "connectorId",
        "expiryDate",
        "status",
        "transactionId",
    ),
    "firmware": ("status",),
    "diagnostics": ("status", "fileName"),
    "signed_firmware": ("requestId", "status"),
    "log": ("requestId", "status", "fileName"),
    "security_event": ("type", "timestamp", "techInfo"),
    "charging_profile": (
        "chargingProfileId",
        "connectorId",
        "chargingProfilePurpose",
        "stackLevel",
        "transactionId",
        "status",
    ),
    "composite_schedule": (
        "connectorId",
        "status",
        "scheduleStart",
        "chargingRateUnit",
        "chargingSchedulePeriod",
    ),
}

PLACEHOLDER = re.compile(r"\{([A-Za-z]\w*)\}")


def placeholders(operation: str) -> tuple[str, ...]:
    """The placeholders that the template of an operation may use."""
    if operation in PREPARATIONS:
        return PREPARATIONS[operation]
    return ("station", *CSMS_INTENTS[operation].fields, "payload")
