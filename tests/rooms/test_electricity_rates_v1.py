"""Electricity rates of version 1.0: the days of version 2.0, in intervals, inline."""

from typing import Any

import pytest

from tests.client import Client
from tests.given import Given

V1, V2 = "/resources/electricity-rates/v1.0", "/resources/electricity-rates/v2.0"
BODY = {"name": "Grid", "defaultPricePerKwh": 0.3, "pricingGranularityInMinutes": 60}
WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def element(start: str, end: str, price: float | None = 0.1) -> dict[str, Any]:
    return {"startAt": f"{start}:00", "endAt": f"{end}:00", "price": price}


def week(*elements: dict[str, Any], days: list[str] = WEEK) -> dict[str, Any]:
    return {"intervalPricing": [{"weekDays": days, "elements": list(elements)}]}


def special(*elements: dict[str, Any], on: tuple[str, ...] = ("2026-12-24",)) -> dict[str, Any]:
    return {"intervalSpecialPricing": [{"specialPricingName": "Eve", "validOn": list(on), "elements": list(elements)}]}


async def days(api: Client, rate: int) -> dict[str, Any]:
    rows = (await api.get(f"{V2}/{rate}/price-periods")).data
    return {row.get("weekDay") or row["date"]: row["periods"] for row in rows}


def period(start: str, end: str, price: float = 0.1) -> dict[str, Any]:
    return {"startsAt": start, "endsAt": end, "price": price}


async def test_its_intervals_are_the_days_of_a_rate(api: Client, given: Given) -> None:
    said = week(element("00:00", "01:00"), element("23:00", "24:00", -0.2), days=["monday", "friday"])
    made = await given.made(V1, BODY | said | special(element("12:00", "13:00", 0), on=("2026-12-24", "2026-12-31")))
    morning = [period("00:00", "01:00"), period("23:00", "24:00", -0.2)]
    noon = [period("12:00", "13:00", 0)]
    assert await days(api, made["id"]) == {"mon": morning, "fri": morning, "2026-12-24": noon, "2026-12-31": noon}
    read = (await api.get(f"{V2}/{made['id']}")).data
    assert (read["defaultPrice"], read["taxPercentage"], read["type"]) == (0.3, None, "admin_defined")
    assert set((await api.get(f"{V2}/{made['id']}/energy-mix")).data.values()) == {0}


async def test_all_days_alike_are_any_day(api: Client, given: Given) -> None:
    made = await given.made(V1, BODY | week(element("00:00", "01:00")))
    assert await days(api, made["id"]) == {"any": [period("00:00", "01:00")]}
    assert made["intervalPricing"] == week(element("00:00", "01:00"))["intervalPricing"]
    assert made["intervalSpecialPricing"] == []


async def test_what_version_2_wrote_is_shown_in_intervals(api: Client, given: Given) -> None:
    rate = (await given.electricity_rate(taxPercentage=None))["id"]
    for day, periods in (
        ("week-day/mon", [period("00:00", "02:00")]),
        ("week-day/sun", [period("00:00", "02:00")]),
        ("week-day/tue", []),
        ("date/2026-12-24", [period("10:30", "11:30", 0.25)]),
        ("date/2026-12-25", [period("10:30", "11:30", 0.25)]),
    ):
        assert (await api.put(f"{V2}/{rate}/price-periods/{day}", {"periods": periods})).status == 201
    shown = (await api.get(f"{V1}/{rate}")).data
    halves = [element("10:30", "11:00", 0.25), element("11:00", "11:30", 0.25)]
    assert shown["pricingGranularityInMinutes"] == 30
    assert "taxPercentage" not in shown
    assert shown["intervalPricing"] == week(
        element("00:00", "00:30"), element("00:30", "01:00"), element("01:00", "01:30"), element("01:30", "02:00"),
        days=["monday", "sunday"],
    )["intervalPricing"]  # fmt: skip
    assert shown["intervalSpecialPricing"] == [
        {"specialPricingName": day, "validOn": [day], "elements": halves} for day in ("2026-12-24", "2026-12-25")
    ]
    answer = await api.put(f"{V1}/{rate}", {name: value for name, value in shown.items() if name != "id"})
    assert answer.data == shown
    assert (
        await api.put(f"{V2}/{rate}/price-periods/date/2026-12-25", {"periods": [period("10:07", "10:20")]})
    ).status == 200
    odd = (await api.get(f"{V1}/{rate}")).data
    assert odd["pricingGranularityInMinutes"] == 15
    assert odd["intervalSpecialPricing"][1]["elements"] == [element("10:07", "10:15"), element("10:15", "10:20")]


async def test_any_day_is_shown_as_all_seven(api: Client, given: Given) -> None:
    rate = (await given.electricity_rate())["id"]
    await api.put(f"{V2}/{rate}/price-periods/week-day/any", {"periods": [period("05:00", "06:00")]})
    [shown] = (await api.get(V1)).data
    assert shown["intervalPricing"] == week(element("05:00", "06:00"))["intervalPricing"]


async def test_what_is_not_said_stays_and_null_takes_it_away(api: Client, given: Given) -> None:
    made = await given.made(V1, BODY | week(element("00:00", "01:00")) | special(element("12:00", "13:00")))
    path = f"{V1}/{made['id']}"
    assert (await api.put(path, BODY | {"name": "Other"})).data == made | {"name": "Other"}
    changed = await api.put(path, BODY | {"intervalPricing": None})
    assert changed.data["intervalPricing"] == []
    assert await days(api, made["id"]) == {"2026-12-24": [period("12:00", "13:00")]}
    await api.put(path, BODY | week(element("03:00", "04:00"), days=["tuesday"]) | {"intervalSpecialPricing": []})
    assert await days(api, made["id"]) == {"tue": [period("03:00", "04:00")]}


async def test_intervals_do_not_grow_over_prices_that_stay(api: Client, given: Given) -> None:
    half = BODY | {"pricingGranularityInMinutes": 30}
    made = await given.made(V1, half | week(element("00:30", "01:00")))
    refused = await api.put(f"{V1}/{made['id']}", BODY)
    assert refused.body["errors"].keys() == {"pricingGranularityInMinutes"}
    assert (await api.put(f"{V1}/{made['id']}", half | {"pricingGranularityInMinutes": 15})).status == 200
    assert (await api.put(f"{V1}/{made['id']}", BODY | week(element("01:00", "02:00")))).status == 200


async def test_an_interval_without_a_price_has_the_default(api: Client, given: Given) -> None:
    bare = {"startAt": "01:00:00", "endAt": "02:00:00"}
    made = await given.made(V1, BODY | week(element("00:00", "01:00", None), bare, element("02:00", "03:00")))
    assert await days(api, made["id"]) == {"any": [period("02:00", "03:00")]}


@pytest.mark.parametrize("end", ["00:00:00", "24:00:00", "23:59:59"])
async def test_midnight_has_three_spellings(api: Client, given: Given, end: str) -> None:
    made = await given.made(V1, BODY | week({"startAt": "23:00:00", "endAt": end, "price": 1}))
    assert await days(api, made["id"]) == {"any": [period("23:00", "24:00", 1)]}


async def test_days_may_be_said_in_parts(api: Client, given: Given) -> None:
    parts = [*week(element("05:00", "06:00"))["intervalPricing"], *week(element("01:00", "02:00"))["intervalPricing"]]
    made = await given.made(V1, BODY | {"intervalPricing": parts})
    assert await days(api, made["id"]) == {"any": [period("01:00", "02:00"), period("05:00", "06:00")]}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (week(element("00:00", "02:00")), "intervalPricing.0.elements.0.endAt"),
        (week(element("00:00", "00:30")), "intervalPricing.0.elements.0.endAt"),
        (week(element("01:00", "01:00")), "intervalPricing.0.elements.0.endAt"),
        (week(element("00:30", "01:30")), "intervalPricing.0.elements.0.startAt"),
        (week(element("25:00", "26:00")), "intervalPricing.0.elements.0.startAt"),
        (week(element("24:00", "25:00")), "intervalPricing.0.elements.0.startAt"),
        (week(element("00:99", "01:00")), "intervalPricing.0.elements.0.startAt"),
        (week({"startAt": "00:00:01", "endAt": "01:00:01", "price": 1}), "intervalPricing.0.elements.0.startAt"),
        (week({"startAt": "0:00:00", "endAt": "01:00:00", "price": 1}), "intervalPricing.0.elements.0.startAt"),
        (week(element("00:00", "01:00"), element("00:00", "01:00", 2)), "intervalPricing.0.elements.1.startAt"),
        (week(days=["mon"]), "intervalPricing.0.weekDays.0"),
        (special(element("00:00", "00:15")), "intervalSpecialPricing.0.elements.0.endAt"),
        (special(on=("2026-02-30",)), "intervalSpecialPricing.0.validOn.0"),
        (week(element("00:00", "01:00", 10**10)), "intervalPricing.0.elements.0.price"),
        ({"pricingGranularityInMinutes": 20}, "pricingGranularityInMinutes"),
        ({"taxPercentage": 101}, "taxPercentage"),
        ({"taxId": 999_999}, "taxId"),
        ({"defaultPricePerKwh": 10**10}, "defaultPricePerKwh"),
    ],
)
async def test_what_no_rate_says(api: Client, said: dict[str, Any], wrong: str) -> None:
    answer = await api.post(V1, BODY | said)
    assert answer.status == 422
    assert answer.body["errors"].keys() == {wrong}
    assert (await api.get(V2)).data == []


async def test_a_tax_says_the_percentage(api: Client, given: Given) -> None:
    tax = (await given.tax(percentage=20))["id"]
    made = await given.made(V1, BODY | {"taxId": tax})
    assert (made["taxId"], made["taxPercentage"]) == (tax, 20)
    path = f"{V1}/{made['id']}"
    assert "taxId" not in (await api.put(path, BODY | {"taxPercentage": 19})).data
    both = (await api.put(path, BODY | {"taxId": tax, "taxPercentage": 20})).data
    assert (both["taxId"], both["taxPercentage"]) == (tax, 20)
    await api.patch(f"/resources/taxes/v2.0/{tax}", {"percentage": 21})
    later = (await api.get(path)).data
    assert (later.get("taxId"), later["taxPercentage"]) == (None, 20)
    assert (await api.patch(f"{V2}/{made['id']}", {"taxPercentage": 21})).status == 200
    assert "taxId" not in (await api.get(path)).data, "who changes the percentage names no tax"
    assert (await api.delete(f"/resources/taxes/v2.0/{tax}")).status == 204


async def test_markets_are_shown_and_deleted_like_others(api: Client, given: Given) -> None:
    market = {"name": "Agile", "defaultPrice": 0.3, "taxPercentage": 5, "type": "agile_octopus"}
    rate = await given.made("/internal/electricity-rates/v1.0", market)
    shown = (await api.get(f"{V1}/{rate['id']}")).data
    assert (shown["defaultPricePerKwh"], shown["intervalPricing"]) == (0.3, [])
    assert (await api.delete(f"{V1}/{rate['id']}")).status == 204
    assert (await api.get(f"/internal/electricity-rates/v1.0/{rate['id']}")).status == 404
