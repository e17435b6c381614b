"""The energy that is in a plan: what of a charge is not paid for, in which cycle it counts, and that no two get the
same of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text, update

from ohmstead.engines.pricing import Covered
from ohmstead.kit.db import Tx
from ohmstead.rooms.billing.subscriptions.replacing import Replacements
from ohmstead.rooms.billing.subscriptions.states import changed, locked
from ohmstead.rooms.billing.subscriptions.table import allowance_use, subscription
from ohmstead.rooms.billing.subscriptions.terms import Allowance, read, stored
from ohmstead.rooms.charging.durable_facts import SessionUpdated
from ohmstead.rooms.charging.pricing.covered import covers_of
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.prices import Place, at, place

DAY = 24 * 60
MONTHLY = {"type": "combined", "resetCycle": "as_renewal_cycle", "combined": 10}


@dataclass
class Home:
    """0.50 a kWh, at two EVSEs; a user with two tags."""

    there: Place
    user: int
    tags: list[str]

    async def subscribes(self, **allowance: Any) -> int:
        plan = await self.there.given.plan(baseFee=0, allowance=MONTHLY | allowance)
        return await self.there.given.subscribed(self.user, plan["id"])

    async def charges(self, minutes: float, lasting: float, kwh: float, number: int = 1) -> None:
        """A charge from its start to its price."""
        started = await self.there.starts(minutes, 0, number, self.tags[number - 1])
        await self.there.stops(started, minutes + lasting, round(kwh * 1000))
        await self.there.settled()

    async def bill(self, key: int = 1) -> tuple[float | None, float]:
        """Amount, and the kWh that are covered."""
        shown = await self.there.shown(key)
        return (shown.get("totalAmount") or {}).get("withTax"), (shown.get("nonBillableEnergy") or 0) / 1000

    async def remaining(self) -> Any:
        [found] = (await self.there.api.get("/resources/subscriptions/v1.0")).data
        return found["remainingAllowance"]

    async def uses(self) -> list[tuple[int, datetime, int]]:
        own = allowance_use.c
        async with self.there.system.database.read() as tx:
            rows = await tx.all(
                select(own.session_id, own.starts_at, own.energy_wh).order_by(own.session_id, own.starts_at)
            )
        return [tuple(row) for row in rows]

    async def windows(self, tx: Tx, key: int = 1) -> Sequence[Covered]:
        """What of a session may be covered, and when."""
        rows = await tx.all(select(session).where(session.c.id == key))
        found = await covers_of(tx, rows)
        return found[key].windows if key in found else ()

    async def corrected(self, key: int, kwh: float) -> None:
        async with self.there.system.database.begin() as tx:
            await tx.run(update(session).where(session.c.id == key).values(energy_wh=kwh * 1000))
            tx.tell(SessionUpdated(id=key, charge_point_id=self.there.here.id, evse_id=self.there.here.evses[0]))
        await self.there.settled()


@pytest.fixture
async def home(api: Client, given: Given) -> Home:
    there = await place(api, given, evses=2)
    tariff = await there.tariff(pricePerKwh=0.5)
    group = await there.charges_by(tariff)
    await there.follows(group, 1)
    user = int((await given.user())["id"])
    return Home(there, user, [(await given.id_tag(userId=user))["idTagUid"] for _ in range(2)])


async def test_what_is_in_the_plan_is_not_charged(home: Home) -> None:
    await home.subscribes()
    assert await home.remaining() == {"combined": 10}
    await home.charges(0, 60, 8)
    assert (await home.bill(1), await home.remaining()) == ((0, 8), {"combined": 2})
    await home.charges(70, 60, 5)
    assert (await home.bill(2), await home.remaining()) == ((1.5, 2), {"combined": 0})
    shown = await home.there.shown(2, "withPriceBreakdown", "withChargingPeriods")
    assert [one["quantity"] for one in shown["priceBreakdown"]] == [3]
    assert [(one["energy"], one["amount"]) for one in shown["chargingPeriods"]] == [(5000, 1.5)]


async def test_a_user_without_an_allowance_pays_for_all(home: Home) -> None:
    plan = await home.there.given.plan(baseFee=0)
    await home.there.given.subscribed(home.user, plan["id"])
    await home.charges(0, 60, 8)
    assert (await home.bill(), await home.remaining(), await home.uses()) == ((4, 0), None, [])


async def test_it_shows_while_it_runs_and_comes_to_the_same(home: Home) -> None:
    await home.subscribes(combined=4)
    there = home.there
    number = await there.starts(0, 0, 1, home.tags[0])
    expected = [(20, 2000, 0), (40, 4000, 0), (60, 6000, 1), (80, 8000, 2)]
    for minutes, wh, amount in expected:
        await there.reads(number, (minutes, wh))
        assert await there.running.price() == 1
        assert await home.bill() == (amount, min(wh, 4000) / 1000)
        assert await home.remaining() == {"combined": 4 - min(wh, 4000) / 1000}
        [period] = (await there.shown(1, "withChargingPeriods"))["chargingPeriods"]
        assert (period["energy"], period["amount"]) == (wh, amount)
    await there.stops(number, 90, 9000)
    await there.settled()
    assert (await home.bill(), [wh for *_, wh in await home.uses()]) == ((2.5, 4), [4000])


async def test_two_that_run_at_once_share_it_and_no_kwh_twice(home: Home) -> None:
    await home.subscribes()
    there = home.there
    first, second = [await there.starts(0, 0, number, home.tags[number - 1]) for number in (1, 2)]
    for minutes in (20, 40, 60):
        for number, transaction in ((1, first), (2, second)):
            await there.reads(transaction, (minutes, minutes * 150), number=number)
        await asyncio.gather(there.running.price(), there.running.price())
        await there.running.price()
        assert sum(wh for *_, wh in await home.uses()) == min(10_000, 2 * minutes * 150)
    await there.time(61)
    for transaction in (first, second):
        await there.stops(transaction, 61, 9000)
    await asyncio.gather(*(_priced(home, key) for key in (1, 2)))
    amounts, covered = zip(*[await home.bill(key) for key in (1, 2)], strict=True)
    assert (sum(amounts), sum(covered), await home.remaining()) == (4, 10, {"combined": 0})


async def _priced(home: Home, key: int) -> None:
    async with home.there.system.database.begin() as tx:
        await price_ended(tx, [key])


async def test_who_prices_second_waits_and_has_the_rest(home: Home) -> None:
    await home.subscribes()
    there, database = home.there, home.there.system.database
    numbers = [await there.starts(0, 0, number, home.tags[number - 1]) for number in (1, 2)]
    for transaction in numbers:
        await there.stops(transaction, 60, 8000)
    waits = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    async with database.begin() as tx:
        await price_ended(tx, [1])
        other = asyncio.create_task(_priced(home, 2))
        while not other.done():
            async with database.read() as seen:
                if await seen.value(waits):
                    break
        assert not other.done()
    await other
    assert [await home.bill(key) for key in (1, 2)] == [(0, 8), (3, 2)]


async def test_energy_counts_in_the_cycle_in_which_it_flows(home: Home) -> None:
    await home.subscribes(resetCycle="after_24_hours", combined=1)
    await home.charges(DAY - 60, 120, 4)
    assert await home.bill() == (1, 2)
    assert await home.uses() == [(1, at(0), 1000), (1, at(DAY), 1000)]
    await home.charges(DAY + 70, 30, 1)
    assert await home.bill(2) == (0.5, 0)
    await home.charges(2 * DAY, 30, 1)
    assert (await home.bill(3), await home.remaining()) == ((0, 1), {"combined": 0})


async def test_a_running_price_over_the_border_comes_to_the_final_one(home: Home) -> None:
    await home.subscribes(resetCycle="after_24_hours", combined=1)
    there = home.there
    number = await there.starts(DAY - 60, 0, 1, home.tags[0])
    for minutes, wh, amount, kwh in ((-30, 1000, 0, 1), (-10, 2000, 0.5, 1), (20, 3500, 0.75, 2), (40, 4000, 1, 2)):
        await there.reads(number, (DAY + minutes, wh))
        await there.running.price()
        assert await home.bill() == (amount, kwh)
    await there.stops(number, DAY + 60, 5000)
    await there.settled()
    assert (await home.bill(), await home.uses()) == ((1.5, 2), [(1, at(0), 1000), (1, at(DAY), 1000)])


async def test_ac_and_dc_have_their_own(home: Home) -> None:
    async with home.there.system.database.begin() as tx:
        await tx.run(update(evse).where(evse.c.id == home.there.here.evses[1]).values(current_type="dc"))
    await home.subscribes(type="separate", combined=None, ac=3, dc=1)
    await home.charges(0, 60, 4)
    await home.charges(70, 60, 4, number=2)
    assert [await home.bill(key) for key in (1, 2)] == [(0.5, 3), (1.5, 1)]
    assert await home.remaining() == {"ac": 0, "dc": 0}


async def test_a_price_that_is_corrected_takes_more_or_gives_back(home: Home) -> None:
    await home.subscribes()
    await home.charges(0, 60, 6)
    await home.charges(70, 60, 6, number=2)
    assert [await home.bill(key) for key in (1, 2)] == [(0, 6), (1, 4)]
    await home.corrected(1, 3)
    assert (await home.bill(1), await home.remaining()) == ((0, 3), {"combined": 3})
    await home.corrected(2, 9)
    assert (await home.bill(2), await home.remaining()) == ((1, 7), {"combined": 0})
    await home.corrected(1, 5)
    assert (await home.bill(1), await home.remaining()) == ((1, 3), {"combined": 0})


async def test_what_a_session_has_it_keeps_when_the_plan_shrinks(home: Home) -> None:
    key = await home.subscribes()
    await home.charges(0, 60, 8)
    await _terms(home, key, combined=5)
    await home.corrected(1, 9)
    assert (await home.bill(1), await home.remaining()) == ((0.5, 8), {"combined": 0})


async def _terms(home: Home, key: int, **values: Any) -> None:
    async with home.there.system.database.begin() as tx:
        terms = read((await locked(tx, key))["terms"])
        allowance = msgspec.convert(msgspec.to_builtins(terms.allowance) | values, Allowance)
        await tx.run(
            update(subscription)
            .where(subscription.c.id == key)
            .values(terms=stored(msgspec.structs.replace(terms, allowance=allowance)))
        )


async def test_another_plan_takes_over_what_was_used(home: Home) -> None:
    """By the kind of current with which it flowed, whatever the allowance is of."""
    given, old = home.there.given, await home.there.given.plan(baseFee=0, allowance=MONTHLY)
    await given.subscribed(home.user, old["id"])
    await home.charges(0, 60, 4)
    apart = {"type": "separate", "resetCycle": "as_renewal_cycle", "ac": 5, "dc": 2}
    for allowance, left in ((apart, {"ac": 1, "dc": 2}), (MONTHLY | {"combined": 20}, {"combined": 16})):
        new = await given.plan(baseFee=0, allowance=allowance)
        path = f"/actions/subscription-plans/v1.0/{old['id']}/replace"
        assert (await home.there.api.post(path, {"planId": new["id"], "reason": "a better one"})).status == 202
        work = Replacements(home.there.system.database, home.there.system.clock)
        await work.start_due()
        await work.settled()
        assert await home.remaining() == left
        old = new
    await home.charges(70, 120, 18)
    assert (await home.bill(2), await home.remaining()) == ((1, 16), {"combined": 0})


@pytest.mark.parametrize(
    ("reset", "begins"),
    [
        ("as_renewal_cycle", ["2026-03-02", "2026-04-02"]),
        ("after_each_session", ["2026-04-02"]),
        ("after_24_hours", ["2026-04-01", "2026-04-02"]),
        ("after_each_week", ["2026-03-30"]),
        ("after_each_month", ["2026-03-02", "2026-04-02"]),
        ("after_each_year", ["2026-03-02"]),
    ],
)
async def test_the_six_cycles(home: Home, reset: str, begins: list[str]) -> None:
    """A session from an hour before to an hour after the hour of the subscription, a month later."""
    await home.subscribes(resetCycle=reset)
    await home.charges(0, 60, 4)
    async with home.there.system.database.begin() as tx:
        moved = at(31 * DAY) - timedelta(hours=1)
        await tx.run(
            text("UPDATE session SET started_at = :a, stopped_at = :b").bindparams(a=moved, b=at(31 * DAY + 60))
        )
        found = await home.windows(tx)
    assert [f"{one.cycle:%Y-%m-%d}" for one in found] == begins
    assert [one.limit_wh for one in found] == [10_000] * len(begins)
    assert [one.end for one in found[:-1]] == [at(31 * DAY)] * (len(begins) - 1)


async def test_each_session_has_all_of_it_where_the_plan_says_so_and_those_that_go_on_share(home: Home) -> None:
    await home.subscribes(resetCycle="after_each_session", combined=3)
    await home.charges(0, 60, 2)
    await home.charges(70, 60, 4)
    assert [await home.bill(key) for key in (1, 2)] == [(0, 2), (0.5, 3)]
    assert await home.remaining() == {"combined": 3}
    async with home.there.system.database.begin() as tx:
        await tx.run(update(session).where(session.c.id == 2).values(original_session_id=1))
    await home.there.charges_by(await home.there.tariff(pricePerKwh=0.5))
    async with home.there.system.database.begin() as tx:
        await tx.run(text("DELETE FROM allowance_use WHERE session_id = 2"))
        await price_ended(tx, [1], again=True)
    assert [await home.bill(key) for key in (1, 2)] == [(0, 2), (1.5, 1)]


async def test_where_it_may_be_used(home: Home, given: Given) -> None:
    key = await home.subscribes()
    await home.charges(0, 60, 4)
    partner = int((await given.partner())["id"])
    country = await _country(home)

    async def covered(point: dict[str, Any], partner_id: int | None = None, **allowance: Any) -> bool:
        await _terms(home, key, **allowance)
        async with home.there.system.database.begin() as tx:
            await tx.run(update(charge_point).values({"user_id": None, "roaming_operator_id": None} | point))
            await tx.run(update(session).values(partner_id=partner_id))
            return bool(await home.windows(tx))

    mine, foreign = {"user_id": home.user}, {"roaming_operator_id": 5}
    elsewhere = "FR" if country != "FR" else "DE"
    assert await covered({})
    assert not await covered({}, homeChargersOnly=True)
    assert await covered(mine | foreign, homeChargersOnly=True, excludeRoaming=True, excludedCountries=[country])
    usual = {"homeChargersOnly": False, "excludedCountries": []}
    assert not await covered(foreign, **usual)
    assert await covered({}, **usual)
    assert await covered({}, includedCountries=[elsewhere, country])
    assert not await covered({}, includedCountries=[elsewhere])
    assert not await covered({}, includedCountries=[], excludedCountries=[country])
    assert await covered({}, excludedCountries=[elsewhere])
    assert not await covered({}, includedPartnerChargePoints=[partner])
    assert await covered({}, partner, includedPartnerChargePoints=[partner])
    assert not await covered({}, partner, includedPartnerChargePoints=[], excludedPartnerChargePoints=[partner])
    assert await covered({}, None)


async def _country(home: Home) -> str:
    async with home.there.system.database.read() as tx:
        return await tx.value(text("SELECT country FROM location ORDER BY id LIMIT 1"))


async def test_only_while_it_is_in_force(home: Home) -> None:
    """A session of four hours, and what happens meanwhile."""
    there, hours = home.there, [at(60 * hour) for hour in range(6)]
    number = await there.starts(0, 0, 1, home.tags[0])
    await there.time(60)
    key = await home.subscribes()
    assert await _spans(home) == [(hours[1], None)]

    async def becomes(hour: int, **values: Any) -> None:
        await there.time(60 * hour)
        async with there.system.database.begin() as tx:
            await changed(tx, await locked(tx, key), **values)

    await becomes(2, status="suspended")
    assert await _spans(home) == [(hours[1], hours[2])]
    await becomes(3, status="active")
    assert await _spans(home) == [(hours[1], hours[2]), (hours[3], None)]
    await becomes(4, status="canceled", ends_at=hours[5])
    assert await _spans(home) == [(hours[1], hours[2]), (hours[3], hours[5])]
    await there.stops(number, 330, 11_000)
    await becomes(6, status="expired")
    await there.settled()
    assert await _spans(home) == [(hours[1], hours[2]), (hours[3], hours[5])]
    assert await home.bill() == (pytest.approx(2.5), pytest.approx(6))
    await home.charges(400, 60, 2)
    assert await home.bill(2) == (1, 0)


async def _spans(home: Home) -> list[tuple[datetime, datetime | None]]:
    """When the first session is covered; None: without an end that is near."""
    async with home.there.system.database.read() as tx:
        found = await home.windows(tx)
    return [(one.start, one.end if one.end < at(DAY) else None) for one in found]
