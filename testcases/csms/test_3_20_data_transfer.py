"""Chapter 3.20: vendor-specific messages."""

from harness.case import Settings, Station, any_of, case, warns_on


@case("TC_064_CSMS")
async def test_tc_064_csms(station: Station, settings: Settings) -> None:
    """The CSMS turns down a vendor-specific message of a vendor it has no implementation for."""
    await station.sends(1, "DataTransfer.req", vendorId=settings.vendor_id)
    # The document lets all four statuses pass; the specification knows one for an unknown vendor.
    await station.receives(
        2,
        "DataTransfer.conf",
        {"status": warns_on(any_of("Rejected", "UnknownMessageId", "Accepted"), "UnknownVendorId")},
    )
