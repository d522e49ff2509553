"""Chapter 3.21, the connection cases: who is let in, with which profile, password, certificate and subprotocol."""

from harness.case import (
    Door,
    Operator,
    Records,
    Settings,
    Station,
    Upgradable,
    any_of,
    case,
    names_host,
    present,
    still_valid,
    strong_key,
)


@case("TC_083_CSMS")
async def test_tc_083_csms(
    station: Station, upgradable: Upgradable, operator: Operator, records: Records, door: Door, settings: Settings
) -> None:
    """The CSMS raises the security profile by one, and then takes the station on the new one only."""
    for profile in door.profiles:
        await upgradable(profile)
        await operator.sets_security_profile(profile + 1)
        wanted = {"key": "SecurityProfile", "value": str(profile + 1)}
        await station.receives(1, "ChangeConfiguration.req", wanted)
        await station.sends(2, "ChangeConfiguration.conf", status="Accepted")
        await records.command(2, "ChangeConfiguration", {"status": "Accepted"})
        await operator.asks("Reset", type="Hard")
        await station.receives(3, "Reset.req", {"type": "Hard"})
        await station.sends(4, "Reset.conf", status="Accepted")
        await records.command(4, "Reset", {"status": "Accepted"})

        await station.disconnects(5, "reboot")
        door.changes_profile(profile + 1)
        await station.reconnects(6)
        await station.sends(7, "BootNotification.req", **station.boot())
        await station.receives(8, "BootNotification.conf", station.accepted())
        for each in (0, *settings.connectors):
            await station.sends(9, "StatusNotification.req", connectorId=each, errorCode="NoError", status="Available")
            await station.receives(10, "StatusNotification.conf")

        await station.disconnects(11, "to come back with the old security profile")
        await door.refuses_what_was_before(12, "the old security profile")
        await station.reconnects(14)
    door.covers(14)


@case("TC_085_CSMS")
async def test_tc_085_csms(away_station: Station, door: Door, settings: Settings) -> None:
    """Without its credentials a station is refused before the upgrade; with them it is let in and boots."""
    for each in door.each:
        await each.proves(4)
        await each.refuses(2, "no Authorization header", statuses=each.unauthorized, password=None)
        for wrong, credentials in each.wrong_credentials.items():
            await each.refuses_credentials(2, wrong, credentials)
        await each.refuses_stranger(2, "an unknown identity")
    door.covers(2)
    await away_station.reconnects(4)
    await away_station.sends(5, "BootNotification.req", **away_station.boot())
    await away_station.receives(6, "BootNotification.conf", away_station.accepted())
    for connector in (0, *settings.connectors):
        status = {"connectorId": connector, "errorCode": "NoError", "status": "Available"}
        await away_station.sends(7, "StatusNotification.req", **status)
        await away_station.receives(8, "StatusNotification.conf")


@case("TC_086_CSMS")
async def test_tc_086_csms(away_station: Station, door: Door, settings: Settings) -> None:
    """The CSMS shows valid certificates over TLS 1.2 or later with the mandatory suites, and takes nothing weaker."""
    await door.negotiates(2, {"version": "TLS 1.2", "compression": "none"})
    certificate = {
        "key": strong_key,
        "serialNumber": present,
        "commonName": door.host,
        "hosts": names_host(door.host),
        "organizationName": present,
        "signatureHash": any_of("SHA256", "SHA384", "SHA512"),
        "notAfter": still_valid,
    }
    await door.shows(2, "ECDSA", certificate)
    await door.shows(2, "RSA", certificate)
    for suite in door.suites:
        await door.completes(2, suite)
    for version in door.old_versions:
        await door.refuses_version(2, version)
    await door.refuses_weak_suites(2)
    await door.proves(6)
    await door.refuses_way(2, "without TLS", door.without_tls)

    await away_station.reconnects(6)
    await away_station.sends(7, "BootNotification.req", **away_station.boot())
    await away_station.receives(8, "BootNotification.conf", away_station.accepted())
    for each in (0, *settings.connectors):
        await away_station.sends(9, "StatusNotification.req", connectorId=each, errorCode="NoError", status="Available")
        await away_station.receives(10, "StatusNotification.conf")


@case("TC_087_CSMS")
async def test_tc_087_csms(away_station: Station, door: Door, settings: Settings) -> None:
    """The CSMS asks for the station's certificate, takes the right one and refuses every other and none."""
    await door.negotiates(3, {"version": "TLS 1.2", "compression": "none", "asks for a certificate": True})
    for suite in door.suites:
        await door.completes(3, suite)
    for version in door.old_versions:
        await door.refuses_version(3, version)
    await door.refuses_weak_suites(3)
    await door.proves(6)
    await door.refuses(4, "no client certificate", certificate=None)
    await door.refuses_password_instead(4, "no client certificate, but the password")
    for wrong in door.wrong_certificates:
        await door.refuses_certificate(4, wrong)
    await door.refuses_way(4, "without TLS", door.without_tls)

    await away_station.reconnects(6)
    await away_station.sends(7, "BootNotification.req", **away_station.boot())
    await away_station.receives(8, "BootNotification.conf", away_station.accepted())
    for each in (0, *settings.connectors):
        await away_station.sends(9, "StatusNotification.req", connectorId=each, errorCode="NoError", status="Available")
        await away_station.receives(10, "StatusNotification.conf")


@case("TC_088_CSMS")
async def test_tc_088_csms(away_station: Station, door: Door) -> None:
    """Offered only a subprotocol that nobody knows, the CSMS refuses; offered ocpp1.6 too, it chooses that."""
    await door.proves(4)
    tried = await door.tries(subprotocols=("ocpp0.1",))
    ends = {"outcome": any_of("refused", "closed after the upgrade"), "upgraded": False, "closedAtOnce": True}
    away_station.reads(2, "connection", "only ocpp0.1", tried.facts, ends)
    chosen = await door.tries(subprotocols=("ocpp0.1", "ocpp1.6"))
    both = {"outcome": "accepted", "subprotocol": "ocpp1.6"}
    away_station.reads(4, "connection", "ocpp0.1 and ocpp1.6", chosen.facts, both)
