"""Chapter 3.13: the station refuses a configuration key, or its value."""

from harness.case import Operator, Records, Station, case


@case("TC_040_1_CSMS")
async def test_tc_040_1_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS takes that the station does not know the key; another key than the operator's serves, with a warning."""
    await operator.asks_for_any("ChangeConfiguration", key="ConformanceUnknownKey", value="1")
    await station.receives(1, "ChangeConfiguration.req", {"key": "ConformanceUnknownKey", "value": "1"})
    await station.sends(2, "ChangeConfiguration.conf", status="NotSupported")
    await records.command(2, "ChangeConfiguration", {"status": "NotSupported"})


@case("TC_040_2_CSMS")
async def test_tc_040_2_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS takes that the station rejects a value; another value than the operator's serves, with a warning."""
    await operator.asks("ChangeConfiguration", key="MeterValueSampleInterval", value="-1")
    await station.receives(1, "ChangeConfiguration.req", {"key": "MeterValueSampleInterval", "value": "-1"})
    await station.sends(2, "ChangeConfiguration.conf", status="Rejected")
    await records.command(2, "ChangeConfiguration", {"status": "Rejected"})
