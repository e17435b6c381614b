"""The price of a session, from its start to its last correction: which tariff it has, what it costs meanwhile, what it
came to, and that nothing is priced twice."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from ohmstead.engines.electricity_cost import LocalShare
from ohmstead.kit.facts import outbox
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.flow.closing import OUT_OF_REACH
from ohmstead.rooms.charging.meter_values import meter_value
from ohmstead.rooms.charging.pricing.electricity_cost import local_shares
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.rooms.charging.pricing.tables import charging_mark, session_price
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import price_changed
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.charges import site, tag
from tests.rooms.prices import MINUTES, Place, at, place

HOURLY: dict[str, Any] = {"pricePerKwh": 0.4, "pricePerPeriod": 0.03, "connectionFee": 1.2} | MINUTES
"""0.40 a kWh, 0.03 a minute, 1.20 to connect."""


@pytest.fixture
async def there(api: Client, given: Given) -> Place:
    return await place(api, given)


async def kept(there: Place, key: int = 1) -> Any:
    async with there.system.database.read() as tx:
        return await tx.one(select(session_price).where(session_price.c.session_id == key))


async def updates(there: Place) -> int:
    """How many times it is told that a price is another, and not heard yet."""
    async with there.system.database.read() as tx:
        return len(await tx.all(select(outbox.c.id).where(outbox.c.topic == "session.priced")))


async def test_from_start_to_end(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    number = await there.starts()
    shown = await there.shown()
    assert (shown["currency"], shown["tax"]) == ("EUR", {"taxId": 1, "taxPercentage": 19})
    assert shown["tariffSnapshotId"] == 1
    assert (shown["billingStatus"], shown.get("totalAmount")) == (None, None)
    await there.time(10)
    await there.reads(number, (5, 1500), (10, 2000))
    assert await there.running.price() == 1
    assert await there.amount() == pytest.approx(1.2 + 0.4 + 0.3)
    await there.time(20)
    await there.stops(number, 20, 3000)
    await there.settled()
    shown = await there.shown()
    assert shown["totalAmount"] == {"withTax": 2.6, "withoutTax": 2.18}
    assert (shown["amount"], shown["billingStatus"], shown["nonBillableEnergy"]) == (2.6, "completed", 0)


async def test_without_a_tariff_nothing_is_to_pay(there: Place) -> None:
    await there.stops(await there.starts(), 10, 2000)
    await there.settled()
    shown = await there.shown(1, "withPriceBreakdown", "withChargingPeriods")
    assert shown["totalAmount"] == {"withTax": 0, "withoutTax": 0}
    assert (shown["currency"], shown["billingStatus"], shown["priceBreakdown"]) == ("EUR", "completed", [])
    assert shown.get("tariffSnapshotId") is None
    assert [one["state"] for one in shown["chargingPeriods"]] == ["charging"]
    assert "amount" not in shown["chargingPeriods"][0]


async def test_who_did_not_begin_is_not_billed(there: Place) -> None:
    async with there.system.database.begin() as tx:
        await tx.run(
            session.insert().values(
                station_id=there.here.id, charge_point_id=there.here.id, evse_id=there.here.evses[0], status="pending",
                started_at=tx.now - timedelta(hours=1), created_at=tx.now - timedelta(hours=1), updated_at=tx.now,
                remote=True,
            )
        )  # fmt: skip
    await there.here.tells(flow.expire_pending)
    await there.settled()
    shown = await there.shown()
    assert (shown["status"], shown["billingStatus"], shown.get("totalAmount")) == ("expired", None, None)


async def test_another_group_of_the_evse_changes_nothing_for_who_charges(there: Place) -> None:
    await there.charges_by(await there.tariff(pricePerKwh=0.4))
    number = await there.starts()
    await there.charges_by(await there.tariff(pricePerKwh=0.9))
    await there.stops(number, 30, 3000)
    await there.stops(await there.starts(40, 3000), 50, 5000)
    await there.settled()
    assert [await there.amount(key) for key in (1, 2)] == [0.8, 1.8]


async def test_the_tariff_is_that_of_the_user(there: Place) -> None:
    group = await there.given.user_group()
    member = await tag(there.given, userGroupIds=[group["id"]])
    restrictions = {"applyToUserGroupIds": [group["id"]]}
    cheap = await there.tariff(pricePerKwh=0.1, restrictions=restrictions)
    await there.charges_by(await there.tariff(pricePerKwh=0.4), cheap)
    await there.stops(await there.starts(card=member), 30, 3000)
    await there.stops(await there.starts(40, 3000), 50, 5000)
    await there.settled()
    assert [await there.amount(key) for key in (1, 2)] == [0.2, 0.8]


async def test_fees_are_told_in_minutes(there: Place) -> None:
    await there.charges_by(await there.tariff(pricePerKwh=0.35, pricePerPeriod=0.6, pricePeriodInMinutes=15))
    await there.stops(await there.starts(), 40, 3000)
    assert "priceBreakdown" not in await there.shown(1, "withPriceBreakdown")
    await there.settled()
    flags = ("withPriceBreakdown", "withChargingPeriods", "withChargingPeriodsPriceBreakdown")
    shown = await there.shown(1, *flags)
    energy, time = shown["priceBreakdown"]
    assert energy == {
        "type": "energy", "currency": "EUR", "unit": "kwh", "quantity": 2, "taxPercentage": 19,
        "pricePerUnit": {"withTax": 0.35, "withoutTax": 0.29412}, "price": {"withTax": 0.7, "withoutTax": 0.59},
        "totalPrice": 0.7, "unitPrice": 0.35,
    }  # fmt: skip
    assert (time["type"], time["unit"], time["quantity"]) == ("charging_time", "minute", 45)
    assert (time["unitPrice"], time["totalPrice"]) == (0.04, 1.8)
    [period] = shown["chargingPeriods"]
    assert (period["state"], period["amount"], period["energy"]) == ("charging", 2.5, 2000)
    assert [one["type"] for one in period["priceBreakdown"]] == ["energy", "charging_time"]
    assert "totalPrice" not in period["priceBreakdown"][0]
    assert "priceBreakdown" not in (await there.shown(1, "withChargingPeriods"))["chargingPeriods"][0]


async def test_day_and_night_are_periods_of_their_own(there: Place) -> None:
    prices = {"dayPricePerKwh": 0.5, "nightPricePerKwh": 0.3, "dayIdleFeePerMinute": 0.1, "nightIdleFeePerMinute": 0}
    day = {"dayTariffStart": "09:30", "nightTariffStart": "22:00"}  # 08:30 UTC
    await there.charges_by(await there.tariff("duration+energy time of day", **day, **prices))
    number = await there.starts()
    await there.reads(number, (15, 2000), (30, 3000), (45, 4000), (60, 4000))
    await there.time(60)
    so_far = (await there.shown(1, "withChargingPeriods"))["chargingPeriods"]
    await there.stops(number, 60, 4000)
    await there.settled()
    shown = await there.shown(1, "withChargingPeriods", "withClockAlignedEnergyConsumption")
    periods = shown["chargingPeriods"]
    assert [(one["state"], one["amount"]) for one in periods] == [
        ("charging@night", 0.6), ("charging@day", 0.5), ("idle@day", 1.5),
    ]  # fmt: skip
    assert [one["pricingDetails"]["dayPeriod"] for one in periods] == ["night", "day", "day"]
    assert [one["chargingState"] for one in periods] == ["charging", "charging", "idle"]
    assert so_far == periods
    costs = [one["totalCost"]["withTax"] for one in shown["clockAlignedEnergyConsumption"]]
    assert costs == [0.3, 0.3, 0.5, 1.5]
    without = sum(one["totalCost"]["withoutTax"] for one in shown["clockAlignedEnergyConsumption"])
    assert without == pytest.approx(shown["totalAmount"]["withoutTax"]) == pytest.approx(2.18)


async def test_the_last_running_amount_is_the_final_one(there: Place) -> None:
    tariff = await there.tariff(idleFeePerMinute=0.2, idleFeeGracePeriodMinutes=2, **HOURLY)
    await there.charges_by(tariff)
    number, told = await there.starts(), []
    end = price_changed.connect(lambda key, price: told.append((key, price.amount)))
    for minute in range(1, 41):
        await there.time(minute)
        await there.reads(number, (minute - 0.5, 1000 + 90 * min(minute, 20)), (minute, 1000 + 90 * min(minute, 20)))
        assert await there.running.price() == 1
        assert await there.running.price() == 0
    await there.stops(number, 40, 2800)
    await there.settled()
    end()
    assert len(told) == 41
    assert told[-1] == told[-2]
    amounts = [amount for _, amount in told]
    assert amounts == sorted(amounts)
    assert float(amounts[-1]) == await there.amount()
    assert (await kept(there))["run"] is None


async def test_a_running_price_goes_on_from_where_it_was(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    number = await there.starts()
    await there.time(30)
    await there.reads(number, *((minute, 1000 + 10 * minute) for minute in range(1, 31)))
    await there.running.price()
    assert (await kept(there))["run"]["until"] == at(29).isoformat().replace("+00:00", "Z")
    async with there.system.database.begin() as tx:  # what is in the state already is read no more
        await tx.run(delete(meter_value).where(meter_value.c.at <= at(29)))
    await there.time(31)
    await there.reads(number, (31, 1310))
    await there.running.price()
    assert await there.amount() == pytest.approx(1.2 + 0.93 + 0.12)


async def test_time_costs_though_nothing_is_read(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    await there.starts()
    await there.time(1)
    await there.running.price()
    assert await there.amount() == pytest.approx(1.23)
    await there.time(1.5)
    assert await there.running.price() == 0
    await there.time(4)
    assert await there.running.price() == 1
    assert await there.amount() == pytest.approx(1.32)


async def test_what_is_told_late_begins_the_running_price_anew(there: Place) -> None:
    day = {"dayTariffStart": "09:10", "nightTariffStart": "22:00"}
    await there.charges_by(
        await there.tariff("duration+energy time of day", dayPricePerKwh=1, nightPricePerKwh=0, **day)
    )
    number = await there.starts()
    await there.time(22)
    await there.reads(number, (20, 3000), (22, 3200))
    await there.running.price()
    assert await there.amount() == 1.2
    await there.reads(number, (10, 1100))
    await there.running.price()
    assert await there.amount() == 2.1
    await there.reads(number, (21.5, 3150))  # of the minute before the newest: it changes nothing here
    await there.stops(number, 22, 3200)
    await there.settled()
    assert await there.amount() == 2.1


async def test_a_mark_told_late_begins_the_running_price_anew(there: Place) -> None:
    await there.charges_by(await there.tariff(idleFeePerMinute=0.1))
    number = await there.starts()
    await there.time(20)
    await there.reads(number, *((minute, 1000 + 100 * minute) for minute in range(1, 11)), (15, 2000), (20, 2000))
    await there.running.price()
    assert await there.amount() == 1.0
    async with there.system.database.begin() as tx:
        await tx.run(
            charging_mark.insert().values(
                session_id=1, at=at(10), kind="suspended_evse", created_at=tx.now, updated_at=tx.now
            )
        )
    await there.time(21)
    await there.running.price()
    assert await there.amount() == 0


async def test_the_register_moves_and_so_does_the_price(there: Place) -> None:
    """A start of 0 that was none: what is charged counts from the first reading that can be (E6)."""
    await there.charges_by(await there.tariff(pricePerKwh=0.4))
    number = await there.starts(wh=0)
    await there.time(60)
    await there.reads(number, (5, 912406), (30, 915406))
    await there.running.price()
    assert await there.amount() == 1.2
    await there.stops(number, 60, 917406)
    await there.settled()
    assert await there.amount() == 2.0


async def test_a_price_is_made_once(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    await there.stops(await there.starts(), 20, 3000)
    database = there.system.database

    async def worker() -> list[int]:
        async with database.begin() as tx:
            return await price_ended(tx, [1])

    done = await asyncio.gather(worker(), worker(), worker())
    assert sorted(map(len, done)) == [0, 0, 1]
    first = await kept(there)

    async def killed() -> None:
        async with database.begin() as tx:
            await price_ended(tx, [1], again=True)
            raise RuntimeError("it is killed")

    with pytest.raises(RuntimeError):
        await killed()
    await there.settled()
    assert await kept(there) == first
    assert (await there.shown())["lastUpdatedAt"]


async def test_it_is_made_again_when_more_is_known(there: Place) -> None:
    """A new start ended it; its own stop is told afterwards."""
    await there.charges_by(await there.tariff(**HOURLY))
    number = await there.starts()
    await there.reads(number, (10, 2000))
    await there.starts(30, 2000)
    await there.settled()
    assert await there.amount() == pytest.approx(1.2 + 0.4 + 0.9)
    await there.stops(number, 20, 2500)
    await there.settled()
    assert await there.amount() == pytest.approx(1.2 + 0.6 + 0.6)
    before = await kept(there)
    await there.stops(number, 20, 2500)
    await there.settled()
    assert await kept(there) == before


async def test_a_stop_before_its_start_is_priced_by_the_users_tariff_in_the_end(there: Place) -> None:
    adhoc = await there.tariff(pricePerKwh=0.9, restrictions={"applyToAdHocUsers": True})
    await there.charges_by(await there.tariff(**HOURLY), adhoc)
    number = 77
    await there.stops(number, 60, 4000)
    await there.settled()
    first = await there.shown()
    assert (first["userId"], first["billingStatus"], first["totalAmount"]["withTax"]) == (None, "completed", 0)
    await there.starts(0, 1000)
    await there.settled()
    shown = await there.shown()
    assert shown["userId"] is not None
    assert shown["tariffSnapshotId"] != first["tariffSnapshotId"]
    assert shown["totalAmount"]["withTax"] == pytest.approx(1.2 + 1.2 + 1.8)


async def test_a_charge_that_is_told_when_it_was_over_is_priced(there: Place) -> None:
    await there.charges_by(await there.tariff(**HOURLY))
    await there.starts(30, 3000)
    number = await there.starts(0, 1000)
    await there.settled()
    assert (await there.shown(2))["totalAmount"]["withTax"] == pytest.approx(1.2 + 0.9)
    await there.stops(number, 20, 3000)
    await there.settled()
    assert (await there.shown(2))["totalAmount"]["withTax"] == pytest.approx(1.2 + 0.8 + 0.6)


async def test_an_offline_charge_has_the_tariff_in_force_when_it_is_told(there: Place) -> None:
    """Of those for the day on which it began, by the clock where the charge point stands."""
    today = await there.tariff(pricePerKwh=0.9, restrictions={"startDate": "2026-03-02"})
    base = await there.tariff(pricePerKwh=0.3)
    await there.charges_by(base, today)
    body = {"name": "T", "type": "duration+energy", "pricing": {"pricePerKwh": 0.4}}
    assert (await there.api.put(f"/resources/tariffs/v1.0/{base['id']}", body)).status == 200
    evening = await there.starts(-9.5 * 60)  # 23:30 of the day before in Berlin
    await there.reads(evening, (-9 * 60, 2000), (-8.5 * 60, 3000))
    await there.stops(evening, -8 * 60, 3000)
    after_midnight = await there.starts(-8.5 * 60 + 60, 3000)
    await there.stops(after_midnight, -7 * 60, 4000)
    await there.settled()
    assert [await there.amount(key) for key in (1, 2)] == [0.8, 0.9]


async def test_readings_told_after_the_end_are_taken_in(there: Place) -> None:
    day = {"dayTariffStart": "09:10", "nightTariffStart": "22:00"}
    prices = {"dayPricePerKwh": 1, "nightPricePerKwh": 0}
    await there.charges_by(await there.tariff("duration+energy time of day", **prices, **day))
    number = await there.starts()
    await there.stops(number, 20, 3000)
    await there.settled()
    assert await there.amount() == 1.0
    await there.reads(number, (10, 1100))
    await there.settled()
    assert await there.amount() == 1.9
    before = await kept(there)
    await there.reads(number, (10, 1100))
    await there.reads(number, (25, 3000))
    await there.settled()
    assert await kept(there) == before


async def _lost(there: Place) -> None:
    """Its station has been away for a day."""
    async with there.system.database.begin() as tx:
        gone = tx.now - OUT_OF_REACH - timedelta(minutes=1)
        await tx.run(update(charge_point).values(connected=False, last_seen_at=gone))
    await there.here.tells(flow.close_lost)


async def test_an_extending_session_costs_its_energy_alone(there: Place) -> None:
    """By the snapshot of the one that it extends, in levels that go on (D19)."""
    levels = [{"firstKwh": 0, "lastKwh": 2, "feePerKwh": 1.0}, {"firstKwh": 2, "lastKwh": None, "feePerKwh": 0.5}]
    steps = [{"firstUnit": 0, "lastUnit": None, "feePerUnit": 0.03}]
    group = await there.charges_by(
        await there.tariff("standard", multiPricePerKwh=levels, multiPricePerDuration=steps, connectionFee=1.2,
                           minPrice=5, **MINUTES)
    )  # fmt: skip
    number = await there.starts()
    await there.reads(number, (10, 2500))
    await _lost(there)
    await there.settled()
    assert await there.amount() == 5
    await there.follows(None)
    assert group
    await there.reads(number, (20, 3500))
    await there.time(20)
    await there.running.price()
    assert await there.amount(2) == pytest.approx(0.5 + 0.25)
    await there.stops(number, 30, 4000)
    await there.settled()
    first, second = await there.shown(1), await there.shown(2, "withPriceBreakdown")
    assert second["originalSessionId"] == 1
    assert second["tariffSnapshotId"] == first["tariffSnapshotId"]
    assert [(one["type"], one["quantity"], one["totalPrice"]) for one in second["priceBreakdown"]] == [
        ("energy", 0.5, 0.5), ("energy", 1, 0.5),
    ]  # fmt: skip
    assert second["totalAmount"]["withTax"] == 1.0
    assert first["totalAmount"]["withTax"] == 5


async def test_what_became_of_its_readings_does_not_matter_to_a_finished_session(there: Place) -> None:
    day = {"dayTariffStart": "09:10", "nightTariffStart": "22:00"}
    prices = {"dayPricePerKwh": 1, "nightPricePerKwh": 0.5}
    await there.charges_by(await there.tariff("duration+energy time of day", **prices, **day))
    number = await there.starts()
    await there.reads(number, (10, 1100))
    await there.stops(number, 20, 3000)
    await there.settled()
    flags = ("withChargingPeriods", "withPriceBreakdown", "withChargingPeriodsPriceBreakdown")
    before = await there.shown(1, *flags)
    async with there.system.database.begin() as tx:
        await tx.run(delete(meter_value))
    assert await there.shown(1, *flags) == before
    by_clock = (await there.shown(1, "withClockAlignedEnergyConsumption"))["clockAlignedEnergyConsumption"]
    assert sum(one["energyConsumption"]["total"] for one in by_clock) == 2000
    assert not any("totalCost" in one for one in by_clock), "what it was made of is gone"
    async with there.system.database.begin() as tx:
        assert await price_ended(tx, [1]) == []


async def test_what_is_idle_stays_what_it_was(there: Place) -> None:
    await there.charges_by(await there.tariff(idleFeePerMinute=0.1))
    number = await there.starts()
    await there.reads(number, *((minute, 1000 + 10 * minute) for minute in range(1, 20)))
    await there.stops(number, 20, 1200)
    await there.settled()
    before = await there.shown(1, "withClockAlignedEnergyConsumption")
    assert before["totalAmount"]["withTax"] == 0
    async with there.system.database.begin() as tx:
        await settings.put(tx, "idlePeriodDetection", averagePowerThreshold=3000.0)
    assert (await there.shown(1, "withClockAlignedEnergyConsumption")) == before
    async with there.system.database.begin() as tx:
        await price_ended(tx, [1], again=True)
    assert await there.amount() == 0


async def test_a_listing_prices_what_runs_and_shows_what_is_stored(api: Client, given: Given) -> None:
    there = await place(api, given, evses=3)
    tariff = await there.tariff(**HOURLY)
    for number in range(2):
        await there.charges_by(tariff, evse=number)
    first = await there.starts(number=1)
    other = await tag(given)
    await there.starts(number=2, card=other)
    await there.starts(number=3, card=await tag(given))
    await there.stops(first, 10, 2000)
    await there.settled()
    answer = await api.get("/resources/sessions/v1.0", "withChargingPeriods=1&withPriceBreakdown=1")
    assert [one["billingStatus"] for one in answer.data] == ["completed", None, None]
    assert [len(one["chargingPeriods"]) for one in answer.data] == [1, 1, 0]
    for query, found in (("filter[taxId]=1", [1, 2]), ("filter[billingStatus]=completed", [1]),
                         ("filter[billingStatus]=null", [2, 3]), ("filter[taxId]=9", [])):  # fmt: skip
        answer = await api.get("/resources/sessions/v1.0", query)
        assert [int(one["id"]) for one in answer.data] == found, query


async def test_a_start_without_tariffs_takes_no_statement_more(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await site(there.given)
    from_the_tariffs = []

    async def counted(*_: Any) -> None:
        from_the_tariffs.append(1)

    monkeypatch.setattr("ohmstead.rooms.charging.pricing.tariff_of_session.driver_of", counted)
    await there.starts()
    assert not from_the_tariffs


async def test_what_the_energy_cost_is_kept_with_the_price(api: Client, given: Given) -> None:
    """With a tariff or without one."""
    there = await place(api, given)
    rate = await given.electricity_rate(defaultPrice=0.3)
    point = f"/resources/charge-points/v2.0/{there.here.id}"
    assert (await api.patch(point, {"electricityRateId": rate["id"]})).status == 200
    await there.stops(await there.starts(0, 1000), 10, 3000)
    await there.charges_by(await there.tariff(pricePerKwh=0.5))
    await there.stops(await there.starts(20, 3000), 30, 4000)
    await there.settled()
    free, paid = await there.shown(1), await there.shown(2)
    assert (free["electricityCost"], free["amount"]) == (0.6, 0)
    assert (paid["electricityCost"], paid["amount"]) == (0.3, 0.5)
    assert "estimatedSavings" not in paid


async def test_what_came_from_the_spot(there: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def half_of_the_first_quarter(tx: Any, ids: list[int]) -> dict[int, list[LocalShare]]:
        return {key: [LocalShare(at(0), at(15), 0.5)] for key in ids}

    monkeypatch.setattr(local_shares, "_answerers", [half_of_the_first_quarter])
    await there.stops(await there.starts(0, 1000), 30, 4000)
    await there.settled()
    shown = await there.shown(1, "withClockAlignedEnergyConsumption")
    assert shown["energyConsumption"] == {"total": 3000, "local": 750, "grid": 2250}
    assert [one["energyConsumption"] for one in shown["clockAlignedEnergyConsumption"]] == [
        {"total": 1500, "local": 750, "grid": 750}, {"total": 1500, "local": 0, "grid": 1500},
    ]  # fmt: skip
