"""Snapshots: one row for each content, which nothing changes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.engines.pricing import Stretch, price_of
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.snapshot_terms import terms_of_snapshots
from ohmstead.rooms.tariffs.snapshots import content_of, snapshot_of
from ohmstead.rooms.tariffs.tables import tariff, tariff_snapshot
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import site, tag
from tests.rooms.test_tariffs import PATH, STANDARD

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
SNAPSHOTS = "/resources/tariff-snapshots/v1.0"


@pytest.fixture(autouse=True)
async def euro(given: Given) -> None:
    """What prices are in."""
    await given.currency()


async def taken(system: System, tariff_id: int, zone: str | None = "Europe/Berlin", rate: int | None = None) -> int:
    """The snapshot that a session of now would have."""
    async with system.database.begin() as tx:
        row = await tx.one(select(tariff).where(tariff.c.id == tariff_id))
        return await snapshot_of(tx, row, zone, AT, rate)


async def content(system: System, tariff_id: int, rate: int | None = None) -> dict[str, Any]:
    async with system.database.begin() as tx:
        row = await tx.one(select(tariff).where(tariff.c.id == tariff_id))
        return await content_of(tx, row, None, AT, rate)


async def test_equal_contents_are_one_row(api: Client, given: Given, system: System) -> None:
    made = await given.tariff(**STANDARD)
    path, first = f"{PATH}/{made['id']}", await taken(system, made["id"])
    assert await taken(system, made["id"]) == first
    assert (await api.put(path, STANDARD | {"name": "Dearer"})).status == 200
    changed = await taken(system, made["id"])
    assert changed != first
    levels = [{"firstKwh": 0.0, "lastKwh": 5.00, "flatFee": 2.0}, {"firstKwh": 5, "lastKwh": None, "feePerKwh": 0.350}]
    same = STANDARD | {"pricing": STANDARD["pricing"] | {"multiPricePerKwh": levels, "timePeriods": []}}
    assert (await api.put(path, same)).status == 200
    assert await taken(system, made["id"]) == first
    assert await taken(system, made["id"], zone=None) not in (first, changed)
    async with system.database.read() as tx:
        assert await tx.value(select(func.count()).select_from(tariff_snapshot)) == 3


async def test_it_reads_as_it_was_whatever_becomes_of_the_tariff(api: Client, given: Given, system: System) -> None:
    group, partner = await given.user_group(), (await given.partner())["id"]
    said = STANDARD | {"restrictions": {"applyToUserGroupIds": [group["id"]]}, "partner": {"id": partner}}
    made = await given.tariff(**said)
    key = await taken(system, made["id"])
    read = (await api.get(f"{SNAPSHOTS}/{key}")).data
    assert (read["id"], read["tariffId"]) == (key, made["id"])
    for name, value in said.items():
        assert read[name] == value, name
    assert read["currency"] == "EUR"
    await api.put(f"{PATH}/{made['id']}", {"name": "Free", "type": "free"})
    await api.delete(f"{PATH}/{made['id']}")
    assert (await api.get(f"{SNAPSHOTS}/{key}")).data == read
    assert (await api.delete(f"{SNAPSHOTS}/{key}")).status == 405


async def test_one_of_little_reads_like_its_tariff(api: Client, given: Given, system: System) -> None:
    made = await given.tariff()
    read = (await api.get(f"{SNAPSHOTS}/{await taken(system, made['id'])}")).data
    assert {name: read.get(name) for name in made if name not in ("id", "lastUpdatedAt")} == {
        name: value for name, value in made.items() if name not in ("id", "lastUpdatedAt")
    }


async def test_the_tax_is_the_default_one_or_its_own(given: Given, system: System) -> None:
    made = await given.tariff()
    assert (await content(system, made["id"]))["tax"] is None
    first, other = await given.tax(percentage=19), await given.tax(percentage=7.5)
    assert (await content(system, made["id"]))["tax"] == {"id": first["id"], "percentage": 19}
    async with system.database.begin() as tx:
        await settings.put(tx, "defaultTax", id=first["id"], enableMultiTaxSupport=True)
    own = await given.tariff(pricing={"taxID": other["id"]})
    assert (await content(system, own["id"]))["tax"] == {"id": other["id"], "percentage": 7.5}
    assert (await content(system, made["id"]))["tax"] == {"id": first["id"], "percentage": 19}
    async with system.database.begin() as tx:
        await settings.put(tx, "defaultTax", enableMultiTaxSupport=False)
    assert (await content(system, own["id"]))["tax"] == {"id": first["id"], "percentage": 19}


async def test_the_rate_is_the_charge_points_or_the_tariffs(given: Given, system: System) -> None:
    here, fallback = (await given.electricity_rate())["id"], (await given.electricity_rate(defaultPrice=0.4))["id"]
    either = {"chargePointElectricityRate": True, "fallbackElectricityRateId": fallback}
    tou = await given.tariff(type="energy tou", pricing=either)
    fixed = await given.tariff(type="energy tou", pricing={"fallbackElectricityRateId": fallback})
    free = await given.tariff()
    found = [
        (await content(system, one["id"], rate))["electricityRate"]
        for one, rate in ((tou, here), (tou, None), (fixed, here), (free, here))
    ]
    assert [one and one["id"] for one in found] == [here, fallback, fallback, None]
    alone = await given.tariff(type="energy tou", pricing={"chargePointElectricityRate": True})
    assert (await content(system, alone["id"]))["electricityRate"] is None


async def test_a_tariff_of_an_older_currency_has_the_rate_in_it(given: Given, system: System) -> None:
    here = (await given.electricity_rate(defaultPrice=0.4))["id"]
    tou = await given.tariff(type="energy tou", pricing={"chargePointElectricityRate": True})
    franc = (await given.currency(alphabeticCode="CHF"))["id"]
    async with system.database.begin() as tx:
        await settings.put(tx, "baseCurrency", id=franc)
    assert (await content(system, tou["id"], here))["electricityRate"] is None, "no rate leads into it"
    await given.made("/resources/currency-rates/v1.0", {"base": "CHF", "target": "EUR", "rate": 1.05})
    found = await content(system, tou["id"], here)
    assert (found["currency"]["code"], found["electricityRate"]["defaultPrice"]) == ("EUR", Decimal("0.42"))


async def test_its_terms_price_sessions_and_never_change(api: Client, given: Given, system: System) -> None:
    rate, tax = (await given.electricity_rate(defaultPrice=0.3))["id"], await given.tax(percentage=19)
    pricing = {"fallbackElectricityRateId": rate, "markupFixedFeePerKwh": 0.1, "connectionFee": 1.19}
    made = await given.tariff(type="energy tou", pricing=pricing)
    key = await taken(system, made["id"])
    hour = [Stretch(AT, AT + timedelta(hours=1), 10_000)]
    await api.put(f"{PATH}/{made['id']}", {"name": "Free", "type": "free"})
    await api.patch(f"/resources/electricity-rates/v2.0/{rate}", {"defaultPrice": 5})
    await api.patch(f"/resources/taxes/v2.0/{tax['id']}", {"percentage": 0})
    for _ in range(2):  # read, and known
        async with system.database.read() as tx:
            price = price_of((await terms_of_snapshots(tx, [key]))[key].terms, AT, hour)
        assert (price.amount, price.net) == (Decimal("5.19"), Decimal("4.36"))


async def test_a_partner_reads_those_of_its_tariffs(given: Given, system: System) -> None:
    await given.partner_of_id(7)
    own, foreign = await given.tariff(partner={"id": 7}), await given.tariff()
    client = await given.client("*", partner_id=7)
    try:
        for one, status in ((own, 200), (foreign, 404)):
            assert (await client.get(f"{SNAPSHOTS}/{await taken(system, one['id'])}")).status == status
    finally:
        await client.close()


async def test_a_partner_reads_those_of_sessions_at_its_charge_points(api: Client, given: Given) -> None:
    await given.partner_of_id(7)
    group, card = await given.tariff_group(), await tag(given)
    for partner, status in ((7, 200), (8, 404)):
        here = await site(given, partner={"id": partner})
        await api.patch(f"/resources/evses/v2.1/{here.evses[0]}", {"tariffGroupId": group["id"]})
        key = (await here.starts(card, datetime.now(UTC), 0))[0]
        snapshot = (await api.get("/resources/sessions/v1.0")).data[-1]["tariffSnapshotId"]
        client = await given.client("*", partner_id=7)
        try:
            assert (key, (await client.get(f"{SNAPSHOTS}/{snapshot}")).status) == (key, status)
        finally:
            await client.close()
        await api.put(f"{PATH}/{group['tariffIds'][0]}", {"name": "Another", "type": "free"})
