"""Chapter 3.14: the CSMS asks for the version of the station's local list, and sends the list."""

import pytest

from harness.case import Cards, Operator, Records, Station, absent, at_least, case, ignoring_case, present


@pytest.mark.parametrize(
    "version",
    [
        pytest.param(-1, marks=case("TC_042_1_CSMS"), id="TC_042_1_CSMS"),
        pytest.param(0, marks=case("TC_042_2_CSMS"), id="TC_042_2_CSMS"),
    ],
)
async def test_tc_042_csms(station: Station, operator: Operator, records: Records, version: int) -> None:
    """The CSMS asks for the version, and takes that the station supports no list, or that its list is empty."""
    await operator.asks("GetLocalListVersion")
    await station.receives(1, "GetLocalListVersion.req")
    await station.sends(2, "GetLocalListVersion.conf", listVersion=version)
    await records.command(2, "GetLocalListVersion", {"status": "Answered"})


@pytest.mark.parametrize(
    "status",
    [
        pytest.param("NotSupported", marks=case("TC_043_1_CSMS"), id="TC_043_1_CSMS"),
        pytest.param("Failed", marks=case("TC_043_3_CSMS"), id="TC_043_3_CSMS"),
        pytest.param("Accepted", marks=case("TC_043_4_CSMS"), id="TC_043_4_CSMS"),
    ],
)
async def test_tc_043_csms(station: Station, operator: Operator, records: Records, cards: Cards, status: str) -> None:
    """The CSMS sends a whole list with what it knows of each card, and takes what the station makes of it."""
    await operator.asks("SendLocalList", updateType="Full", cards=[cards["Accepted"]])
    whole = {"updateType": "Full", "localAuthorizationList": cards.listed("Accepted")}
    await station.receives(1, "SendLocalList.req", whole)
    await station.sends(2, "SendLocalList.conf", status=status)
    await records.command(2, "SendLocalList", {"status": status})


@case("TC_043_5_CSMS")
@pytest.mark.usefixtures("local_list_initial")
async def test_tc_043_5_csms(station: Station, operator: Operator, records: Records, cards: Cards) -> None:
    """The CSMS adds one card to the list of the station; that it asks for the version before or after is no matter."""
    initial = station.list_version
    await operator.asks("SendLocalList", updateType="Differential", cards=[cards["Accepted2"]])
    await station.receives(
        3,
        "SendLocalList.req",
        {
            "updateType": "Differential",
            "listVersion": at_least(initial + 1),
            "localAuthorizationList[0].idTag": ignoring_case(cards["Accepted2"]),
            "localAuthorizationList[0].idTagInfo": present,
            "localAuthorizationList[0].idTagInfo.status": "Accepted",
            **{f"localAuthorizationList[0].{path}": expected for path, expected in cards.details.items()},
            "localAuthorizationList[1]": absent,
        },
    )
    await station.sends(4, "SendLocalList.conf", status="Accepted")
    await records.command(4, "SendLocalList", {"status": "Accepted"})
