"""Chapter 3.7: the CSMS reads and changes the configuration of the station."""

from typing import Any

import pytest

from harness.case import Operator, Records, Settings, Station, absent, any_of, case


@pytest.fixture
def configuration(settings: Settings) -> list[dict[str, Any]]:
    """Every mandatory key of the six profiles, as the station answers GetConfiguration."""
    read_only = {
        "GetConfigurationMaxKeys": "50",
        "NumberOfConnectors": str(len(settings.connectors)),
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
    writable = {
        "AuthorizeRemoteTxRequests": "true",
        "ClockAlignedDataInterval": "0",
        "ConnectionTimeOut": str(int(settings.connection_timeout_s)),
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
    return [
        *({"key": key, "readonly": True, "value": value} for key, value in read_only.items()),
        *({"key": key, "readonly": False, "value": value} for key, value in writable.items()),
    ]


@case("TC_019_1_CSMS")
async def test_tc_019_1_csms(station: Station, operator: Operator, configuration: list[dict[str, Any]]) -> None:
    """The CSMS asks for the whole configuration, which is a request without a list of keys."""
    await operator.asks("GetConfiguration", key=[])
    await station.receives(1, "GetConfiguration.req", {"key": any_of(absent, [])})
    await station.sends(2, "GetConfiguration.conf", configurationKey=configuration)


@case("TC_019_2_CSMS")
async def test_tc_019_2_csms(station: Station, operator: Operator, configuration: list[dict[str, Any]]) -> None:
    """The CSMS asks for one key and no other."""
    await operator.asks("GetConfiguration", key=["SupportedFeatureProfiles"])
    await station.receives(1, "GetConfiguration.req", {"key": ["SupportedFeatureProfiles"]})
    await station.sends(
        2,
        "GetConfiguration.conf",
        configurationKey=[entry for entry in configuration if entry["key"] == "SupportedFeatureProfiles"],
    )


@case("TC_021_CSMS")
async def test_tc_021_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS sets a key to the value the operator gives."""
    await operator.asks("ChangeConfiguration", key="MeterValueSampleInterval", value="60")
    await station.receives(1, "ChangeConfiguration.req", {"key": "MeterValueSampleInterval", "value": "60"})
    await station.sends(2, "ChangeConfiguration.conf", status="Accepted")
    await records.command(2, "ChangeConfiguration", {"status": "Accepted"})
