"""A Central System in memory with a clock that tests set, and stations that speak raw frames to it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import orjson
import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from reference_csms.api.app import make_api
from reference_csms.app import Csms
from reference_csms.domain.cards import Card
from reference_csms.link import MemoryLink, memory_links
from reference_csms.registry.stations import Station
from reference_csms.settings import Settings
from reference_csms.store.database import inline_store

BOOT = {"chargePointVendor": "Acme", "chargePointModel": "One"}
T0 = "2024-05-01T08:00:00.000Z"
TOKEN = "the-token"


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2024, 5, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def move(self, **by: float) -> None:
        self.moment += timedelta(**by)


async def until(condition: Callable[[], object]) -> None:
    """Let the others run until the condition holds."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0)


class Peer:
    """The station's end of a connection."""

    def __init__(self, link: MemoryLink, served: asyncio.Task[None]) -> None:
        self.link = link
        self.served = served
        self._n = 0

    async def sends(self, *frame: Any) -> None:
        """A frame, or a text as it is."""
        text = frame[0] if isinstance(frame[0], str | bytes) else orjson.dumps(frame).decode()
        await self.link.send(text)

    async def receives(self) -> list[Any]:
        """The next frame."""
        frame: list[Any] = orjson.loads(await self.link.recv())
        return frame

    async def asks(self, action: str, unique_id: str | None = None, **payload: Any) -> list[Any]:
        """The frame that answers a call."""
        self._n += 1
        await self.sends(2, unique_id or f"{self._n}", action, payload)
        return await self.receives()

    async def calls(self, action: str, **payload: Any) -> Any:
        """The payload of the CALLRESULT that answers a call."""
        kind, _, *rest = await self.asks(action, **payload)
        assert kind == 3, rest
        return rest[0]

    async def answers(self, payload: Any) -> list[Any]:
        """The next call of the Central System, which gets this answer."""
        call = await self.receives()
        await self.sends(3, call[1], payload)
        return call

    async def starts(self, connector: int = 1, tag: str = "CARD", meter: int = 0, at: str = T0) -> Any:
        """The payload of StartTransaction.conf."""
        return await self.calls("StartTransaction", connectorId=connector, idTag=tag, meterStart=meter, timestamp=at)

    async def leaves(self) -> None:
        """The connection ends and the Central System has noticed."""
        await self.link.close()
        await self.served


Connect = Callable[..., Awaitable[Peer]]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def settings() -> Settings:
    return Settings(call_timeout_s=0.02)


@pytest.fixture
async def csms(clock: FakeClock, settings: Settings) -> AsyncIterator[Csms]:
    """A Central System with a card `CARD` and a station `CP`."""
    made = Csms(inline_store(), clock, settings)
    await made.cards.put(Card("CARD"))
    await made.stations.put(Station("CP"))
    yield made
    await made.close()


@pytest.fixture
def connect(csms: Csms) -> Connect:
    """Makes a connection of a station, booted unless told otherwise."""

    async def connect(station: str = "CP", *, boot: bool = True, to: Csms = csms) -> Peer:
        ours, theirs = memory_links()
        peer = Peer(ours, asyncio.create_task(to.serve_link(station, theirs)))
        await until(lambda: to.connected(station))
        if boot:
            await peer.calls("BootNotification", **BOOT)
        return peer

    return connect


@pytest.fixture
async def peer(connect: Connect) -> Peer:
    """Station CP, connected and booted."""
    return await connect()


@pytest.fixture(scope="session")
def app() -> FastAPI:
    """The application, which is slow to make; each test puts its own Central System behind it."""
    return make_api(cast("Csms", None), hashlib.sha256(TOKEN.encode()).hexdigest())


@pytest.fixture
async def stranger(csms: Csms, app: FastAPI) -> AsyncIterator[AsyncClient]:
    """A client of the REST API without a token."""
    app.state.csms = csms
    async with AsyncClient(transport=ASGITransport(app), base_url="http://csms") as client:
        yield client


@pytest.fixture
def api(stranger: AsyncClient) -> AsyncClient:
    """The same client with the right token."""
    stranger.headers["Authorization"] = f"Bearer {TOKEN}"
    return stranger
