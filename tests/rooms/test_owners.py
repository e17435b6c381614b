"""The owner of a personal charge point and the code it is shared by."""

from typing import Any

import pytest

from tests.client import Client
from tests.given import Given

PATH = "/actions/charge-point"


@pytest.fixture
async def home(given: Given) -> int:
    return (await given.charge_point(type="personal", pin="1234"))["id"]


async def shown(api: Client, key: int) -> Any:
    return (await api.get(f"/resources/charge-points/v2.0/{key}")).data


async def test_a_charge_point_changes_hands(api: Client, given: Given, home: int) -> None:
    path = f"{PATH}/v1.0/{home}/change-owner"
    for _ in range(2):
        owner = int((await given.user())["id"])
        assert (await api.post(path, {"userId": owner})).status == 202
        assert (await shown(api, home))["user"]["id"] == owner
    answer = await api.post(path, {"userId": 999})
    assert (answer.status, list(answer.body["errors"])) == (422, ["userId"])
    assert (await shown(api, home))["user"]["id"] == owner
    for nobody in (None, {}, {"userId": None}):
        assert (await api.post(path, nobody)).status == 202
        assert "id" not in (await shown(api, home))["user"]
    assert (await api.post(f"{PATH}/v1.0/999/change-owner")).status == 404


async def test_the_sharing_code_changes(api: Client, given: Given, home: int) -> None:
    path = f"{PATH}/v2.0/{home}/change-sharing-code"
    assert (await api.post(path, {"sharingCode": "BLUE"})).status == 202
    assert (await shown(api, home))["sharingCode"] == "BLUE"
    other = (await given.charge_point(type="personal", pin="1234"))["id"]
    taken = await api.post(f"{PATH}/v2.0/{other}/change-sharing-code", {"sharingCode": "BLUE"})
    assert (taken.status, list(taken.body["errors"])) == (422, ["sharingCode"])
    for nothing in ({"sharingCode": ""}, None):
        assert (await api.post(path, nothing)).status == 202
        assert "sharingCode" not in await shown(api, home)
    assert (await api.post(f"{PATH}/v2.0/{other}/change-sharing-code", {"sharingCode": "BLUE"})).status == 202
    assert (await api.post(f"{PATH}/v2.0/999/change-sharing-code")).status == 404


async def test_a_public_one_is_nobodys(api: Client, given: Given) -> None:
    point = (await given.charge_point())["id"]
    user = int((await given.user())["id"])
    for path, body in (
        (f"{PATH}/v1.0/{point}/change-owner", {"userId": user}),
        (f"{PATH}/v2.0/{point}/change-sharing-code", {"sharingCode": "BLUE"}),
    ):
        answer = await api.post(path, body)
        assert (answer.status, "personal" in answer.body["message"]) == (406, True)
