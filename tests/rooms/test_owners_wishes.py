"""The wishes of owners in a site: it waits for its hours, keeps awake with what others leave, follows the sun."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, insert

from ohmstead.app.system import System
from ohmstead.engines.charging_goal import Goal, Windows
from ohmstead.engines.charging_plan import Slot
from ohmstead.engines.solar_surplus import SolarSwitch
from ohmstead.rooms.energy.prices import imported_price
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, Wish
from ohmstead.rooms.power.preferences.goals import goal_of
from ohmstead.rooms.power.preferences.wishes import Memory, PlannedWish, SolarWish, owners_wishes
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, site
from tests.rooms.odd_sites import START, OddSite, Station
from tests.rooms.test_preferences import NIGHT, SCHEDULE, SOLAR, TARGET, at, octopus
from tests.rooms.test_smart_charging import BASE, OWNERS

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")
BEGIN = datetime.fromtimestamp(START, UTC)
ALWAYS = Goal(UTC_ZONE)


def offers(there: OddSite) -> list[float]:
    return [there.site.envelope.offered(id, there.now) or 0.0 for id in there.stations]


def wishing(there: OddSite, **wishes: Wish) -> OddSite:
    """The stations of these numbers (`_1`) have these wishes."""
    known = dict(there.site.snapshot.outlets)
    for name, wish in wishes.items():
        known[int(name[1:])] = replace(known[int(name[1:])], wishes=(wish,))
    there.site.refresh(replace(there.site.snapshot, outlets=known))
    return there


def window(after: timedelta, lasting: timedelta, **facts: Any) -> Goal:
    """Welcome from some time after the beginning on, for as long."""
    of, to = (BEGIN + after, BEGIN + after + lasting)
    return Goal(UTC_ZONE, Windows((of.hour * 60 + of.minute, to.hour * 60 + to.minute)), **facts)


def test_it_waits_for_its_window_and_has_what_was_wanted() -> None:
    there = OddSite(63.0, [Station(), Station()])
    goal = window(timedelta(minutes=10), timedelta(minutes=10))
    wishing(there, _1=PlannedWish(goal, (), False, Memory(1)))
    there.run(5 * 60)
    assert offers(there) == [0.0, 32.0]
    there.run(8 * 60)
    assert offers(there) == pytest.approx([31.5, 31.5], abs=1.0)
    there.run(10 * 60)
    assert offers(there) == pytest.approx([0.0, 32.0], abs=1.0)
    assert there.over == []


@pytest.mark.parametrize(("carries", "left"), [(80.0, 6.0), (63.0, 0.0)])
def test_keep_awake_has_the_least_that_others_leave(carries: float, left: float) -> None:
    there, never = OddSite(carries, [Station(), Station(), Station()]), window(timedelta(hours=5), timedelta(minutes=1))
    wishing(there, _1=PlannedWish(never, (), True, Memory(1)))
    there.run(120)
    assert offers(there) == [left, min(32.0, carries / 2), min(32.0, carries / 2)]


def test_a_deadline_overrules_the_window() -> None:
    """Not enough time in the window: it begins before it, and is told of."""
    there = OddSite(63.0, [Station()])
    goal = window(timedelta(minutes=55), timedelta(minutes=5), least_wh=5_000)
    wishing(there, _1=PlannedWish(goal, (), False, Memory(1)))
    there.run(120)
    assert offers(there) == [32.0]
    assert there.site.needs[1].wanted.energy_wh == pytest.approx(5_000, abs=600)


def test_the_sun_is_followed_after_a_while() -> None:
    there = OddSite(63.0, [Station()], electricity_meter_id=7)
    wishing(there, _1=SolarWish(SolarSwitch(0, 120), False))

    def shines(amps: float, seconds: int) -> None:
        for _ in range(seconds // 10):
            there.meters(-amps)
            there.run(10)

    shines(14.0, 100)
    assert offers(there) == [0.0]
    shines(14.0, 120)
    assert offers(there)[0] == pytest.approx(14.0, abs=1.0)
    shines(3.0, 90)
    assert offers(there)[0] >= 6.0, "a cloud"
    shines(3.0, 120)
    assert offers(there) == [0.0]


STATE = SessionState(1, BEGIN, 0.0, None, 32.0, 6.0, 3, 230.0)


def test_what_a_plan_wants_of_a_session() -> None:
    """The cheap hour is the second; what is needed by departure is told while it waits."""
    hour = timedelta(hours=1)
    cheap = (Slot(BEGIN, BEGIN + hour, Decimal(2)), Slot(BEGIN + hour, BEGIN + 2 * hour, Decimal(1)))
    departure = BEGIN + 2 * hour
    goal = Goal(UTC_ZONE, departure=departure.time(), least_wh=9_000, most_wh=9_000)
    wish = PlannedWish(goal, cheap, False, Memory(1))
    assert wish.at(BEGIN, STATE) == Wanted(cap=0.0, departure=departure, energy_wh=9_000)
    assert wish.at(BEGIN + hour, STATE) == Wanted(departure=departure, energy_wh=9_000)
    slow = PlannedWish(goal, cheap, False, Memory(1))
    slow.memory.pace.power_w = 5_000.0
    assert slow.at(BEGIN, STATE).cap is None, "a vehicle that takes less begins earlier"
    full = PlannedWish(goal, cheap, True, Memory(1)).at(BEGIN + hour, replace(STATE, energy_wh=9_000.0))
    assert full == Wanted(cap=0.0, departure=departure), "nobody keeps awake what has all it wants"


def test_what_preferences_mean() -> None:
    sunday = {"days": ["sunday"], "startTime": "10:00", "endTime": "24:00"}
    preferences = NIGHT | {"weekDays": [sunday], "targetCharge": {"minTargetChargeKwh": 5}}
    goal = goal_of(SCHEDULE | {"preferences": preferences}, {"preconditioningTime": 30}, BERLIN)
    assert goal == Goal(BERLIN, Windows((1380, 420), {6: [(600, 1440)]}), None, timedelta(minutes=30), 5_000)
    rate = {"type": "charger_electricity_rate", "preferences": NIGHT | {"targetCharge": TARGET}}
    found = goal_of(rate, {"preconditioningTime": 30}, BERLIN)
    assert found is not None
    assert (found.least_wh, found.most_wh, found.preconditioning) == (10_000, 10_000, timedelta(minutes=30))
    assert goal_of({"type": "nordpool"}, {}, BERLIN) is None
    cheapest = goal_of({"type": "octopus_go", "preferences": {"postCode": "x"}}, {}, BERLIN)
    assert cheapest == Goal(BERLIN, lowest_price=True)


@pytest.fixture
async def charging(given: Given) -> tuple[Site, str]:
    """A personal charge point that charges, and its path."""
    here = await site(given, type="personal", pin="1234")
    path = f"{BASE}/{here.id}"
    await given.made(f"{path}/smart-charging", OWNERS)
    await given.id_tag(idTagUid="OWN", userId=int((await given.user())["id"]))
    await here.starts("OWN")
    return here, path


async def wish_of(system: System, here: Site) -> Wish | None:
    async with system.database.begin() as tx:
        return (await owners_wishes(tx, here.evses)).get(here.evses[0])


async def test_who_wishes(api: Client, system: System, charging: tuple[Site, str]) -> None:
    here, path = charging
    assert await wish_of(system, here) is None
    await api.post(at(path), SOLAR)
    sun = await wish_of(system, here)
    assert isinstance(sun, SolarWish)
    assert (sun.by_surplus, sun.keeps_awake, sun.sun.from_grid, sun.sun.stable_s) == (True, True, 6, 120)
    again = await wish_of(system, here)
    assert isinstance(again, SolarWish)
    assert again.sun is sun.sun, "the switch goes on from look to look"
    await api.post(at(path), {"enabled": False})
    assert await wish_of(system, here) is None
    await api.post(at(path), SCHEDULE)
    assert isinstance(await wish_of(system, here), PlannedWish)
    await api.post(f"{path}/smart-charging", {"mode": "disabled"})
    assert await wish_of(system, here) is None, "only in mode user_schedule"


async def test_whose_prices_count(api: Client, given: Given, system: System, charging: tuple[Site, str]) -> None:
    here, path = charging
    body = await octopus(given, targetCharge=TARGET)
    await api.post(at(path), body)
    wish = await wish_of(system, here)
    assert isinstance(wish, PlannedWish)
    assert wish.prices == (), "nothing was imported: nobody knows"
    market = (await api.get(f"/internal/price-integrations/v1.0/{body['integrationId']}")).data["electricityRateId"]
    async with system.database.begin() as tx:
        slot = {"starts_at": tx.now, "ends_at": tx.now + timedelta(hours=1), "price": Decimal("0.1")}
        times = {"created_at": tx.now, "updated_at": tx.now}
        await tx.run(insert(imported_price).values(electricity_rate_id=market, **slot, **times))
    wish = await wish_of(system, here)
    assert isinstance(wish, PlannedWish)
    assert [one.price for one in wish.prices] == [Decimal("0.1")]
    async with system.database.begin() as tx:
        await tx.run(delete(imported_price))
    rate = (await given.electricity_rate(defaultPrice=0.4))["id"]
    hourly = {"type": "charger_electricity_rate", "electricityRateId": rate}
    await api.post(at(path), hourly | {"preferences": NIGHT | {"targetCharge": TARGET}})
    wish = await wish_of(system, here)
    assert isinstance(wish, PlannedWish)
    assert {one.price for one in wish.prices} == {Decimal("0.4")}
    assert wish.prices[-1].end - wish.prices[0].start == timedelta(hours=60)
