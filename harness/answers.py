"""How a plain station answers a request that a case does not care about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness import configuration
from harness.config import Environment

Payload = Mapping[str, Any]

# The ways in are kept as they are configured, whatever a CSMS likes to change of its own accord.
KEPT = ("authorizationkey", "securityprofile")


def _changed(request: Payload) -> str:
    return "Rejected" if str(request.get("key")).casefold() in KEPT else "Accepted"


_ANSWERS: Mapping[str, Callable[[Environment, Payload], dict[str, Any]]] = {
    "CancelReservation": lambda environment, request: {"status": "Rejected"},
    "ChangeAvailability": lambda environment, request: {"status": "Accepted"},
    "CertificateSigned": lambda environment, request: {"status": "Rejected"},
    "ChangeConfiguration": lambda environment, request: {"status": _changed(request)},
    "ClearCache": lambda environment, request: {"status": "Accepted"},
    "DataTransfer": lambda environment, request: {"status": "UnknownVendorId"},
    "DeleteCertificate": lambda environment, request: {"status": "NotFound"},
    "ExtendedTriggerMessage": lambda environment, request: {"status": "NotImplemented"},
    "GetDiagnostics": lambda environment, request: {},
    "GetLog": lambda environment, request: {"status": "Rejected"},
    "GetConfiguration": lambda environment, request: configuration.answer(environment, request.get("key", [])),
    "GetInstalledCertificateIds": lambda environment, request: {"status": "NotFound"},
    "InstallCertificate": lambda environment, request: {"status": "Rejected"},
    "RemoteStartTransaction": lambda environment, request: {"status": "Rejected"},
    "RemoteStopTransaction": lambda environment, request: {"status": "Rejected"},
    "ReserveNow": lambda environment, request: {"status": "Rejected"},
    "Reset": lambda environment, request: {"status": "Rejected"},
    "SignedUpdateFirmware": lambda environment, request: {"status": "Rejected"},
    "TriggerMessage": lambda environment, request: {"status": "NotImplemented"},
    "UnlockConnector": lambda environment, request: {"status": "NotSupported"},
    "UpdateFirmware": lambda environment, request: {},
}


def answer(environment: Environment, action: str, request: Payload) -> dict[str, Any] | None:
    """The payload of the answer to a valid request, None if the station does not support the action."""
    found = _ANSWERS.get(action)
    return found(environment, request) if found else None
