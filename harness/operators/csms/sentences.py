"""What a person is asked to do, in words: one sentence per intent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.approach import password_bytes


def _remote_start(fields: Mapping[str, Any]) -> str:
    connector = fields["connectorId"]
    where = "without naming a connector" if connector is None else f"on connector {connector}"
    profile = fields["chargingProfile"]
    limited = "" if profile is None else f", under a charging profile of its own: {_profile(profile)}"
    return f"start a charging session remotely for card {fields['idTag']} {where}{limited}"


def _get_configuration(fields: Mapping[str, Any]) -> str:
    keys = ", ".join(fields["key"])
    return f"read the configuration key {keys}" if keys else "read all configuration keys"


def _change_availability(fields: Mapping[str, Any]) -> str:
    what = "the whole station" if fields["connectorId"] == 0 else f"connector {fields['connectorId']}"
    return f"put {what} {'in' if fields['type'] == 'Operative' else 'out of'} service ({fields['type']})"


def _data_transfer(fields: Mapping[str, Any]) -> str:
    message = f", message {fields['messageId']}" if fields["messageId"] is not None else ""
    data = f", with the data {fields['data']}" if fields["data"] is not None else ""
    return f"send a data transfer of vendor {fields['vendorId']}{message}{data}"


def _reserve(fields: Mapping[str, Any]) -> str:
    what = "any connector (connector 0)" if fields["connectorId"] == 0 else f"connector {fields['connectorId']}"
    group = f" and its parent {fields['parentIdTag']}" if fields["parentIdTag"] is not None else ""
    return f"reserve {what} for card {fields['idTag']}{group} until {fields['expiryDate']}"


def _again(fields: Mapping[str, Any]) -> str:
    times = f", with {fields['retries']} retries" if fields["retries"] is not None else ""
    return times + (f" every {fields['retryInterval']} s" if fields["retryInterval"] is not None else "")


def _period(first: str | None, last: str | None) -> str:
    return (f", from {first}" if first is not None else "") + (f", up to {last}" if last is not None else "")


def _update_firmware(fields: Mapping[str, Any]) -> str:
    return f"update the firmware from {fields['location']}, to be got from {fields['retrieveDate']}{_again(fields)}"


def _get_diagnostics(fields: Mapping[str, Any]) -> str:
    period = _period(fields["startTime"], fields["stopTime"])
    return f"have the diagnostics put into {fields['location']}{period}{_again(fields)}"


def _signed_update_firmware(fields: Mapping[str, Any]) -> str:
    install = f", to be installed at {fields['installDateTime']}" if fields["installDateTime"] is not None else ""
    return (
        f"update to signed firmware from {fields['location']}, to be got from {fields['retrieveDateTime']}{install}\n"
        f"  signature:\n{fields['signature']}\n  signing certificate:\n{fields['signingCertificate'].rstrip()}"
    )


def _get_log(fields: Mapping[str, Any]) -> str:
    period = _period(fields["oldestTimestamp"], fields["latestTimestamp"])
    return f"have the {fields['logType']} put into {fields['remoteLocation']}{period}"


def _set_password(fields: Mapping[str, Any]) -> str:
    shown = password_bytes(fields["password"]).hex()
    return f"set the password (AuthorizationKey) to {fields['password']}, which is {shown} in hexadecimal"


def _install_certificate(fields: Mapping[str, Any]) -> str:
    return f"install this {fields['certificateType']}:\n{fields['certificate'].rstrip()}"


def _delete_certificate(fields: Mapping[str, Any]) -> str:
    number, algorithm = (fields["certificateHashData"][name] for name in ("serialNumber", "hashAlgorithm"))
    return f"delete the installed certificate with the serial number {number} (hash algorithm {algorithm})"


def _send_local_list(fields: Mapping[str, Any]) -> str:
    what = "the whole" if fields["updateType"] == "Full" else "an update of the"
    return f"send {what} local authorization list ({fields['updateType']}) with {', '.join(fields['cards'])}"


def _trigger(fields: Mapping[str, Any]) -> str:
    where = "" if fields["connectorId"] is None else f" of connector {fields['connectorId']}"
    return f"trigger {fields['requestedMessage']}{where}"


def _extended_trigger(fields: Mapping[str, Any]) -> str:
    return f"{_trigger(fields)} (ExtendedTriggerMessage)"


def _provision_access(fields: Mapping[str, Any]) -> str:
    password = f", the password {fields['password']}" if fields["password"] is not None else ""
    number = f", the serial number {fields['serialNumber']}" if fields["serialNumber"] is not None else ""
    told = f"security profile {fields['securityProfile']}{password}{number}"
    return f"put the station's record back, not through OCPP: {told}"


def _profile(profile: Mapping[str, Any]) -> str:
    """A charging profile, all of its fields."""
    schedule = profile["chargingSchedule"]
    recurring = f" {profile['recurrencyKind']}" if "recurrencyKind" in profile else ""
    kind = f"{profile['chargingProfilePurpose']}, {profile['chargingProfileKind']}{recurring}"
    valid = "".join(f", {name} {profile[name]}" for name in ("validFrom", "validTo") if name in profile)
    start = f", starting at {schedule['startSchedule']}" if "startSchedule" in schedule else ""
    lasts = f", for {schedule['duration']} s" if "duration" in schedule else ""
    return f"{kind}, stack level {profile['stackLevel']}{valid}{start}{lasts}: {_limits(schedule)}"


def _set_charging_profile(fields: Mapping[str, Any]) -> str:
    transaction = fields["transactionId"]
    running = "" if transaction is None else f" for the running transaction {transaction}"
    return f"set this charging profile on connector {fields['connectorId']}{running}: {_profile(fields['profile'])}"


def _limits(schedule: Mapping[str, Any]) -> str:
    limits = []
    for period in schedule["chargingSchedulePeriod"]:
        phases = f" with numberPhases {period['numberPhases']}" if "numberPhases" in period else ""
        limits.append(f"{period['limit']:g} {schedule['chargingRateUnit']}{phases} from second {period['startPeriod']}")
    return ", ".join(limits)


def _clear_charging_profile(fields: Mapping[str, Any]) -> str:
    if fields["id"] is not None:
        return f"clear the charging profile with id {fields['id']}, naming nothing but the id"
    names = {"connectorId": "connector", "chargingProfilePurpose": "purpose", "stackLevel": "stack level"}
    criteria = [f"{name} {fields[field]}" for field, name in names.items() if fields[field] is not None]
    return f"clear the charging profiles of {', '.join(criteria)}" if criteria else "clear all charging profiles"


def _get_composite_schedule(fields: Mapping[str, Any]) -> str:
    unit = f" in {fields['chargingRateUnit']}" if fields["chargingRateUnit"] is not None else ""
    return f"get the composite schedule of connector {fields['connectorId']} for {fields['duration']} s{unit}"


SENTENCES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "remote_start": _remote_start,
    "remote_stop": lambda fields: f"stop transaction {fields['transactionId']} remotely",
    "reset": lambda fields: f"reset the station, type {fields['type']}",
    "unlock": lambda fields: f"unlock connector {fields['connectorId']}",
    "get_configuration": _get_configuration,
    "change_configuration": lambda fields: f"set the configuration key {fields['key']} to {fields['value']}",
    "change_availability": _change_availability,
    "clear_cache": lambda fields: "clear the authorization cache",
    "data_transfer": _data_transfer,
    "reserve": _reserve,
    "cancel_reservation": lambda fields: f"cancel reservation {fields['reservationId']}",
    "send_local_list": _send_local_list,
    "get_local_list_version": lambda fields: "ask for the version of the local authorization list",
    "trigger": _trigger,
    "update_firmware": _update_firmware,
    "get_diagnostics": _get_diagnostics,
    "signed_update_firmware": _signed_update_firmware,
    "get_log": _get_log,
    "set_password": _set_password,
    "set_security_profile": lambda fields: f"raise the security profile to {fields['profile']}",
    "install_certificate": _install_certificate,
    "get_installed_certificates": lambda fields: f"ask for the installed {fields['certificateType']}s",
    "delete_certificate": _delete_certificate,
    "extended_trigger": _extended_trigger,
    "provision_access": _provision_access,
    "set_charging_profile": _set_charging_profile,
    "clear_charging_profile": _clear_charging_profile,
    "get_composite_schedule": _get_composite_schedule,
}
