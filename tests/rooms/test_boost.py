"""Optimised charging: sessions are slowed while electricity is dear by their tariff, unless boost was asked for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from ohmstead.engines.electricity_prices import electricity_prices
from ohmstead.rooms.charging.pricing.marks import marks_of
from ohmstead.rooms.charging.pricing.optimised import DearHours, slowed_at
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import session_changed
from ohmstead.rooms.power.tariff_wishes import SlowedWish, tariffs_wishes
from ohmstead.rooms.tariffs.tables import tariff_snapshot
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag
from tests.rooms.odd_sites import START, OddSite, Station
from tests.rooms.test_owners_wishes import offers, wishing

BERLIN = "Europe/Berlin"
EVENING = {"startsAt": "17:00", "endsAt": "20:00", "price": 0.45}
OPTIMISED: dict[str, Any] = {
    "tariff": {
        "type": "optimised dynamic pricing",
        "pricing": {"pricePerKwh": 0.5, "thresholdPriceForEnergy": 0.4, "priceForEnergyWhenOptimized": 0.3},
    },
    "currency": {"code": "EUR", "amounts": 2, "prices": 5},
    "tax": None,
    "zone": BERLIN,
    "electricityRate": {"id": 1, "defaultPrice": 0.2, "weekDays": {"any": [EVENING]}, "dates": {}},
}


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given)


async def priced(here: Site, content: dict[str, Any] = OPTIMISED) -> int:
    """The only session, with a tariff of this content."""
    key = (await here.only_session())["id"]
    async with here.system.database.begin() as tx:
        values = {"hash": str(content), "tariff_id": 1, "content": content, "created_at": tx.now, "updated_at": tx.now}
        snapshot = await tx.value(tariff_snapshot.insert().values(values).returning(tariff_snapshot.c.id))
        await tx.run(update(session).values(tariff_snapshot_id=snapshot))
    return key


async def slowed(here: Site) -> bool:
    async with here.system.database.read() as tx:
        found, wishes = await slowed_at(tx, here.evses), await tariffs_wishes(tx, here.evses)
    assert found.keys() == wishes.keys()
    return bool(found)


def path(key: Any) -> str:
    return f"/internal/sessions/v1.0/{key}/boost"


async def test_boost_is_set_and_taken_back(api: Client, here: Site, given: Given) -> None:
    transaction, _ = await here.starts(await tag(given))
    key = await priced(here)
    told: list[Any] = []
    end = session_changed.connect(lambda *what: told.append(what))
    try:
        assert (await api.get(path(key))).data == {"boost": False}
        assert await slowed(here)
        for wanted in (True, True, False):
            assert (await api.put(path(key), {"boost": wanted})).data == {"boost": wanted}
            assert (await api.get(path(key))).data == {"boost": wanted}
            assert await slowed(here) is not wanted
        assert told == [(key, here.id, here.evses[0])] * 3
    finally:
        end()
    async with here.system.database.read() as tx:
        assert [mark.kind for mark in (await marks_of(tx, [key]))[key]] == ["boosted", "optimised"]
    assert (await api.put(path(key), {})).status == 422
    await here.stops(transaction, here.system.clock.now(), 2000)
    assert (await api.put(path(key), {"boost": True})).status == 409
    assert not await slowed(here)


@pytest.mark.parametrize("action", ["start", "start/1"])
async def test_who_orders_it_with_boost_is_never_slowed(api: Client, here: Site, given: Given, action: str) -> None:
    order = {"userId": int((await given.user())["id"]), "boost": True}
    answer = await api.post(f"/actions/charge-point/v1.0/{here.id}/{action}", order)
    assert answer.body["success"] is True, answer.body
    await here.starts((await here.only_session())["id_tag"])
    key = await priced(here)
    assert (await api.get(path(key))).data == {"boost": True}
    assert not await slowed(here)


@pytest.mark.parametrize(
    "other",
    [
        {"tariff": OPTIMISED["tariff"] | {"type": "energy tou"}},
        {"electricityRate": None},
        {"tariff": OPTIMISED["tariff"] | {"pricing": {}}},
    ],
)
async def test_no_other_tariff_slows(here: Site, given: Given, other: dict[str, Any]) -> None:
    await here.starts(await tag(given))
    await priced(here, OPTIMISED | other)
    assert not await slowed(here)


def hours(threshold: float) -> DearHours:
    prices = electricity_prices(OPTIMISED["electricityRate"])
    return DearHours(Decimal(str(threshold)), prices, ZoneInfo(BERLIN))


def test_it_is_dear_above_the_threshold_by_the_clock_of_the_place() -> None:
    day = datetime(2026, 7, 1, tzinfo=UTC)
    found = [hour for hour in range(24) if hours(0.4).at(day + timedelta(hours=hour))]
    assert found == [15, 16, 17]
    assert not any(hours(0.45).at(day + timedelta(hours=hour)) for hour in range(24))
    assert all(hours(0.1).at(day + timedelta(hours=hour)) for hour in range(24))


def test_a_slowed_session_has_the_least_and_others_what_it_leaves() -> None:
    begin = datetime.fromtimestamp(START, UTC)
    there = wishing(OddSite(32.0, [Station(), Station()]), _1=SlowedWish(hours(0.1)))
    there.run(90)
    assert offers(there) == [6.0, 26.0]
    assert not hours(0.4).at(begin)
    there = wishing(OddSite(32.0, [Station(), Station()]), _1=SlowedWish(hours(0.4)))
    there.run(90)
    assert offers(there) == [16.0, 16.0]
