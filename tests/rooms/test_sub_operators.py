"""Sub-operators, and the tokens that are bound to one: they see and change what is of any of their partners."""

from collections.abc import AsyncIterator

import pytest

from ohmstead.rooms.operator.sub_operators import sub_operators
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

PATH = "/internal/sub-operators/v1.0"
POINTS, TAGS, USERS = "/resources/charge-points/v2.0", "/resources/id-tags/v2.0", "/resources/users/v1.0"


class TestSubOperators(ResourceContract):
    resource = sub_operators
    create = {"name": "West", "partner_ids": []}
    update = {"name": "East"}


@pytest.fixture
async def client(given: Given) -> AsyncIterator[Client]:
    """Of the sub-operator of partners 71 and 72."""
    for number in (71, 72, 73):
        await given.partner_of_id(number)
    made = await given.made(PATH, {"name": "West", "partner_ids": [71, 72]})
    found = await given.client("*", sub_operator_id=made["id"])
    yield found
    await found.close()


async def test_it_sees_what_is_of_its_partners(given: Given, client: Client) -> None:
    one, two, other = [await given.charge_point(partner={"id": number}) for number in (71, 72, 73)]
    operators = await given.charge_point()
    assert [row["id"] for row in (await client.get(POINTS)).data] == [one["id"], two["id"]]
    for row, status in ((one, 200), (other, 404), (operators, 404)):
        assert (await client.get(f"{POINTS}/{row['id']}")).status == status
    outlet = await given.evse(two)
    assert (await client.get(f"{POINTS}/{two['id']}/evses/{outlet['id']}")).status == 200
    places = (await client.get("/resources/locations/v2.0")).data
    assert [place["id"] for place in places] == [one["locationId"], two["locationId"]]
    old = (await client.get("/resources/locations/v1.0")).data
    assert [place["public_charge_points_ids"] for place in old] == [[one["id"]], [two["id"]]]


async def test_it_says_whose_rows_it_makes(given: Given, client: Client) -> None:
    body = {"idTagUid": "A", "status": "enabled", "type": "rfid"}
    refused = await client.post(TAGS, body)
    assert refused.status == 422
    assert list(refused.body["errors"]) == ["partnerId"]
    assert (await client.post(TAGS, body | {"partnerId": 73})).status == 422
    made = (await client.post(TAGS, body | {"partnerId": 72})).data
    assert made["partnerId"] == 72
    assert (await client.patch(f"{TAGS}/{made['id']}", {"partnerId": 73})).status == 422
    assert (await client.patch(f"{TAGS}/{made['id']}", {"partnerId": 71})).data["partnerId"] == 71
    assert (await client.delete(f"{TAGS}/{made['id']}")).status == 204


async def test_its_charge_points_and_sessions_are_filtered_by_it(api: Client, given: Given, client: Client) -> None:
    two = await given.charge_point(partner={"id": 72})
    await given.charge_point(partner={"id": 73})
    number = (await api.get("/resources/sub-operators/v1.0")).data[0]["id"]
    assert [row["id"] for row in (await api.get(POINTS, f"filter[subOperatorId]={number}")).data] == [two["id"]]
    assert (await api.get("/resources/sessions/v1.0", f"filter[subOperatorId]={number}")).data == []


async def test_one_of_a_single_partner_need_not_say_whose(given: Given) -> None:
    made = await given.made(PATH, {"name": "South", "partner_ids": [await given.partner_of_id(71)]})
    alone = await given.client("*", sub_operator_id=made["id"])
    tag = await alone.post(TAGS, {"idTagUid": "A", "status": "enabled", "type": "rfid"})
    assert tag.data["partnerId"] == 71
    assert (await alone.post(USERS, {"email": "s@example.org", "password": "secret-1"})).status == 201
    await alone.close()


async def test_its_partners_exist(api: Client) -> None:
    answer = await api.post(PATH, {"name": "West", "partner_ids": [5]})
    assert answer.status == 422
    assert list(answer.body["errors"]) == ["partner_ids.0"]


async def test_one_without_partners_sees_nothing_and_one_with_tokens_stays(api: Client, given: Given) -> None:
    await given.charge_point()
    made = await given.made(PATH, {"name": "Empty", "partner_ids": []})
    nobody = await given.client("*", sub_operator_id=made["id"])
    assert (await nobody.get(POINTS)).data == []
    assert (await nobody.get("/resources/sub-operators/v1.0")).status == 403
    assert (await api.delete(f"{PATH}/{made['id']}")).status == 409
    await nobody.close()
