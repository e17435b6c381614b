"""Tariffs: all of one is put at once, for whom it is, and what keeps one."""

from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import currency
from ohmstead.rooms.tariffs.tariffs import tariffs
from tests.client import Answer, Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/tariffs/v1.0"
GROUPS = "/resources/tariff-groups/v1.0"
LEVELS = [{"firstKwh": 0, "lastKwh": 5, "flatFee": 2}, {"firstKwh": 5, "feePerKwh": 0.35}]
STANDARD: dict[str, Any] = {
    "name": "Levels", "type": "standard", "description": {"en": "By levels", "de": "Nach Stufen"},
    "additionalInformation": {"en": "More"}, "learnMoreUrl": {"en": "https://example.org"},
    "pricing": {"multiPricePerKwh": LEVELS, "minPrice": 3.5, "connectionFee": 1, "idlePricingPeriodInMinutes": 15},
    "stopSession": {"timeLimitMinutes": 240, "stopWhenEnergyExceedsKwh": 80},
    "restrictions": {"applyToAdHocUsers": True, "adHocPreAuthorizeAmount": 30, "startDate": "2026-01-01"},
    "display": {"priceInformation": "From 0.35 a kWh", "totalCostInformation": "Thank you"}, "externalId": "T-1",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def euro(given: Given) -> None:
    """What prices are in."""
    await given.currency()


def refused(answer: Answer, *places: str) -> None:
    """A 422 that names just these."""
    assert (answer.status, set(answer.body.get("errors", {}))) == (422, set(places)), answer.body


class TestTariffs(ResourceContract):
    resource = tariffs
    create = STANDARD
    update = {"name": "Flat", "type": "flat rate", "pricing": {"pricePerSession": 9.5}}


async def test_a_put_takes_away_what_it_leaves_out(api: Client, given: Given) -> None:
    path = f"{PATH}/{(await given.tariff(**STANDARD))['id']}"
    free = (await api.put(path, {"name": "Free", "type": "free"})).data
    for name in ("pricing", "stopSession", "restrictions", "display"):
        assert free[name] == {}
    for name in ("description", "additionalInformation", "learnMoreUrl", "externalId"):
        assert free[name] is None
    assert free["currency"] == "EUR"


async def test_a_null_is_as_good_as_nothing(given: Given) -> None:
    pricing = {"pricePerSession": 3, "minPrice": None, "multiPricePerKwh": [], "lockPriceOnSessionStart": False}
    made = await given.tariff(type="flat rate", pricing=pricing, description={"en": "x", "de": None})
    assert made["pricing"] == {"pricePerSession": 3}
    assert made["description"] == {"en": "x"}


@pytest.mark.parametrize(
    ("type_", "pricing", "places"),
    [
        ("standard", {"multiPricePerKwh": [LEVELS[0], LEVELS[1] | {"firstKwh": 6}]}, ["multiPricePerKwh.1.firstKwh"]),
        ("flat rate", {}, ["pricePerSession"]),
        ("flat rate", {"pricePerSession": 1.234}, ["pricePerSession"]),
        ("flat rate", {"pricePerSession": -1}, ["pricePerSession"]),
        ("free", {"pricePerKwh": 0.1}, ["pricePerKwh"]),
        ("energy tou", {"fallbackElectricityRateId": 99}, ["fallbackElectricityRateId"]),
        ("energy tou", {"subsidyIntegrationId": 1, "chargePointElectricityRate": True}, ["subsidyIntegrationId"]),
    ],
)
async def test_prices_that_make_no_sense_are_named(
    api: Client, type_: str, pricing: dict[str, Any], places: list[str]
) -> None:
    answer = await api.post(PATH, {"name": "x", "type": type_, "pricing": pricing})
    refused(answer, *(f"pricing.{place}" for place in places))


async def test_a_day_wants_its_hours(api: Client, given: Given) -> None:
    body = {"name": "x", "type": "duration+energy time of day", "pricing": {"dayPricePerKwh": 0.4}}
    refused(await api.post(PATH, body), "dayTariffStart", "nightTariffStart")
    made = await given.tariff(**body, dayTariffStart="06:00", nightTariffStart="22:00")
    assert (made["dayTariffStart"], made["nightTariffStart"]) == ("06:00", "22:00")


async def test_the_digits_are_those_of_its_currency(api: Client, given: Given, system: System) -> None:
    """And it keeps the currency that it was made in."""
    made, yen = await given.tariff(), await given.currency(alphabeticCode="JPY")
    async with system.database.begin() as tx:
        await settings.put(tx, "baseCurrency", id=yen["id"])
    flat = {"name": "x", "type": "flat rate", "pricing": {"pricePerSession": 1.5}}
    refused(await api.post(PATH, flat), "pricing.pricePerSession")
    kept = await api.put(f"{PATH}/{made['id']}", flat)
    assert (kept.status, kept.data["currency"]) == (200, "EUR")
    ad_hoc = {"adHocPreAuthorizeAmount": 0.5, "adHocStopWhenPreAuthorizedAmountFallsBelow": 0.5}
    answer = await api.post(PATH, {"name": "x", "type": "free", "restrictions": ad_hoc})
    refused(answer, *(f"restrictions.{name}" for name in ad_hoc))


async def test_there_is_no_price_without_a_currency(api: Client, system: System, given: Given) -> None:
    known = (await api.get("/resources/currencies/v2.0")).data[0]["id"]
    async with system.database.begin() as tx:
        await tx.run(currency.delete().where(currency.c.id == known))
    refused(await api.post(PATH, {"name": "x", "type": "free"}), "currency")
    refused(await api.post(GROUPS, {"name": "x"}), "currency")


async def test_a_markup_is_taken_and_never_shown(api: Client, given: Given) -> None:
    intervals = [{"startsAt": "08:00", "endsAt": "08:30", "price": 0.1}]
    flexible = {"defaultPrice": 0.05, "intervalPricing": intervals}
    pricing = {"chargePointElectricityRate": True, "flexibleMarkUpAsFixedPerKwh": flexible}
    made = await given.tariff(type="energy tou", pricing=pricing)
    assert made["pricing"]["flexibleMarkUpAsFixedPerKwh"] == {"intervalPricing": intervals}


async def test_an_own_tax_counts_where_each_may_have_one(api: Client, given: Given, system: System) -> None:
    tax, other = (await given.tax())["id"], (await given.tax())["id"]
    assert (await given.tariff(pricing={"taxID": 99}))["pricing"] == {}
    async with system.database.begin() as tx:
        await settings.put(tx, "defaultTax", id=tax, enableMultiTaxSupport=True)
    refused(await api.post(PATH, {"name": "x", "type": "free", "pricing": {"taxID": 99}}), "pricing.taxID")
    made = await given.tariff(pricing={"taxID": other})
    assert made["pricing"] == {"taxID": other}
    kept = await api.delete(f"/resources/taxes/v2.0/{other}")
    assert (kept.status, kept.body["message"]) == (409, "A tariff has the tax.")


async def test_groups_are_named_by_id_or_by_the_name_that_one_has(api: Client, given: Given) -> None:
    staff, twin = await given.user_group(name="Staff"), await given.user_group(name="Twin")
    await given.user_group(name="Twin")
    by_name = {"applyToUsersWithGroups": ["Staff"]}
    made = await given.tariff(restrictions=by_name)
    assert made["restrictions"] == by_name | {"applyToUserGroupIds": [staff["id"]]}
    both = await given.tariff(restrictions={"applyToUserGroupIds": [twin["id"]], "applyToUsersWithGroups": ["Staff"]})
    assert both["restrictions"]["applyToUsersWithGroups"] == ["Twin"]
    for name in ("staff", "Nobody", "Twin"):
        body = {"name": "x", "type": "free", "restrictions": {"applyToUsersWithGroups": ["Staff", name]}}
        refused(await api.post(PATH, body), "restrictions.applyToUsersWithGroups.1")
    await api.patch(f"/resources/user-groups/v1.0/{staff['id']}", {"name": "Crew"})
    assert (await api.get(f"{PATH}/{made['id']}")).data["restrictions"]["applyToUsersWithGroups"] == ["Crew"]
    cleared = await given.tariff(restrictions={"applyToUserGroupIds": []})
    assert cleared["restrictions"] == {"applyToUserGroupIds": [], "applyToUsersWithGroups": []}


async def test_the_owner_was_the_partner_once(given: Given) -> None:
    for said in ("applyToUsersOfChargePointOwner", "applyToUsersOfChargePointPartner"):
        found = (await given.tariff(restrictions={said: True}))["restrictions"]
        assert found == {"applyToUsersOfChargePointOwner": True, "applyToUsersOfChargePointPartner": True}
    newer = {"applyToUsersOfChargePointOwner": True, "applyToUsersOfChargePointPartner": False}
    found = (await given.tariff(restrictions=newer))["restrictions"]
    assert found == {"applyToUsersOfChargePointOwner": False, "applyToUsersOfChargePointPartner": False}


async def test_what_restrictions_name_is_there(api: Client, given: Given) -> None:
    partner = (await given.partner())["id"]
    wrong = {"applyToUsersOfPartners": [partner, 99], "applyToUserGroupIds": [99], "applyToUsersWithSubscriptions": [1]}
    answer = await api.post(PATH, {"name": "x", "type": "free", "integrationId": 1, "restrictions": wrong})
    places = ("applyToUsersOfPartners.1", "applyToUserGroupIds.0", "applyToUsersWithSubscriptions.0")
    refused(answer, "integrationId", *(f"restrictions.{place}" for place in places))
    days = {"startDate": "2026-02-02", "endDate": "2026-02-01"}
    refused(await api.post(PATH, {"name": "x", "type": "free", "restrictions": days}), "restrictions.endDate")
    made = await given.tariff(restrictions={"applyToUsersOfPartners": [partner, partner]})
    assert made["restrictions"] == {"applyToUsersOfPartners": [partner]}


async def test_what_a_tariff_names_stays(api: Client, given: Given) -> None:
    partner, group, rate = await given.partner(), await given.user_group(), await given.electricity_rate()
    await given.tariff(
        type="energy tou", pricing={"fallbackElectricityRateId": rate["id"]},
        restrictions={"applyToUsersOfPartners": [partner["id"]], "applyToUserGroupIds": [group["id"]]},
    )  # fmt: skip
    for path, text in (
        (f"partners/v2.0/{partner['id']}", "Tariffs still belong to the partner, or are for its users."),
        (f"user-groups/v1.0/{group['id']}", "The user group is named by the restrictions of a tariff."),
        (f"electricity-rates/v2.0/{rate['id']}", "A tariff draws on the electricity rate."),
    ):
        answer = await api.delete(f"/resources/{path}")
        assert (answer.status, answer.body["message"]) == (409, text)
    tariff = (await api.get(PATH)).data[0]["id"]
    assert (await api.delete(f"{PATH}/{tariff}")).status == 204
    assert (await api.delete(f"/resources/electricity-rates/v2.0/{rate['id']}")).status == 204


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[type]=flat rate", ["flat"]),
        ("filter[partnerId]=7", ["theirs"]),
        ("filter[tariffGroupId]={group}", ["theirs", "base"]),
    ],
)
async def test_filters(api: Client, given: Given, query: str, found: list[str]) -> None:
    await given.partner_of_id(7)
    await given.tariff(name="flat", type="flat rate", pricing={"pricePerSession": 1})
    theirs = await given.tariff(name="theirs", partner={"id": 7})
    group = await given.tariff_group(theirs["id"], name="base")
    answer = await api.get(PATH, query.format(group=group["id"]).replace(" ", "%20"))
    assert [row["name"] for row in answer.data] == found


async def test_a_partner_sets_its_prices_where_it_was_let(api: Client, given: Given) -> None:
    let = await given.partner(options={"allowToControlTariffs": True})
    not_let = await given.partner(options={"allowToControlTariffGroups": True, "createUsers": True})
    foreign = await given.tariff()
    for one, allowed in ((let, True), (not_let, False)):
        given_to_it = await given.tariff(partner={"id": one["id"]})
        at, client = f"{PATH}/{given_to_it['id']}", await given.client("*", partner_id=one["id"])
        try:
            made = await client.post(PATH, {"name": "x", "type": "free"})
            assert made.status == (201 if allowed else 403)
            if allowed:
                assert made.data["partner"] == {"id": one["id"]}
            assert (await client.get(at)).status == 200
            texts = f"/actions/tariffs/v2.0/{given_to_it['id']}/set-tariff-display-information"
            assert (await client.post(texts, {"priceInformation": "y"})).status == (201 if allowed else 403)
            assert (await client.put(at, {"name": "y", "type": "free"})).status == (200 if allowed else 403)
            assert (await client.delete(at)).status == (204 if allowed else 403)
            for method in ("GET", "PUT", "DELETE"):
                reached = await client.request(method, f"{PATH}/{foreign['id']}", {"name": "y", "type": "free"})
                assert reached.status == 404
            own = {"name": "x", "type": "free", "partner": {"id": let["id"] + not_let["id"] - one["id"]}}
            assert (await client.post(PATH, own)).status == (422 if allowed else 403)
        finally:
            await client.close()


async def test_a_partner_sees_what_is_in_its_groups_and_names_its_own_groups_only(given: Given) -> None:
    await given.partner_of_id(7)
    operators = await given.tariff()
    group = await given.tariff_group(operators["id"], partnerId=7)
    await given.user_group(name="Ours")
    client = await given.client("*", partner_id=7)
    try:
        assert [row["id"] for row in (await client.get(PATH)).data] == sorted(group["tariffIds"])
        assert (await client.put(f"{PATH}/{operators['id']}", {"name": "x", "type": "free"})).status == 403
        body = {"name": "x", "type": "free", "restrictions": {"applyToUsersWithGroups": ["Ours"]}}
        refused(await client.post(PATH, body), "restrictions.applyToUsersWithGroups.0")
    finally:
        await client.close()
