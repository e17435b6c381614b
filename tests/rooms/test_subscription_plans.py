"""Subscription plans: what one may say of itself, what names it, and what it is where the operator sells none."""

from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import Gateway, site
from tests.rooms.test_tariffs import refused

PATH = "/resources/subscription-plans/v2.0"
TEXT = [{"locale": "en", "translation": "Commuter"}, {"locale": "de", "translation": "Pendler"}]
PRE_PAID: dict[str, Any] = {
    "name": TEXT, "description": TEXT, "renewalCycle": "monthly", "type": "pre-paid", "status": "enabled",
    "freeRenewalPeriods": 1, "baseFee": 9.9, "baseFeeAppliesPerEachHomeCharger": True,
    "allowance": {"type": "separate", "resetCycle": "after_each_week", "ac": 40, "dc": 10, "includedCountries": ["AT"]},
}  # fmt: skip
POST_PAID: dict[str, Any] = {
    "name": TEXT, "description": TEXT, "renewalCycle": "annually", "type": "post-paid", "status": "disabled",
    "postPaidChargingSessionsAccumulation": "personal", "billingUsageThreshold": 50, "billingType": "internal",
}  # fmt: skip


@pytest.fixture(autouse=True)
async def euro(given: Given) -> None:
    """What fees are in."""
    await given.currency()


class TestPlans(ResourceContract):
    resource = subscription_plans
    create = PRE_PAID
    update = {
        "name": TEXT[:1], "baseFee": None, "feePerEachPersonalChargePoint": 2.5, "status": "disabled",
        "visibilityRestrictions": {"excludedUserGroups": []},
    }  # fmt: skip
    returning = ("baseFeeAppliesPerEachHomeCharger",)


async def test_what_is_said_of_an_object_leaves_the_rest_of_it(api: Client, given: Given) -> None:
    made = await given.made(PATH, PRE_PAID)
    assert made["allowance"] == PRE_PAID["allowance"]
    changed = (await api.patch(f"{PATH}/{made['id']}", {"allowance": {"dc": 0, "includedCountries": []}})).data
    assert changed["allowance"] == PRE_PAID["allowance"] | {"dc": 0, "includedCountries": []}
    assert not {"replacementPlanId", "replacedAt"} & changed.keys()


async def test_the_older_listing_has_the_first_name(api: Client, given: Given) -> None:
    made = await given.made(PATH, PRE_PAID)
    [row] = (await api.get("/resources/subscription-plans/v1.0")).data
    assert row == {"id": made["id"], "name": "Commuter", "lastUpdatedAt": made["lastUpdatedAt"]}


@pytest.mark.parametrize(
    ("base", "said", "place"),
    [
        (PRE_PAID, {"allowance": {"type": "combined"}}, "allowance.combined"),
        (PRE_PAID, {"allowance": {"type": "separate", "ac": 1}}, "allowance.dc"),
        (PRE_PAID, {"allowance": {"type": "combined", "combined": 4_000_001}}, "allowance.combined"),
        (PRE_PAID, {"postPaidChargingSessionsAccumulation": "personal"}, "postPaidChargingSessionsAccumulation"),
        (PRE_PAID, {"billingUsageThreshold": 5}, "billingUsageThreshold"),
        (PRE_PAID, {"billingType": "external"}, "billingType"),
        (PRE_PAID, {"baseFee": 9.999}, "baseFee"),
        (PRE_PAID, {"baseFee": -1}, "baseFee"),
        (PRE_PAID, {"feePerEachPersonalChargePoint": 0.001}, "feePerEachPersonalChargePoint"),
        (POST_PAID, {"freeRenewalPeriods": 2}, "freeRenewalPeriods"),
        (POST_PAID, {"name": []}, "name"),
    ],
)
async def test_what_does_not_fit_is_named(api: Client, base: dict[str, Any], said: dict[str, Any], place: str) -> None:
    refused(await api.post(PATH, base | said), place)


@pytest.mark.parametrize(
    ("part", "of"),
    [
        ("allowance", "PartnerChargePoints"),
        ("visibilityRestrictions", "PartnerUsers"),
        ("visibilityRestrictions", "UserGroups"),
    ],
)
async def test_what_is_included_and_what_is_excluded_exclude_each_other(
    api: Client, given: Given, part: str, of: str
) -> None:
    """Also where the one is there and the other comes, and what is named stays."""
    group = of == "UserGroups"
    named = (await (given.user_group() if group else given.partner()))["id"]
    both = {part: {f"included{of}": [named], f"excluded{of}": [named]}}
    refused(await api.post(PATH, PRE_PAID | both), f"{part}.excluded{of}")
    plan = await given.made(PATH, PRE_PAID | {part: {f"excluded{of}": [named]} | ALLOWED.get(part, {})})
    refused(await api.patch(f"{PATH}/{plan['id']}", {part: {f"included{of}": [named]}}), f"{part}.excluded{of}")
    path = f"/resources/user-groups/v1.0/{named}" if group else f"/resources/partners/v2.0/{named}"
    answer = await api.delete(path)
    what = "user group" if group else "partner"
    assert (answer.status, answer.body["message"]) == (409, f"The {what} is named by a subscription plan.")
    turned = {part: {f"included{of}": [named], f"excluded{of}": []}}
    assert (await api.patch(f"{PATH}/{plan['id']}", turned)).status == 200
    assert (await api.delete(path)).status == 409
    assert (await api.patch(f"{PATH}/{plan['id']}", {part: {f"included{of}": []}})).status == 200
    assert (await api.delete(path)).status == 204


ALLOWED = {"allowance": {"type": "none"}}


async def test_countries_exclude_each_other(api: Client) -> None:
    both = {"type": "none", "includedCountries": ["AT"], "excludedCountries": ["DE"]}
    refused(await api.post(PATH, PRE_PAID | {"allowance": both}), "allowance.excludedCountries")


async def test_a_post_paid_plan_is_one_of_a_feature(api: Client, given: Given, system: System) -> None:
    made = await given.made(PATH, POST_PAID)
    assert {name: made[name] for name in POST_PAID} == POST_PAID
    async with system.database.begin() as tx:
        await settings.put(tx, "features", postPaidSubscriptions=False)
    refused(await api.post(PATH, POST_PAID), "type")
    assert (await api.post(PATH, PRE_PAID)).status == 201


async def test_where_none_are_sold_there_are_none(api: Client, given: Given, system: System) -> None:
    plan = await given.plan()
    async with system.database.begin() as tx:
        await settings.put(tx, "features", subscriptions=False)
    one, replace = f"{PATH}/{plan['id']}", f"/actions/subscription-plans/v1.0/{plan['id']}/replace"
    asked = [("GET", PATH, None), ("GET", one, None), ("POST", PATH, PRE_PAID), ("PATCH", one, {}),
             ("DELETE", one, None), ("POST", replace, {"planId": plan["id"], "reason": "r"})]  # fmt: skip
    answers = [await api.request(*one) for one in asked]
    assert [one.status for one in answers] == [405, 403, 403, 403, 403, 403]
    assert {one.body["message"] for one in answers} == {"Feature disabled for the system"}


async def test_what_names_a_plan_keeps_it(api: Client, given: Given) -> None:
    """A tariff, a charge point, a template; those that are gone keep nothing."""
    plan = (await given.plan())["id"]
    tariff = await given.tariff(restrictions={"applyToUsersWithSubscriptions": [plan, plan]})
    assert tariff["restrictions"] == {"applyToUsersWithSubscriptions": [plan]}
    home = await given.charge_point(type="personal", pin="1", subscription={"required": True, "planIds": [plan, plan]})
    assert home["subscription"] == {"required": True, "planIds": [plan]}
    written = "/internal/charge-point-templates/v1.0"
    template = await given.made(written, {"name": "Wallbox", "subscriptionPlanIds": [plan, plan]})
    assert template["subscriptionPlanIds"] == [plan]
    for path, text in (
        (f"/resources/tariffs/v1.0/{tariff['id']}", "The subscription plan is named by the restrictions of a tariff."),
        (f"/resources/charge-points/v2.0/{home['id']}", "Charge points require the subscription plan."),
        (f"{written}/{template['id']}", "A template has charge points require the subscription plan."),
    ):
        answer = await api.delete(f"{PATH}/{plan}")
        assert (answer.status, answer.body["message"]) == (409, text)
        assert (await api.delete(path)).status == 204
    assert (await api.delete(f"{PATH}/{plan}")).status == 204


async def test_a_plan_that_is_none_cannot_be_named(api: Client, given: Given) -> None:
    home = {"type": "personal", "pin": "1", "subscription": {"required": True, "planIds": [99]}}
    refused(await api.post("/resources/charge-points/v2.0", home), "subscription.planIds.0")
    free = {"name": "x", "type": "free", "restrictions": {"applyToUsersWithSubscriptions": [99]}}
    refused(await api.post("/resources/tariffs/v1.0", free), "restrictions.applyToUsersWithSubscriptions.0")


async def test_a_charge_point_from_a_template_requires_its_plans(api: Client, given: Given) -> None:
    plan = (await given.plan())["id"]
    made = await given.made("/internal/charge-point-templates/v1.0", {"name": "t", "subscriptionPlanIds": [plan]})
    body = {"templateId": made["id"], "name": "n", "networkId": None, "status": "active"}
    body["locationId"] = (await given.location())["id"]
    point = (await given.made("/resources/charge-points/v1.0", body))["id"]
    home = {"type": "personal", "pin": "1"}
    shown = (await api.patch(f"/resources/charge-points/v2.0/{point}", home)).data
    assert shown["subscription"] == {"required": True, "planIds": [plan]}


async def test_subscribers_have_the_tariff_that_names_their_plan(api: Client, given: Given) -> None:
    plan, other = (await given.plan(baseFee=0))["id"], (await given.plan(baseFee=0))["id"]
    theirs = await given.tariff(restrictions={"applyToUsersWithSubscriptions": [plan]})
    group = await given.tariff_group(theirs["id"])
    users = [int((await given.user())["id"]) for _ in range(2)]
    for user, has in zip(users, (plan, other), strict=True):
        await given.subscribed(user, has)
    at = f"filter[tariffGroupId]={group['id']}&filter[userId]="
    found = [(await api.get("/resources/tariffs/v1.0", f"{at}{user}")).data[0]["id"] for user in users]
    assert found == [theirs["id"], group["tariffIds"][0]]


async def test_a_charge_point_starts_for_subscribers_of_a_plan_that_it_requires(
    api: Client, given: Given, gateway: Gateway
) -> None:
    plan, other = (await given.plan(baseFee=0))["id"], (await given.plan(baseFee=0))["id"]
    user, place = int((await given.user())["id"]), (await given.location())["id"]
    home = {"type": "personal", "pin": "1", "user": {"id": user}, "locationId": place}
    here = await site(given, **home, subscription={"required": True, "planIds": [plan]})
    start, point = f"/actions/charge-point/v1.0/{here.id}/start/1", f"/resources/charge-points/v2.0/{here.id}"
    told = [(await api.post(start, {"userId": user})).body]
    await given.subscribed(user, other)
    told.append((await api.post(start, {"userId": user})).body)
    assert [one.get("errorCode") for one in told] == ["SUBSCRIPTION_REQUIRED"] * 2
    assert (await api.patch(point, {"subscription": {"planIds": [plan, other]}})).status == 200
    assert (await api.post(start, {"userId": user})).body["success"]


async def test_a_partner_reads_plans(given: Given) -> None:
    """It sells them to its users, and may have its charge points require them."""
    plan = await given.plan()
    partner = await given.client("*", partner_id=71)
    assert [row["id"] for row in (await partner.get(PATH)).data] == [plan["id"]]
    assert (await partner.get(f"{PATH}/{plan['id']}")).status == 200
    replace = f"/actions/subscription-plans/v1.0/{plan['id']}/replace"
    answers = [await partner.patch(f"{PATH}/{plan['id']}", {"status": "disabled"}), await partner.post(replace, {})]
    assert [one.status for one in answers] == [403, 403]
    await partner.close()
