"""What the pages ask for: the station, the people around the CSMS, and the reusable states of the official document."""

from __future__ import annotations

import functools
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from harness.case import Cards, Door, Operator, Records, Settings, Station, Upgradable
from harness.execution import CaseScope
from harness.plugin import open_scope
from testcases import states


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> Settings:
    """The surroundings that the settings describe."""
    return open_scope(request.node).environment


@pytest.fixture
def cards(settings: Settings) -> Cards:
    """Cards by the status they have at the CSMS."""
    return states.cards(settings)


@pytest_asyncio.fixture
async def scope(request: pytest.FixtureRequest) -> AsyncIterator[CaseScope]:
    """The case, taken down afterwards whatever happened."""
    scope = open_scope(request.node)
    yield scope
    await scope.close()


@pytest_asyncio.fixture
async def away_station(scope: CaseScope) -> Station:
    """A station that is not connected yet."""
    await scope.begin()
    return scope.station


@pytest_asyncio.fixture
async def cold_station(scope: CaseScope) -> Station:
    """A station that is connected and has not booted."""
    await scope.connect()
    return scope.station


@pytest_asyncio.fixture
async def station(cold_station: Station) -> Station:
    """A station that has booted and is idle."""
    await states.booted(cold_station)
    return cold_station


@pytest.fixture
def operator(scope: CaseScope) -> Operator:
    """The person at the CSMS, or the driver that stands for them."""
    return scope.operator


@pytest.fixture
def door(scope: CaseScope) -> Door:
    """The way in to the CSMS."""
    return scope.door


@pytest.fixture
def upgradable(station: Station, operator: Operator, door: Door, settings: Settings) -> Upgradable:
    """Sees to what the profile after this one builds on."""
    return functools.partial(states.upgradable, station, operator, door, settings)


@pytest.fixture
def records(scope: CaseScope) -> Records:
    """What the CSMS shows of transactions, connectors and commands."""
    return scope.records


@pytest_asyncio.fixture
async def authorized(station: Station, cards: Cards) -> None:
    """The reusable state Authorized."""
    await states.authorized(station, cards)


@pytest_asyncio.fixture
async def charging(authorized: None, station: Station, cards: Cards, settings: Settings) -> None:
    """The reusable state Charging."""
    await states.charging(station, cards, settings)


@pytest_asyncio.fixture
async def local_list_initial(station: Station, operator: Operator, cards: Cards) -> None:
    """The memory state LocalListInitial."""
    await states.local_list_initial(station, operator, cards)
