"""Electricity rates, their energy mix and their price periods."""

import asyncio

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.energy.rates import dates, days, electricity_rate, market_rates, mix, rates, week_days
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/electricity-rates/v2.0"
V1 = "/resources/electricity-rates/v1.0"
NIGHT = {"startsAt": "00:00", "endsAt": "06:30", "price": 0.11}
EVENING = {"startsAt": "18:00", "endsAt": "24:00", "price": -0.0525}

GRID = {"name": "Grid", "defaultPricePerKwh": 0.30, "pricingGranularityInMinutes": 30}
WEEK = [
    {
        "weekDays": ["monday", "sunday"],
        "elements": [
            {"startAt": "00:00:00", "endAt": "00:30:00", "price": 0.1},
            {"startAt": "23:30:00", "endAt": "24:00:00", "price": -0.05},
        ],
    }
]
HOLIDAYS = [
    {
        "specialPricingName": "Christmas",
        "validOn": ["2026-12-25", "2026-12-26"],
        "elements": [{"startAt": "12:00:00", "endAt": "12:30:00", "price": 0.2}],
    }
]


class TestElectricityRates(ResourceContract):
    resource = rates
    create = {"name": "Grid", "defaultPrice": 0.30, "taxPercentage": 19}
    update = {"defaultPrice": 0.2875, "taxPercentage": None}
    versions = {
        "v1.0": {
            "create": GRID | {"taxPercentage": 19, "intervalPricing": WEEK, "intervalSpecialPricing": HOLIDAYS},
            "update": GRID | {"defaultPricePerKwh": 0.2875, "pricingGranularityInMinutes": 30},
        }
    }


class TestMarketRates(ResourceContract):
    resource = market_rates
    create = TestElectricityRates.create | {"type": "nord_pool"}
    update = TestElectricityRates.update


class _BelowARate(ResourceContract):
    """Has a rate of its own for each test."""

    name = ""

    async def base(self, given: Given, version: Version) -> str:
        return f"{PATH}/{(await given.electricity_rate())['id']}/{self.name}"


class TestEnergyMix(_BelowARate):
    resource = mix
    name = "energy-mix"
    create = {"solar": 40.5, "wind": 59.5}
    update = {"hydro": 100}


class TestPricePeriods(_BelowARate):
    resource = days
    name = "price-periods"


class TestPricePeriodsOfDates(_BelowARate):
    resource = dates
    name, key = "price-periods/date", "2028-02-29"
    create = {"periods": [NIGHT, EVENING]}
    update = {"periods": []}


class TestPricePeriodsOfWeekDays(_BelowARate):
    resource = week_days
    name, key = "price-periods/week-day", "mon"
    create = {"periods": [NIGHT]}
    update = {"periods": [EVENING]}


@pytest.fixture
async def rate(given: Given) -> str:
    return f"{PATH}/{(await given.electricity_rate())['id']}"


async def test_a_new_rate_is_the_operators_and_its_mix_unknown(api: Client, rate: str) -> None:
    assert (await api.get(rate)).data["type"] == "admin_defined"
    assert set((await api.get(f"{rate}/energy-mix")).data.values()) == {0}
    assert len((await api.get(f"{rate}/energy-mix")).data) == 8


@pytest.mark.parametrize("field", ["name", "defaultPrice", "taxPercentage"])
async def test_what_a_rate_has_to_say(api: Client, field: str) -> None:
    body = {name: value for name, value in TestElectricityRates.create.items() if name != field}
    assert (await api.post(PATH, body)).body["errors"].keys() == {field}


@pytest.mark.parametrize(
    "body", [{"defaultPrice": "NaN"}, {"taxPercentage": 100.5}, {"utilityId": 1}, {"name": ""}, {"defaultPrice": None}]
)
async def test_what_no_rate_is(api: Client, rate: str, body: dict[str, object]) -> None:
    assert (await api.patch(rate, body)).body["errors"].keys() == body.keys()


async def test_rates_are_found_by_type_and_utility(api: Client, given: Given, rate: str) -> None:
    assert [len((await api.get(PATH, f"filter[type]={one}")).data) for one in ("admin_defined", "nord_pool")] == [1, 0]
    assert (await api.get(PATH, "filter[utilityId]=1")).data == []
    utility = (await given.utility())["id"]
    assert (await api.patch(rate, {"utilityId": utility})).data["utilityId"] == utility
    for path in (PATH, V1, "/internal/electricity-rates/v1.0"):
        found = (await api.get(path, f"filter[utilityId]={utility}")).data
        assert [one["id"] for one in found] == [int(rate.rpartition("/")[2])]
    assert (await api.get(PATH, "filter[type]=solar")).status == 422


@pytest.mark.parametrize(
    ("shares", "status"),
    [
        ({"solar": 100}, 200),
        ({"solar": 33.3, "wind": 33.3, "otherNonRenewable": 33.4}, 200),
        ({}, 200),
        ({"solar": 50}, 422),
        ({"solar": 60, "coal": 60}, 422),
        ({"solar": 33.33, "wind": 33.33, "coal": 33.33}, 422),
        ({"solar": 100.5}, 422),
        ({"solar": -20, "wind": 120}, 422),
    ],
)
async def test_a_mix_is_all_of_the_energy_or_unknown(
    api: Client, rate: str, shares: dict[str, float], status: int
) -> None:
    before = {"hydro": 70, "nuclear": 30}
    assert (await api.put(f"{rate}/energy-mix", before)).status == 200
    answer = await api.put(f"{rate}/energy-mix", shares)
    assert answer.status == status, answer.body
    kept = (await api.get(f"{rate}/energy-mix")).data
    assert {name: share for name, share in kept.items() if share} == (shares if status == 200 else before)


@pytest.mark.parametrize(
    ("periods", "wrong"),
    [
        ([("10:00", "09:00")], "periods.0.endsAt"),
        ([("10:00", "10:00")], "periods.0.endsAt"),
        ([("10:00", "00:00")], "periods.0.endsAt"),
        ([("12:00", "13:00"), ("10:00", "12:01")], "periods.0.startsAt"),
        ([("08:00", "20:00"), ("09:00", "10:00"), ("11:00", "12:00")], "periods.1.startsAt"),
        ([("10:00", "12:00"), ("10:00", "12:00")], "periods.1.startsAt"),
        ([("24:00", "24:00")], "periods.0.startsAt"),
        ([("9:00", "10:00")], "periods.0.startsAt"),
        ([("10:60", "11:00")], "periods.0.startsAt"),
        ([("10:00", "24:01")], "periods.0.endsAt"),
        ([("10:00", "11:00\n")], "periods.0.endsAt"),
    ],
)
@pytest.mark.parametrize("day", ["date/2026-11-24", "week-day/any"])
async def test_periods_that_overlap_or_are_none(
    api: Client, rate: str, day: str, periods: list[tuple[str, str]], wrong: str
) -> None:
    body = {"periods": [{"startsAt": start, "endsAt": end, "price": 0.2} for start, end in periods]}
    answer = await api.put(f"{rate}/price-periods/{day}", body)
    assert answer.status == 422
    assert wrong in answer.body["errors"]
    assert (await api.get(f"{rate}/price-periods")).data == []


async def test_periods_touch_leave_holes_and_come_in_their_order(api: Client, rate: str) -> None:
    sent = [
        {"startsAt": start, "endsAt": end, "price": price}
        for start, end, price in (("10:45", "24:00", 0.27), ("10:00", "10:15", 0.21), ("10:15", "10:30", 0.2405))
    ]
    day = f"{rate}/price-periods/date/2026-11-24"
    assert (await api.put(day, {"periods": sent})).data["periods"] == [sent[1], sent[2], sent[0]]
    read = await api.get(day)
    assert read.data == {"date": "2026-11-24", "periods": [sent[1], sent[2], sent[0]]}
    assert read.body["links"] == {"first": None, "last": None, "prev": None, "next": None}


@pytest.mark.parametrize("price", ["NaN", None, "cheap", 10**10, 0.12345678901])
async def test_a_price_is_a_bounded_number(api: Client, rate: str, price: object) -> None:
    period = {"startsAt": "10:00", "endsAt": "11:00", "price": price}
    answer = await api.put(f"{rate}/price-periods/date/2026-11-24", {"periods": [period]})
    assert answer.body["errors"].keys() == {"periods.0.price"}


async def test_any_day_and_certain_ones_exclude_each_other(api: Client, rate: str, given: Given) -> None:
    of_week = f"{rate}/price-periods/week-day"

    async def put(day: str) -> int:
        return (await api.put(f"{of_week}/{day}", {"periods": [NIGHT]})).status

    assert [await put(day) for day in ("mon", "sun", "mon", "any")] == [201, 201, 200, 422]
    assert [(await api.delete(f"{of_week}/{day}")).status for day in ("mon", "sun")] == [204, 204]
    assert [await put(day) for day in ("any", "any", "tue")] == [201, 200, 422]
    refused = await api.put(f"{of_week}/tue", {"periods": []})
    assert refused.body["errors"].keys() == {"weekDay"}
    assert (await api.put(f"{rate}/price-periods/date/2026-11-24", {"periods": [NIGHT]})).status == 201
    other = f"{PATH}/{(await given.electricity_rate())['id']}/price-periods/week-day"
    assert (await api.put(f"{other}/tue", {"periods": []})).status == 201


async def test_any_day_and_a_certain_one_at_once(api: Client, rate: str) -> None:
    of_week = f"{rate}/price-periods/week-day"
    answers = await asyncio.gather(*(api.put(f"{of_week}/{day}", {"periods": []}) for day in ("any", "wed") * 4))
    days = {row["weekDay"] for row in (await api.get(of_week)).data}
    assert len(days) == 1
    assert sorted(one.status for one in answers) == [200] * 3 + [201] + [422] * 4


async def test_listings_of_days(api: Client, rate: str) -> None:
    for day in ("week-day/mon", "date/2026-11-24", "date/2026-11-25"):
        assert (await api.put(f"{rate}/price-periods/{day}", {"periods": [NIGHT]})).status == 201
    every = (await api.get(f"{rate}/price-periods")).data
    assert every == [
        {"weekDay": "mon", "periods": [NIGHT]},
        {"date": "2026-11-24", "periods": [NIGHT]},
        {"date": "2026-11-25", "periods": [NIGHT]},
    ]
    assert (await api.get(f"{rate}/price-periods/week-day")).data == every[:1]
    page = await api.get(f"{rate}/price-periods/date", "per_page=1")
    assert page.data == every[1:2]
    assert (await api.get(page.body["links"]["next"])).data == every[2:]


async def test_a_rate_takes_its_prices_with_it(api: Client, rate: str) -> None:
    assert (await api.put(f"{rate}/price-periods/date/2026-11-24", {"periods": [NIGHT]})).status == 201
    assert (await api.delete(rate)).status == 204
    for below in ("price-periods", "price-periods/date", "price-periods/date/2026-11-24", "energy-mix"):
        assert (await api.get(f"{rate}/{below}")).status == 404
        if "/date/" in below:
            assert (await api.put(f"{rate}/{below}", {"periods": []})).status == 404


async def test_a_charge_point_has_a_rate_of_the_operators(api: Client, given: Given, system: System, rate: str) -> None:
    number = int(rate.rpartition("/")[2])
    point = await given.charge_point(electricityRateId=number)
    path = f"/resources/charge-points/v2.0/{point['id']}"
    assert (await api.get(path)).data["electricityRateId"] == number
    assert (await api.patch(path, {"electricityRateId": 999_999})).body["errors"].keys() == {"electricityRateId"}
    market = (await given.electricity_rate())["id"]
    async with system.database.begin() as tx:
        await tx.run(update(electricity_rate).where(electricity_rate.c.id == market).values(type="nord_pool"))
    assert (await api.get(PATH, "filter[type]=nord_pool")).data[0]["id"] == market
    assert (await api.patch(path, {"electricityRateId": market})).body["errors"].keys() == {"electricityRateId"}
    assert (await api.delete(rate)).status == 409
    assert (await api.delete(path)).status == 204
    assert (await api.delete(rate)).status == 204
