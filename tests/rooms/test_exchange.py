"""Amounts of one currency in another."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert

from ohmstead.app.system import System
from ohmstead.rooms.energy.prices import imported_price, rate_content
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted
from tests.client import Client
from tests.given import Given

RATES = "/resources/electricity-rates/v2.0"
NOON = datetime(2026, 11, 24, 12, tzinfo=ZoneInfo("Europe/Berlin"))


async def rate(given: Given, base: str, target: str, rate: float) -> None:
    await given.made("/resources/currency-rates/v1.0", {"base": base, "target": target, "rate": rate})


@pytest.mark.parametrize(
    ("of", "into", "amount"),
    [
        ("EUR", "EUR", "7.20"),
        ("EUR", "CHF", "6.480"),  # the rate of this direction
        ("CHF", "EUR", "8.640"),  # its own, not what the other's would come to
        ("USD", "EUR", "9.0"),  # only the other direction is there
        ("EUR", "USD", "5.760"),
        ("CHF", "USD", None),  # nothing goes over a third
        ("EUR", "SEK", None),
    ],
)
async def test_the_rate_of_the_direction_goes_before_its_inverse(
    given: Given, system: System, of: str, into: str, amount: str | None
) -> None:
    for base, target, worth in (("EUR", "CHF", 0.9), ("CHF", "EUR", 1.2), ("EUR", "USD", 0.8)):
        await rate(given, base, target, worth)
    async with system.database.read() as tx:
        found = await converted(tx, Decimal("7.20"), of, into)
    assert (found if found is None else str(found)) == amount


async def test_a_snapshot_of_an_older_currency_has_the_rate_in_it(api: Client, given: Given, system: System) -> None:
    euro, franc = (await given.currency())["id"], (await given.currency(alphabeticCode="CHF"))["id"]
    own = (await given.electricity_rate(defaultPrice=0.3))["id"]
    night = {"startsAt": "00:00", "endsAt": "06:00", "price": 0.1}
    for day in ("week-day/any", "date/2026-11-24"):
        await api.put(f"{RATES}/{own}/price-periods/{day}", {"periods": [night]})
    body = {"name": "Agile", "defaultPrice": 0.3, "taxPercentage": 5, "type": "agile_octopus"}
    market = (await given.made("/internal/electricity-rates/v1.0", body))["id"]
    await rate(given, "CHF", "EUR", 1.1)
    async with system.database.begin() as tx:
        slot = {"starts_at": NOON, "ends_at": NOON.replace(hour=13), "price": Decimal("0.2")}
        times = {"created_at": tx.now, "updated_at": tx.now}
        await tx.run(insert(imported_price).values(electricity_rate_id=market, **slot, **times))
        assert await settings.base_currency_code(tx) == "EUR", "the first one"
        as_it_is = await rate_content(tx, own, "Europe/Berlin", NOON, "EUR")
        assert as_it_is == await rate_content(tx, own, "Europe/Berlin", NOON)
        await settings.put(tx, "baseCurrency", id=franc)
        found = await rate_content(tx, own, "Europe/Berlin", NOON, "EUR")
        assert found is not None
        shown = [found["defaultPrice"], found["weekDays"]["any"][0]["price"], found["dates"]["2026-11-24"][0]["price"]]
        assert [str(one) for one in shown] == ["0.3300000000", "0.1100000000", "0.1100000000"]
        of_market = await rate_content(tx, market, "Europe/Berlin", NOON, "EUR")
        assert of_market is not None
        assert [str(one[2]) for one in of_market["slots"]] == ["0.2200000000"]
        assert await rate_content(tx, own, "Europe/Berlin", NOON, "SEK") is None, "no rate leads there"
        await settings.put(tx, "baseCurrency", id=euro)
