"""RFID tags: the rows of ID tags as an older version shows them."""

import itertools
from typing import Any

import pytest

from ohmstead.kit.versions import Version
from ohmstead.rooms.charging.rfid_tags import rfid_tags
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

_number = itertools.count(1)
PATH, NEWER = "/resources/rfid-tags/v1.0", "/resources/id-tags/v2.0"


class TestRfidTags(ResourceContract):
    resource = rfid_tags
    update = {"rfidTagUid": "CHANGED", "status": "suspended", "rfidLabel": None, "expireAt": "2031-01-01"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {
            "rfidTagUid": f"04aB{next(_number):06}",
            "rfidLabel": "Blue card",
            "expireAt": "2030-01-01",
            "status": "enabled",
            "userId": int((await given.user())["id"]),
        }


async def test_it_is_an_id_tag(api: Client, given: Given) -> None:
    made = await given.made(PATH, {"rfidTagUid": "OLD1", "status": "enabled", "expireAt": "2030-01-02"})
    newer = (await api.get(f"{NEWER}/{made['id']}")).data
    assert (newer["idTagUid"], newer["type"], newer["expireAt"]) == ("OLD1", "rfid", "2030-01-02T00:00:00+00:00")
    tag = await given.id_tag(type="mac_address", expireAt="2030-01-02T15:00:00+02:00", externalId="x1")
    shown = (await api.get(f"{PATH}/{tag['id']}")).data
    assert (shown["rfidTagUid"], shown["expireAt"]) == (tag["idTagUid"], "2030-01-02")


async def test_what_is_given_back_as_it_was_shown_leaves_the_rest(api: Client, given: Given) -> None:
    tag = await given.id_tag(
        type="mac_address", expireAt="2030-01-02T15:00:00Z", externalId="x1", vehicleType="company_car"
    )
    path = f"{PATH}/{tag['id']}"
    assert (await api.patch(path, (await api.get(path)).data)).status == 200
    after = (await api.get(f"{NEWER}/{tag['id']}")).data
    assert after | {"lastUpdatedAt": ""} == tag | {"lastUpdatedAt": ""}
    body = {"rfidTagUid": tag["idTagUid"], "status": "enabled", "expireAt": "2030-01-03"}
    assert (await api.patch(path, body)).data["expireAt"] == "2030-01-03"
    assert (await api.patch(path, body | {"expireAt": None})).data["expireAt"] is None


async def test_a_uid_is_there_once_in_both_versions(api: Client, given: Given) -> None:
    await given.id_tag(idTagUid="04AbCd")
    answer = await api.post(PATH, {"rfidTagUid": "04aBcD", "status": "enabled"})
    assert (answer.status, list(answer.body["errors"])) == (422, ["rfidTagUid"])


@pytest.mark.parametrize("odd", [{"rfidTagUid": ""}, {"rfidLabel": "x" * 256}, {"expireAt": "never"}, {"userId": 999}])
async def test_what_is_wrong_is_named_by_its_older_name(api: Client, odd: dict[str, Any]) -> None:
    answer = await api.post(PATH, {"rfidTagUid": "A", "status": "enabled"} | odd)
    assert (answer.status, list(answer.body["errors"])) == (422, list(odd))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[rfidTagUid]=first", ["FIRST"]),
        ("filter[rfidLabel]=Blue", ["FIRST"]),
        ("filter[userId]=1", ["FIRST"]),
        ("filter[status]=active", ["FIRST"]),
        ("filter[status]=disabled", ["SECOND"]),
        ("filter[type]=mac_address", ["SECOND"]),
        ("filter[expireAt]=2030-06-01T00:00:00Z", ["SECOND"]),
    ],
)
async def test_filters(api: Client, given: Given, query: str, found: list[str]) -> None:
    user = int((await given.user())["id"])
    await given.id_tag(idTagUid="FIRST", idLabel="Blue", userId=user, expireAt="2030-01-01T00:00:00Z")
    await given.id_tag(idTagUid="SECOND", status="disabled", type="mac_address", expireAt="2031-01-01T00:00:00Z")
    assert [row["rfidTagUid"] for row in (await api.get(PATH, query)).data] == found
    assert (await api.get(PATH, "filter[status]=enabled")).status == 422
