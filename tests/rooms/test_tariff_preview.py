"""Previews of prices: of tariffs that are there, and of others."""

from typing import Any

import pytest

from tests.client import Client
from tests.given import Given
from tests.rooms.test_tariffs import PATH, refused

PREVIEW = "/internal/tariffs/v1.0/preview"
ASKED: dict[str, Any] = {"startedAt": "2026-11-30T12:00:00Z", "energy": 9600, "minutes": 40}


@pytest.fixture(autouse=True)
async def euro(given: Given) -> None:
    """What prices are in."""
    await given.currency()


@pytest.fixture
def by_periods() -> dict[str, Any]:
    """Example E2 of the rules of money."""
    pricing = {
        "pricePerKwh": 0.35, "pricePerPeriod": 0.6, "pricePeriodInMinutes": 15, "durationFeeGracePeriod": 10,
        "durationFeeLimit": 6, "idleFeePerMinute": 0.2, "idleFeeGracePeriodMinutes": 10,
    }  # fmt: skip
    return {"name": "Periods", "type": "duration+energy", "pricing": pricing}


async def total(api: Client, **asked: Any) -> float:
    answer = await api.post(PREVIEW, ASKED | asked)
    assert answer.status == 200, answer.body
    assert sum(round(line["price"] * 100) for line in answer.body["lines"]) == round(
        answer.body["totalAmount"]["withTax"] * 100
    )
    return answer.body["totalAmount"]["withTax"]


async def test_one_that_is_there_and_one_that_is_not_cost_the_same(
    api: Client, given: Given, by_periods: dict[str, Any]
) -> None:
    made = await given.tariff(**by_periods)
    for minutes, wanted in ((10, 3.36), (40, 4.56), (41, 5.16), (240, 9.36)):
        assert await total(api, tariffId=made["id"], minutes=minutes) == wanted
        assert await total(api, tariff=by_periods, minutes=minutes) == wanted
    assert [row["id"] for row in (await api.get(PATH)).data] == [made["id"]]


async def test_lines_tax_and_idle_time_are_told(api: Client, given: Given, by_periods: dict[str, Any]) -> None:
    await given.tax(percentage=20)
    answer = await api.post(PREVIEW, ASKED | {"tariff": by_periods, "idleMinutes": 12})
    assert answer.body == {
        "currency": "EUR", "taxPercentage": 20, "totalAmount": {"withTax": 4.96, "withoutTax": 4.13},
        "lines": [
            {"type": "energy", "unit": "kwh", "unitPrice": 0.35, "quantity": 9.6, "minutes": 1, "price": 3.36,
             "priceWithoutTax": 2.8},
            {"type": "charging_time", "unit": "minute", "unitPrice": 0.6, "quantity": 2, "minutes": 15, "price": 1.2,
             "priceWithoutTax": 1},
            {"type": "idle_time", "unit": "minute", "unitPrice": 0.2, "quantity": 2, "minutes": 1, "price": 0.4,
             "priceWithoutTax": 0.33},
        ],
    }  # fmt: skip


async def test_hours_are_those_of_the_zone_and_prices_those_of_the_rate(api: Client, given: Given) -> None:
    day = {"dayPricePerKwh": 1, "nightPricePerKwh": 0.5}
    tariff = {"name": "x", "type": "duration+energy time of day", "pricing": day,
              "dayTariffStart": "06:00", "nightTariffStart": "22:00"}  # fmt: skip
    late = {"startedAt": "2026-11-30T21:30:00", "energy": 10_000, "minutes": 20, "tariff": tariff}
    assert (await total(api, **late), await total(api, **late, zone="Europe/Berlin")) == (10, 5)
    rate = (await given.electricity_rate(defaultPrice=0.3))["id"]
    tou = {"name": "x", "type": "energy tou", "pricing": {"chargePointElectricityRate": True}}
    assert await total(api, tariff=tou, electricityRateId=rate) == 2.88


async def test_a_moment_may_have_energy_and_nothing_may_cost_nothing(api: Client, by_periods: dict[str, Any]) -> None:
    assert await total(api, tariff=by_periods, minutes=0) == 3.36
    assert await total(api, tariff=by_periods, minutes=0, energy=0) == 0


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({}, "tariff"),
        ({"tariffId": 99_999}, "tariffId"),
        ({"tariff": {"name": "x", "type": "flat rate"}}, "tariff.pricing.pricePerSession"),
        ({"tariff": {"name": "x", "type": "free"}, "zone": "Europe"}, "zone"),
        ({"tariff": {"name": "x", "type": "free"}, "startedAt": "9999-12-31T23:59:00Z"}, "startedAt"),
        ({"tariff": {"name": "x", "type": "free"}, "minutes": 10**6}, "minutes"),
        ({"tariff": {"name": "x", "type": "free", "integrationId": 1}}, "tariff.integrationId"),
    ],
)
async def test_what_is_no_preview_is_named(api: Client, change: dict[str, Any], place: str) -> None:
    refused(await api.post(PREVIEW, ASKED | change), place)


async def test_a_partner_previews_its_own(given: Given) -> None:
    await given.partner_of_id(7)
    own, foreign = await given.tariff(partner={"id": 7}), await given.tariff()
    client = await given.client("*", partner_id=7)
    try:
        assert await total(client, tariffId=own["id"]) == 0
        refused(await client.post(PREVIEW, ASKED | {"tariffId": foreign["id"]}), "tariffId")
    finally:
        await client.close()
