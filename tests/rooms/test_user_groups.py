"""User groups: whose they are, who is in them, and what keeps one."""

import pytest

from ohmstead.rooms.people.user_groups import user_groups
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/resources/user-groups/v1.0"
USERS = "/resources/users/v1.0"


@pytest.fixture(autouse=True)
async def partners(given: Given) -> None:
    """7 and 8."""
    for number in (7, 8):
        await given.partner_of_id(number)


class TestUserGroups(ResourceContract):
    resource = user_groups
    create = {"name": "Staff", "description": "Those who work here", "externalId": "hr-1"}
    update = {"name": "Employees", "description": None}


async def test_a_group_without_an_external_id_shows_none(given: Given) -> None:
    group = await given.user_group()
    assert "externalId" not in group
    assert (group["description"], group["partnerId"]) == (None, None)


async def test_a_group_changes_hands_only_while_it_is_empty(api: Client, given: Given) -> None:
    group = await given.user_group(partnerId=7)
    path = f"{PATH}/{group['id']}"
    assert (await api.patch(path, {"name": "x", "partnerId": 8})).data["partnerId"] == 8
    user = await given.user(userGroupIds=[group["id"]])
    assert (await api.patch(path, {"name": "x", "partnerId": 7})).body["errors"].keys() == {"partnerId"}
    assert (await api.patch(path, {"name": "Same", "partnerId": 8})).status == 200
    await api.patch(f"{USERS}/{user['id']}", {"userGroupIds": []})
    assert (await api.patch(path, {"name": "x", "partnerId": None})).data["partnerId"] is None


async def test_a_deleted_user_keeps_no_group(api: Client, given: Given) -> None:
    group = await given.user_group(partnerId=7)
    user = await given.user(userGroupIds=[group["id"]])
    await api.delete(f"{USERS}/{user['id']}")
    assert (await api.patch(f"{PATH}/{group['id']}", {"name": "x", "partnerId": 8})).status == 200


async def test_a_user_is_in_a_group_once(api: Client, given: Given) -> None:
    group, other = (await given.user_group())["id"], (await given.user_group())["id"]
    user = await given.user(userGroupIds=[other, group, other])
    assert user["userGroupIds"] == [other, group]
    answer = await api.patch(f"{USERS}/{user['id']}", {"userGroupIds": [group, 999_999]})
    assert answer.body["errors"].keys() == {"userGroupIds.1"}


async def test_memberships_end_with_their_group(api: Client, given: Given) -> None:
    group, other = (await given.user_group())["id"], (await given.user_group())["id"]
    user = await given.user(userGroupIds=[group, other])
    assert (await api.delete(f"{PATH}/{group}")).status == 204
    assert (await api.get(f"{USERS}/{user['id']}")).data["userGroupIds"] == [other]


async def test_a_group_for_which_a_location_is_open_stays(api: Client, given: Given) -> None:
    group = (await given.user_group())["id"]
    hours = {"isAlwaysOpen": False, "hours": {}, "alwaysOpenForUserGroupIds": [group]}
    here = await given.location(workingHours=hours)
    answer = await api.delete(f"{PATH}/{group}")
    assert answer.status == 409
    assert answer.body["message"] == "The user group is named by the working hours of a location."
    path = f"/resources/locations/v2.0/{here['id']}"
    wrong = {"workingHours": {"alwaysOpenForUserGroupIds": [group, 999_999]}}
    assert (await api.patch(path, wrong)).body["errors"].keys() == {"workingHours.alwaysOpenForUserGroupIds.1"}
    await api.patch(path, {"workingHours": {"alwaysOpenForUserGroupIds": None}})
    assert (await api.delete(f"{PATH}/{group}")).status == 204


@pytest.mark.parametrize(
    ("query", "found"),
    [("filter[noPartner]=true", "ours"), ("filter[noPartner]=false", "theirs"), ("filter[partnerId]=7", "theirs")],
)
async def test_filters(api: Client, given: Given, query: str, found: str) -> None:
    await given.user_group(name="ours")
    await given.user_group(name="theirs", partnerId=7)
    assert [row["name"] for row in (await api.get(PATH, query)).data] == [found]


async def test_a_partner_groups_its_own_users(api: Client, given: Given) -> None:
    ours = (await given.user_group())["id"]
    partner = await given.client("*", partner_id=7)
    try:
        assert (await partner.post(PATH, {"name": "Fleet", "partnerId": 8})).body["errors"].keys() == {"partnerId"}
        theirs = (await partner.post(PATH, {"name": "Fleet"})).data
        assert theirs["partnerId"] == 7
        body = {"email": "own@example.org", "password": "long enough"}
        assert (await partner.post(USERS, body | {"userGroupIds": [ours]})).body["errors"].keys() == {"userGroupIds.0"}
        assert (await partner.post(USERS, body | {"userGroupIds": [theirs["id"]]})).status == 201
    finally:
        await partner.close()


async def test_a_partner_with_groups_stays(api: Client, given: Given) -> None:
    partner = f"/resources/partners/v2.0/{(made := await given.partner())['id']}"
    group = await given.user_group(partnerId=made["id"])
    answer = await api.delete(partner)
    assert (answer.status, answer.body["message"]) == (409, "User groups still belong to the partner.")
    await api.delete(f"{PATH}/{group['id']}")
    assert (await api.delete(partner)).status == 204
