"""Chapter 3.7: the CSMS reads and changes the configuration of the station."""

from harness.case import Operator, Records, Station, absent, any_of, case


@case("TC_019_1_CSMS")
async def test_tc_019_1_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS asks for the whole configuration, which is a request without a list of keys."""
    await operator.asks("GetConfiguration", key=[])
    await station.receives(1, "GetConfiguration.req", {"key": any_of(absent, [])})
    await station.sends(2, "GetConfiguration.conf", **station.configuration())
    await records.command(2, "GetConfiguration", {"status": "Answered"})


@case("TC_019_2_CSMS")
async def test_tc_019_2_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS asks for one key and no other."""
    await operator.asks("GetConfiguration", key=["SupportedFeatureProfiles"])
    await station.receives(1, "GetConfiguration.req", {"key": ["SupportedFeatureProfiles"]})
    await station.sends(2, "GetConfiguration.conf", **station.configuration("SupportedFeatureProfiles"))
    await records.command(2, "GetConfiguration", {"status": "Answered"})


@case("TC_021_CSMS")
async def test_tc_021_csms(station: Station, operator: Operator, records: Records) -> None:
    """The CSMS sets a key to the value the operator gives."""
    await operator.asks("ChangeConfiguration", key="MeterValueSampleInterval", value="60")
    await station.receives(1, "ChangeConfiguration.req", {"key": "MeterValueSampleInterval", "value": "60"})
    await station.sends(2, "ChangeConfiguration.conf", status="Accepted")
    await records.command(2, "ChangeConfiguration", {"status": "Accepted"})
