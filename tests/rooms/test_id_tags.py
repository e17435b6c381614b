"""ID tags, whose they are, and how a station's text finds them."""

import itertools
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import update

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.charging.id_tags import IdTagRow, id_tags, resolve
from ohmstead.rooms.charging.tag_case import same
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import later, site

_number = itertools.count(1)
PATH = "/resources/id-tags/v2.0"


class TestIdTags(ResourceContract):
    resource = id_tags
    update = {
        "status": "suspended",
        "idLabel": None,
        "paymentMethodId": None,
        "expireAt": "2031-01-01T00:00:00+00:00",
        "partnerId": None,
    }

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {
            "idTagUid": f"04aB{next(_number):06}",
            "idLabel": "Blue card",
            "expireAt": "2030-01-01T00:00:00+00:00",
            "status": "enabled",
            "type": "rfid",
            "vehicleType": "company_car",
            "paymentMethodId": "auto",
            "userId": int((await given.user())["id"]),
            "externalId": "x1",
        }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("idTagUid", ""),
        ("idTagUid", "x" * 37),
        ("status", "lost"),
        ("type", "emaid"),
        ("vehicleType", "boat"),
        ("paymentMethodId", "cash"),
        ("paymentMethodId", "corporate:"),
        ("userId", 999),
        ("expireAt", "never"),
    ],
)
async def test_what_is_wrong_is_named(api: Client, field: str, value: object) -> None:
    answer = await api.post(PATH, {"idTagUid": "A1", "status": "enabled", "type": "rfid", field: value})
    assert (answer.status, answer.body["errors"].keys()) == (422, {field})


@pytest.mark.parametrize(
    "odd", [{"userId": 10**30}, {"partnerId": 10**30}, {"idTagUid": "a\0b"}, {"idLabel": "a\0b"}], ids=str
)
async def test_what_no_column_holds_is_refused(api: Client, odd: dict[str, Any]) -> None:
    answer = await api.post(PATH, {"idTagUid": "A1", "status": "enabled", "type": "rfid"} | odd)
    assert (answer.status, answer.body["message"]) == (422, "The given data was invalid.")


@pytest.mark.parametrize("query", [f"filter[userId]={10**30}", "filter[idLabel]=a%00b"])
async def test_what_no_column_holds_is_found_nowhere(api: Client, query: str) -> None:
    assert (await api.get(PATH, query)).status == 422


async def test_ways_to_pay(given: Given) -> None:
    user = int((await given.user())["id"])
    card, account = await given.payment_method(user), await given.corporate_account(12, user)
    for payment in (card, account, "auto", None):
        assert (await given.id_tag(userId=user, paymentMethodId=payment))["paymentMethodId"] == payment


async def test_a_tag_names_what_its_user_has(api: Client, given: Given, system: System) -> None:
    user, other = int((await given.user())["id"]), int((await given.user())["id"])
    card, theirs = await given.payment_method(user), await given.payment_method(other)
    body = {"idTagUid": "04AA", "status": "enabled", "type": "rfid", "userId": user}
    for wrong in ({"paymentMethodId": theirs}, {"paymentMethodId": "corporate:9"}, {"userId": None}):
        answer = await api.post(PATH, body | {"paymentMethodId": card} | wrong)
        assert (answer.status, list(answer.body["errors"])) == (422, ["paymentMethodId"])
    tag = await given.id_tag(userId=user, paymentMethodId=card)
    path = f"{PATH}/{tag['id']}"
    assert (await api.patch(path, {"paymentMethodId": theirs})).status == 422
    assert (await api.patch(path, {"userId": other, "paymentMethodId": card})).status == 422
    async with system.database.begin() as tx:
        await tx.run(update(payment_method).values(exp_year=2020))
    assert (await api.patch(path, {"paymentMethodId": card, "idLabel": "x"})).data["paymentMethodId"] == card
    assert (await api.patch(path, {"userId": other})).data["paymentMethodId"] == "auto"
    assert (await api.patch(path, {"paymentMethodId": theirs})).status == 422  # it has expired


async def test_a_uid_is_there_once_in_whatever_case(api: Client, given: Given) -> None:
    tag = await given.id_tag(idTagUid="04AbCd")
    assert tag["idTagUid"] == "04AbCd"
    again = {"idTagUid": "04aBcD", "status": "enabled", "type": "rfid"}
    assert (await api.post(PATH, again)).body["errors"].keys() == {"idTagUid"}
    await api.delete(f"{PATH}/{tag['id']}")
    assert (await api.post(PATH, again)).status == 201


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[idTagUid]=first", ["FIRST"]),
        ("filter[idLabel]=Blue", ["FIRST"]),
        ("filter[userId]=1", ["FIRST"]),
        ("filter[status]=disabled", ["SECOND"]),
        ("filter[type]=mac_address", ["SECOND"]),
        ("filter[expireAt]=2030-06-01T00:00:00Z", ["SECOND"]),
        ("filter[partnerId]=7", ["FIRST"]),
        ("filter[partnerId]=null", ["SECOND"]),
        ("filter[lastUpdatedBefore]=2020-01-01T00:00:00Z", []),
        ("filter[lastUpdatedAfter]=2020-01-01T00:00:00Z", ["FIRST", "SECOND"]),
    ],
)
async def test_filters(api: Client, given: Given, query: str, found: list[str]) -> None:
    user = int((await given.user())["id"])
    await given.id_tag(idTagUid="FIRST", idLabel="Blue", userId=user, partnerId=7, expireAt="2030-01-01T00:00:00Z")
    second = {"status": "disabled", "type": "mac_address", "expireAt": "2031-01-01T00:00:00Z"}
    await given.id_tag(idTagUid="SECOND", **second)
    assert [row["idTagUid"] for row in (await api.get(PATH, query)).data] == found


async def test_a_partner_gives_tags_to_its_own_users_only(given: Given) -> None:
    stranger = await given.user()
    partner = await given.client("*", partner_id=7)
    try:
        own = await partner.post("/resources/users/v1.0", {"email": "own@example.org", "password": "long enough"})
        body = {"idTagUid": "P1", "status": "enabled", "type": "rfid"}
        assert (await partner.post(PATH, body | {"userId": int(stranger["id"])})).body["errors"].keys() == {"userId"}
        body["userId"] = int(own.data["id"])
        await given.partner_of_id(8)
        assert (await partner.post(PATH, body | {"partnerId": 8})).body["errors"].keys() == {"partnerId"}
        made = await partner.post(PATH, body)
        assert made.data["partnerId"] == 7
        assert (await partner.patch(f"{PATH}/{made.data['id']}", {"partnerId": 8})).status == 422
        assert (await partner.patch(f"{PATH}/{made.data['id']}", {"partnerId": None})).data["partnerId"] == 7
    finally:
        await partner.close()


async def _resolved(system: System, uid: str) -> IdTagRow | None:
    async with system.database.read() as tx:
        return await resolve(tx, uid)


async def test_a_stations_text_finds_the_tag_and_its_user(api: Client, given: Given, system: System) -> None:
    group = (await given.user_group())["id"]
    user = await given.user(userGroupIds=[group])
    tag = await given.id_tag(idTagUid="04AbCd", userId=int(user["id"]), expireAt="2030-01-01T00:00:00Z")
    row = await _resolved(system, "04ABCD")
    assert row is not None
    assert (row.id, row.id_tag_uid, row.status, row.type) == (tag["id"], "04AbCd", "enabled", "rfid")
    assert row.expire_at == datetime(2030, 1, 1, tzinfo=UTC)
    assert (row.user_id, row.user_status, row.user_group_ids) == (int(user["id"]), "enabled", [group])
    assert (row.sessions_allowed, row.payment_method_id, row.partner_id) == ("single_session", None, None)
    assert await _resolved(system, "04ABC") is None
    await api.delete(f"{PATH}/{tag['id']}")
    assert await _resolved(system, "04ABCD") is None


async def test_the_tags_of_a_deleted_user_open_nothing(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    tag = await given.id_tag(userId=int(user["id"]))
    assert (await api.delete(f"/resources/users/v1.0/{user['id']}")).status == 204
    assert (await api.get(f"{PATH}/{tag['id']}")).status == 404
    assert await _resolved(system, tag["idTagUid"]) is None
    assert (await given.id_tag(idTagUid=tag["idTagUid"]))["userId"] is None  # the card is ready for somebody else


@pytest.mark.parametrize(("one", "other"), [("TAGıX", "TAGIX"), ("ſ1", "S1"), ("µ7", "Μ7"), ("äb", "ÄB")])
async def test_letters_beyond_ascii_have_no_case(
    api: Client, given: Given, system: System, one: str, other: str
) -> None:
    """Else whoever may write tags makes one that another's card opens."""
    tags = [await given.id_tag(idTagUid=uid, userId=int((await given.user())["id"])) for uid in (one, other)]
    for uid, tag in zip((one, other), tags, strict=True):
        row = await _resolved(system, uid)
        assert row is not None
        assert row.id == tag["id"]
        assert [found["id"] for found in (await api.get(PATH, f"filter[idTagUid]={quote(uid)}")).data] == [tag["id"]]
    assert not same(one, other)
    assert same(one + "ab", one + "AB")
    here = await site(given, evses=2)
    await here.starts(one)
    await here.stops(-1, later(5), 2000, id_tag=other)  # another's card ends nothing
    assert sorted(row["status"] for row in await here.sessions()) == ["active", "finished"]
    found = (await api.get("/resources/sessions/v1.0", f"filter[idTag]={quote(one)}")).data
    assert [row["status"] for row in found] == ["active"]
