"""The reusable states of the official document, in its steps."""

from __future__ import annotations

from harness.case import Cards, Door, Operator, Settings, Station, absent, hash_data, same_certificate


def cards(settings: Settings) -> Cards:
    """The configured cards."""
    cards = Cards(settings.cards)
    cards.parent = settings.parent_id_tag
    return cards


async def booted(station: Station) -> None:
    """Registered, every connector Available."""
    await station.boots()


async def authorized(station: Station, cards: Cards) -> None:
    """An EV driver has identified locally."""
    async with station.preparing("Authorized"):
        await station.sends(1, "Authorize.req", idTag=cards["Accepted"])
        await station.receives(2, "Authorize.conf", {"idTagInfo.status": "Accepted"})


async def charging(station: Station, cards: Cards, settings: Settings) -> None:
    """A transaction is running; needs the state Authorized."""
    connector = settings.connector_id
    async with station.preparing("Charging"):
        await station.sends(1, "StatusNotification.req", connectorId=connector, status="Preparing", errorCode="NoError")
        await station.receives(2, "StatusNotification.conf")
        await station.sends(
            3,
            "StartTransaction.req",
            connectorId=connector,
            idTag=cards["Accepted"],
            meterStart=0,
            timestamp=station.now(),
        )
        await station.receives(4, "StartTransaction.conf", {"idTagInfo.status": "Accepted"})
        await station.sends(5, "StatusNotification.req", connectorId=connector, status="Charging", errorCode="NoError")
        await station.receives(6, "StatusNotification.conf")


async def local_list_initial(station: Station, operator: Operator, cards: Cards) -> None:
    """The memory state LocalListInitial: the station holds a list with one card; it tells its version if asked."""
    async with station.preparing("LocalListInitial"):
        station.allows("GetLocalListVersion", listVersion=0)
        await operator.asks("SendLocalList", updateType="Full", cards=[cards["Accepted"]])
        await station.receives(1, "SendLocalList.req", {"updateType": "Full"})
        await station.sends(2, "SendLocalList.conf", status="Accepted")
        station.allows("GetLocalListVersion", listVersion=station.list_version)


async def upgradable(station: Station, operator: Operator, door: Door, settings: Settings, profile: int) -> None:
    """What the profile after this one builds on: a root for profile 2, a certificate of the station for profile 3.

    The server of that profile has to be one that the station can trust, which is a matter of the settings.
    """
    async with station.preparing("a server of the next security profile"):
        await door.trusts(profile + 1)
    if profile > 1:
        await certificate_renewed(station, operator, door)
    elif operator.can("InstallCertificate"):
        await certificate_installed(station, operator, settings)


async def certificate_installed(station: Station, operator: Operator, settings: Settings) -> None:
    """The memory state CertificateInstalled: the station holds a root of the CSMS."""
    kind = "CentralSystemRootCertificate"
    async with station.preparing("CertificateInstalled"):
        await operator.asks("GetInstalledCertificateIds", certificateType=kind)
        await station.receives(1, "GetInstalledCertificateIds.req", {"certificateType": kind})
        await station.sends(2, "GetInstalledCertificateIds.conf", status="NotFound")
        root = settings.security.root(kind)
        await operator.asks("InstallCertificate", certificateType=kind, certificate=root)
        wanted = {"certificateType": kind, "certificate": same_certificate(root)}
        await station.receives(3, "InstallCertificate.req", wanted)
        station.allows("GetInstalledCertificateIds", status="Accepted", certificateHashData=[hash_data(root, "SHA256")])
        await station.sends(4, "InstallCertificate.conf", status="Accepted")


async def certificate_renewed(station: Station, operator: Operator, door: Door) -> None:
    """The memory state RenewChargePointCertificate: the station holds a certificate that the CSMS has signed."""
    wanted = "SignChargePointCertificate"
    async with station.preparing("RenewChargePointCertificate"):
        await operator.asks("ExtendedTriggerMessage", requestedMessage=wanted)
        trigger = {"requestedMessage": wanted, "connectorId": absent}
        await station.receives(1, "ExtendedTriggerMessage.req", trigger)
        await station.sends(2, "ExtendedTriggerMessage.conf", status="Accepted")
        request = door.request()
        station.expects("CertificateSigned")
        await station.sends(3, "SignCertificate.req", csr=request.pem)
        await station.receives(4, "SignCertificate.conf", {"status": "Accepted"})
        signed = await station.receives(5, "CertificateSigned.req")
        await station.sends(6, "CertificateSigned.conf", status="Accepted")
        door.takes_certificate(request, signed.payload)
