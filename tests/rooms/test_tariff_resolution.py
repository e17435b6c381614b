"""Resolution: which tariff of a group applies to whom, by the rule itself and as the API tells it."""

from datetime import date
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.rooms.tariffs.resolution import Driver, applies, driver_of, plans_of_user, tariff_for
from tests.client import Client
from tests.given import Given
from tests.rooms.test_tariffs import PATH, refused

DAY = date(2026, 11, 30)
AD_HOC, ROAMING, USER = Driver(), Driver(roaming=True), Driver(user_id=1)
MEMBER = Driver(user_id=2, partner_ids=frozenset({7}), user_group_ids=frozenset({3}), plan_ids=frozenset({5}))
EVERYBODY = {AD_HOC, ROAMING, USER, MEMBER}
CASES: list[tuple[dict[str, Any], int | None, set[Driver]]] = [
    ({}, None, EVERYBODY),
    ({"applyToAdHocUsers": False, "applyToUserGroupIds": [], "adHocPreAuthorizeAmount": 20}, None, EVERYBODY),
    ({"applyToAdHocUsers": True}, None, {AD_HOC}),
    ({"applyToUsersOfAllRoamingEmsps": True}, None, {ROAMING}),
    ({"applyToUsersOfPartners": [6, 7]}, None, {MEMBER}),
    ({"applyToUserGroupIds": [3]}, None, {MEMBER}),
    ({"applyToUserGroupIds": [4]}, None, set()),
    ({"applyToUsersWithSubscriptions": [5]}, None, {MEMBER}),
    ({"applyToUsersOfChargePointPartner": True}, 7, {MEMBER}),
    ({"applyToUsersOfChargePointPartner": True}, 8, set()),
    ({"applyToUsersOfChargePointPartner": True}, None, set()),
    ({"applyToAdHocUsers": True, "applyToUserGroupIds": [3]}, None, {AD_HOC, MEMBER}),  # alternatives
    ({"startDate": "2026-11-30", "endDate": "2026-11-30"}, None, EVERYBODY),  # both days are its
    ({"startDate": "2026-12-01"}, None, set()),
    ({"endDate": "2026-11-29"}, None, set()),
    ({"applyToAdHocUsers": True, "endDate": "2026-11-29"}, None, set()),  # dates narrow
]


@pytest.mark.parametrize(("restrictions", "owner", "wanted"), CASES)
def test_whom_restrictions_mean(restrictions: dict[str, Any], owner: int | None, wanted: set[Driver]) -> None:
    assert {driver for driver in EVERYBODY if applies(restrictions, driver, owner, DAY)} == wanted


async def test_a_driver_is_what_is_known_of_the_user(given: Given, system: System) -> None:
    partner, group = (await given.partner())["id"], (await given.user_group())["id"]
    user = int((await given.user(userGroupIds=[group]))["id"])
    invite = {"partnerId": partner, "sendViaEmail": False}
    link = (await given.made("/resources/partner-invites/v1.0", invite))["acceptUrl"]
    accepted = {"token": link.rpartition("/")[2], "userId": user}
    assert (await given.api.post("/internal/partner-invites/v1.0/accept", accepted)).status == 200

    async def sells(tx: Any, user_id: int) -> list[int]:
        return [5] if user_id == user else []

    plans_of_user.answer(sells)
    try:
        async with system.database.read() as tx:
            found = await driver_of(tx, user)
            assert await driver_of(tx, None, roaming=True) == ROAMING
    finally:
        plans_of_user._answerers.remove(sells)
    assert found == Driver(user, frozenset({partner}), frozenset({group}), frozenset({5}))


async def test_the_last_of_the_list_goes_first_and_the_base_is_for_the_rest(given: Given, system: System) -> None:
    late = await given.tariff(restrictions={"startDate": "2027-01-01"})
    everybody, ad_hoc = await given.tariff(), await given.tariff(restrictions={"applyToAdHocUsers": True})
    group = await given.tariff_group(everybody["id"], ad_hoc["id"], late["id"])
    of_none = await given.tariff_group(ad_hoc["id"])
    await given.api.put(f"{PATH}/{of_none['tariffIds'][0]}", {
        "name": "Base", "type": "free", "restrictions": {"endDate": "2020-01-01"}})  # fmt: skip
    async with system.database.read() as tx:
        for key, driver, day, wanted in (
            (group["id"], AD_HOC, DAY, ad_hoc["id"]),
            (group["id"], USER, DAY, everybody["id"]),
            (group["id"], AD_HOC, date(2027, 1, 1), late["id"]),
            (of_none["id"], USER, DAY, of_none["tariffIds"][0]),
        ):
            assert (await tariff_for(tx, key, driver, None, day))["id"] == wanted


async def test_the_api_tells_the_one_that_applies(api: Client, given: Given) -> None:
    group = (await given.user_group())["id"]
    staff, ad_hoc = (
        await given.tariff(restrictions={"applyToUserGroupIds": [group]}),
        await given.tariff(restrictions={"applyToAdHocUsers": True}),
    )
    prices = await given.tariff_group(staff["id"], ad_hoc["id"])
    member, other = await given.user(userGroupIds=[group]), await given.user()
    at = f"filter[tariffGroupId]={prices['id']}&filter[userId]="
    for user, wanted in ((member["id"], staff["id"]), (other["id"], prices["tariffIds"][0]), ("", ad_hoc["id"])):
        answer = await api.get(PATH, f"{at}{user}")
        assert (answer.status, answer.body.keys(), [row["id"] for row in answer.data]) == (200, {"data"}, [wanted])
    assert (await api.get(PATH, f"{at}&page=7&per_page=1")).data[0]["id"] == ad_hoc["id"]
    whole = await api.get(PATH, f"filter[tariffGroupId]={prices['id']}")
    assert (len(whole.data), whole.body["meta"]["total"]) == (3, 3)


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("filter[userId]=1", "userId"),
        ("filter[userId]=1&filter[tariffGroupId]=", "userId"),
        ("filter[userId]=999999&filter[tariffGroupId]={group}", "userId"),
        ("filter[userId]=x&filter[tariffGroupId]={group}", "userId"),
        ("filter[userId]=&filter[tariffGroupId]=999999", "tariffGroupId"),
        ("filter[userId]=&filter[tariffGroupId]={group}&filter[type]=free", "type"),
    ],
)
async def test_nobody_is_resolved_without_a_group(api: Client, given: Given, query: str, place: str) -> None:
    group = await given.tariff_group()
    refused(await api.get(PATH, query.format(group=group["id"])), f"filter.{place}")
    for empty in ("filter[userId]=", "filter[userId]=&filter[tariffGroupId]="):
        assert [row["id"] for row in (await api.get(PATH, empty)).data] == group["tariffIds"]


async def test_a_partner_resolves_in_its_groups(given: Given) -> None:
    await given.partner_of_id(7)
    operators = await given.tariff(restrictions={"applyToAdHocUsers": True})
    theirs, foreign = await given.tariff_group(operators["id"], partnerId=7), await given.tariff_group()
    client = await given.client("*", partner_id=7)
    try:
        answer = await client.get(PATH, f"filter[tariffGroupId]={theirs['id']}&filter[userId]=")
        assert [row["id"] for row in answer.data] == [operators["id"]]
        foreigner = await client.get(PATH, f"filter[tariffGroupId]={foreign['id']}&filter[userId]=")
        refused(foreigner, "filter.tariffGroupId")
    finally:
        await client.close()
