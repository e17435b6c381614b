"""The energy of flexibility assets by quarters of an hour: made, made anew, made up for; and what is forecast."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, update

from ohmstead.engines.quarter_hours import QUARTER, begun
from ohmstead.kit.views import stamp
from ohmstead.rooms.power.flexibility.ending import AssetEnds
from ohmstead.rooms.power.flexibility.series import SeriesWork, slot_id
from ohmstead.rooms.power.flexibility.table import flexibility_asset, flexibility_energy
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import T0, Site, energy, site, tag
from tests.rooms.charges import later as minutes
from tests.rooms.later import Later

ASSETS = "/resources/flexibility-assets/v1.0"
Slots = dict[str, int]


async def made(database_at: Later) -> None:
    """All that is due by then."""
    work = SeriesWork(database_at.database, database_at.clock)
    await work.start_due()
    await work.settled()


async def series(api: Client, asset: dict[str, Any], query: str = "") -> list[dict[str, Any]]:
    """All pages."""
    found, path = list[dict[str, Any]](), f"{ASSETS}/{asset['id']}/historical-time-series"
    answer = await api.get(path, query)
    while True:
        found += answer.body["data"]
        onward = answer.body["links"]["next"]
        if onward is None:
            return found
        answer = await api.get(onward)


def some(found: list[dict[str, Any]]) -> Slots:
    """Those in which something flowed."""
    return {one["startTime"]: one["energy"] for one in found if one["energy"]}


def at(minute: float) -> str:
    return stamp(minutes(minute))


@pytest.fixture
async def here(given: Given) -> Site:
    return await site(given)


@pytest.fixture
async def asset(given: Given, here: Site) -> dict[str, Any]:
    return await given.made(ASSETS, {"chargePointId": here.id})


async def charge(given: Given, here: Site) -> None:
    """From 7 minutes past to 44 minutes past: 2,850 Wh, of which the meter told on the way."""
    card = await tag(given)
    number, _ = await here.starts(card, T0, 1000)
    for minute, wh in ((4, 1200), (8, 1600), (18, 3000), (28, 3600)):
        await here.meters(energy(minutes(minute), wh), transaction=number)
    await here.stops(number, minutes(37), 3850)


async def test_energy_by_quarters_adds_up_to_that_of_the_sessions(
    api: Client, given: Given, here: Site, asset: dict[str, Any], later: Later
) -> None:
    """T0 is seven past. At the quarter (8 min) the register stood at 1,600, at the half (23 min) half way from 3,000 to
    3,600, at the next (38 min) it was over."""
    await charge(given, here)
    await made(later)
    found = await series(api, asset)
    assert some(found) == {at(-7): 600, at(8): 1700, at(23): 550}
    assert sum(one["energy"] for one in found) == (await here.only_session())["energy_wh"] == 2850
    assert found == sorted(found, key=lambda one: one["id"])
    first, last = (datetime.fromisoformat(one["startTime"]) for one in (found[0], found[-1]))
    assert timedelta() <= later.clock.now() - timedelta(weeks=4) - first <= 2 * QUARTER
    assert last + QUARTER == begun(later.clock.now() - timedelta(minutes=1))
    assert len(found) == (last - first) // QUARTER + 1
    assert {one["assetId"] for one in found} == {asset["id"]}


async def test_a_time_range_is_chosen(
    api: Client, given: Given, here: Site, asset: dict[str, Any], later: Later
) -> None:
    await charge(given, here)
    await made(later)
    query = f"filter[startTime]={at(8)}&filter[endTime]={at(38)}".replace("+", "%2B")
    assert [one["startTime"] for one in await series(api, asset, query)] == [at(8), at(23)]


async def test_made_twice_it_is_the_same_and_goes_on_after_an_outage(
    api: Client, given: Given, here: Site, asset: dict[str, Any], later: Later
) -> None:
    await charge(given, here)
    await made(later)
    before = await series(api, asset)
    await made(later)
    assert await series(api, asset) == before
    await later.clock.advance(3 * 24 * 3600)  # nobody made anything for three days
    await made(later)
    after = await series(api, asset)
    assert after[: len(before)] == before
    assert len(after) == len(before) + 3 * 96
    starts = [datetime.fromisoformat(one["startTime"]) for one in after]
    assert all(second - first == QUARTER for first, second in pairwise(starts))


async def test_what_is_told_late_is_put_where_it_belongs(
    api: Client, given: Given, here: Site, asset: dict[str, Any], later: Later
) -> None:
    """A station that was out of reach for hours tells its whole charge in the end."""
    await made(later)
    assert some(await series(api, asset)) == {}
    await charge(given, here)
    await later.clock.advance(15 * 60)
    await made(later)
    assert some(await series(api, asset)) == {at(-7): 600, at(8): 1700, at(23): 550}


async def test_series_end_with_the_asset_and_go_on_when_it_does(
    api: Client, given: Given, asset: dict[str, Any], later: Later
) -> None:
    status, now = f"/actions/flexibility-asset/v1.0/{asset['id']}/change-status", later.clock.now()
    end = now + timedelta(minutes=40)
    assert (await api.post(status, {"status": "enabled", "endsAt": stamp(end)})).status == 201
    await later.clock.advance(3 * 3600)
    await made(later)
    assert (await series(api, asset))[-1]["endTime"] == stamp(begun(end))
    ends = AssetEnds(later.database, later.clock)
    await ends.start_due()
    await ends.settled()
    await made(later)
    assert (await series(api, asset))[-1]["endTime"] == stamp(begun(end))
    async with given.system.database.begin() as tx:  # it was long ago
        past = {"series_until": begun(now - timedelta(hours=5)), "disabled_at": now, "ends_at": now}
        await tx.run(update(flexibility_asset).values(past))
    await api.post(status, {"status": "enabled"})
    await made(later)
    starts = [one["startTime"] for one in await series(api, asset)]
    assert stamp(begun(given.system.clock.now())) in starts
    assert not any(stamp(begun(end)) <= one < stamp(begun(now)) for one in starts)


async def test_each_asset_has_its_own(api: Client, given: Given, here: Site, later: Later) -> None:
    mine = await given.made(ASSETS, {"evseId": here.evses[0]})
    other = await given.made(ASSETS, {"evseId": (await site(given)).evses[0]})
    await charge(given, here)
    await made(later)
    assert sum(some(await series(api, mine)).values()) == 2850
    assert some(await series(api, other)) == {}
    assert (await api.delete(f"{ASSETS}/{mine['id']}")).status == 204
    assert (await api.get(f"{ASSETS}/{mine['id']}/historical-time-series")).status == 404
    assert (await api.get(f"{ASSETS}/{mine['id']}/time-series-forecast")).status == 404


async def forecast(api: Client, asset: dict[str, Any], query: str = "") -> dict[str, dict[str, Any]]:
    found, path = list[dict[str, Any]](), f"{ASSETS}/{asset['id']}/time-series-forecast"
    answer = await api.get(path, query)
    while True:
        found += answer.body["data"]
        onward = answer.body["links"]["next"]
        if onward is None:
            return {one["startTime"]: one for one in found}
        answer = await api.get(onward)


async def known(given: Given, asset: dict[str, Any], history: dict[datetime, int]) -> None:
    async with given.system.database.begin() as tx:
        rows = [{"id": slot_id(asset["id"], start), "asset_id": asset["id"], "start_time": start, "energy": wh}
                for start, wh in history.items()]  # fmt: skip
        for row in rows:
            await tx.run(insert(flexibility_energy).values(row))


async def test_the_same_quarter_of_the_week_is_expected(api: Client, given: Given, asset: dict[str, Any]) -> None:
    """Of 11 kW, of which 4,140 W are the least: of 800 Wh that are expected 800 · 4.14 / 11 = 301 stay, and 2,750 Wh
    are the most of a quarter."""
    coming = begun(given.system.clock.now()) + timedelta(days=2)
    weeks = [coming - timedelta(weeks=week) for week in (1, 2, 3, 4)]
    await known(given, asset, dict(zip(weeks, (500, 700, 900, 1100), strict=True)) | {weeks[0] + QUARTER: 2900})
    found = await forecast(api, asset)
    assert found.keys() == {stamp(coming), stamp(coming + QUARTER)}
    first, second = found.values()
    assert first == {
        "id": slot_id(asset["id"], coming), "assetId": asset["id"], "startTime": stamp(coming),
        "endTime": stamp(coming + QUARTER), "energy": 800, "downwardRegulationPotential": 499,
        "upwardRegulationPotential": 1950,
    }  # fmt: skip
    assert (second["energy"], second["upwardRegulationPotential"]) == (2900, 0)
    chosen = f"filter[startTime]={stamp(coming + QUARTER)}".replace("+", "%2B")
    assert list(await forecast(api, asset, chosen)) == [stamp(coming + QUARTER)]


async def test_forecasts_are_paged_both_ways(api: Client, given: Given, asset: dict[str, Any]) -> None:
    start = begun(given.system.clock.now()) - timedelta(days=6)
    await known(given, asset, {start + number * QUARTER: number for number in range(10)})
    found = await forecast(api, asset, "per_page=4")
    assert [one["energy"] for one in found.values()] == list(range(10))
    path = f"{ASSETS}/{asset['id']}/time-series-forecast"
    second = await api.get((await api.get(path, "per_page=4")).body["links"]["next"])
    assert [one["energy"] for one in second.data] == [4, 5, 6, 7]
    back = await api.get(second.body["links"]["prev"])
    assert [one["energy"] for one in back.data] == [0, 1, 2, 3]
    assert back.body["links"]["prev"] is None


async def test_nothing_is_forecast_after_the_end(api: Client, given: Given, asset: dict[str, Any]) -> None:
    now = given.system.clock.now()
    coming = begun(now) + timedelta(days=2)
    await known(given, asset, {coming + number * QUARTER - timedelta(weeks=1): 100 for number in range(3)})
    status = f"/actions/flexibility-asset/v1.0/{asset['id']}/change-status"
    await api.post(status, {"status": "enabled", "endsAt": stamp(coming + 2 * QUARTER)})
    assert list(await forecast(api, asset)) == [stamp(coming), stamp(coming + QUARTER)]
    await api.post(status, {"status": "disabled"})
    assert await forecast(api, asset) == {}
