"""The reusable states of the official document, in its steps."""

from __future__ import annotations

from harness.case import Cards, Settings, Station


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
