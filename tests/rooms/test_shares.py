"""Personal charge points: shares with users, claims by PIN and code, and what becomes of them with the owner."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.kit.versions import Version
from ohmstead.rooms.network.charge_points.claims import claim_refusal
from ohmstead.rooms.network.charge_points.shares import shares
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import Gateway, site

POINTS = "/resources/charge-points/v2.0"
ACTIONS = "/actions/charge-point"
CLAIM = "/internal/charge-points/v1.0/claim"
USE = "/internal/charge-points/v1.0/use-sharing-code"


class TestShares(ResourceContract):
    resource = shares

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {"userId": int((await given.user())["id"])}

    async def base(self, given: Given, version: Version) -> str:
        made = await given.charge_point(type="personal", pin="1234")
        return f"{POINTS}/{made['id']}/shares"


class Home:
    """A personal charge point with an owner, a guest and a sharing code."""

    def __init__(self, given: Given, made: dict[str, Any], owner: int, guest: int) -> None:
        self.given, self.api, self.id, self.owner, self.guest = given, given.api, made["id"], owner, guest
        self.network_id = made["network"]["id"]

    async def shared_with(self) -> list[int]:
        return [one["userId"] for one in (await self.api.get(f"{POINTS}/{self.id}/shares")).data]

    async def shown(self) -> dict[str, Any]:
        return (await self.api.get(f"{POINTS}/{self.id}")).data

    async def claim(self, user: int, pin: str = "1234", **fields: Any) -> Any:
        return await self.api.post(CLAIM, {"userId": user, "networkId": self.network_id, "pin": pin} | fields)


async def user(given: Given) -> int:
    return int((await given.user())["id"])


@pytest.fixture
async def home(given: Given) -> Home:
    owner, guest = await user(given), await user(given)
    made = await given.charge_point(type="personal", pin="1234", user={"id": owner}, sharingCode="BLUE")
    await given.made(f"{POINTS}/{made['id']}/shares", {"userId": guest})
    return Home(given, made, owner, guest)


async def test_a_share_tells_with_whom_and_since_when(home: Home) -> None:
    [share] = (await home.api.get(f"{POINTS}/{home.id}/shares")).data
    assert share.keys() == {"id", "userId", "sharedOn"}
    assert share["userId"] == home.guest


async def test_only_a_personal_one_is_shared_and_with_others_than_its_owner(home: Home) -> None:
    public = await home.given.charge_point()
    for point, whom in ((public["id"], home.guest), (home.id, home.owner), (home.id, home.guest)):
        answer = await home.api.post(f"{POINTS}/{point}/shares", {"userId": whom})
        assert (answer.status, list(answer.body["errors"])) == (422, ["userId"])
    assert await home.shared_with() == [home.guest]


async def test_the_guests_of_an_owner_go_with_him(home: Home) -> None:
    heir = await user(home.given)
    await home.api.post(f"{ACTIONS}/v1.0/{home.id}/change-owner", {"userId": home.owner})
    assert await home.shared_with() == [home.guest]
    await home.api.post(f"{ACTIONS}/v1.0/{home.id}/change-owner", {"userId": heir})
    assert (await home.shared_with(), "sharingCode" in await home.shown()) == ([], False)


@pytest.mark.parametrize("change", ["owner", "none", "type", "deleted"])
async def test_they_go_however_he_goes(home: Home, change: str) -> None:
    path = f"{POINTS}/{home.id}"
    place = (await home.given.location())["id"]
    body = {"owner": {"user": {"id": await user(home.given)}}, "none": {"user": {"id": None}},
            "type": {"type": "public", "locationId": place}}  # fmt: skip
    if change == "deleted":
        assert (await home.api.delete(f"/resources/users/v1.0/{home.owner}")).status == 204
    else:
        assert (await home.api.patch(path, body[change])).status == 200
    shown = await home.shown()
    assert (await home.shared_with(), "sharingCode" in shown) == ([], False)
    assert change == "owner" or "id" not in shown.get("user", {})


async def test_the_shares_of_a_deleted_guest_end(home: Home) -> None:
    await home.api.delete(f"/resources/users/v1.0/{home.guest}")
    assert await home.shared_with() == []


async def test_what_was_shared_before_stays_with_its_first_owner(api: Client, given: Given) -> None:
    made = await given.charge_point(type="personal", pin="1234", sharingCode="BLUE")
    guest, owner = await user(given), await user(given)
    await given.made(f"{POINTS}/{made['id']}/shares", {"userId": guest})
    home = Home(given, made, owner, guest)
    assert (await home.claim(owner)).status == 202
    assert (await home.shared_with(), (await home.shown())["sharingCode"]) == ([guest], "BLUE")


async def test_a_claim_makes_an_owner(given: Given) -> None:
    made = await given.charge_point(type="personal", pin="1234")
    home = Home(given, made, await user(given), await user(given))
    for _ in range(2):
        answer = await home.claim(home.owner)
        assert (answer.status, answer.body) == (202, {"chargePointId": home.id})
    assert (await home.shown())["user"]["id"] == home.owner
    taken = await home.claim(home.guest)
    assert (taken.status, taken.body["message"]) == (409, "The charge point has an owner already.")
    assert (await home.claim(999)).body["errors"].keys() == {"userId"}
    assert (await home.shown())["user"]["id"] == home.owner


async def test_what_cannot_be_claimed_is_not_told_apart(home: Home) -> None:
    """A wrong PIN, no such charge point, one that is public, one that is disabled."""
    given = home.given
    public = (await given.charge_point(pin="1234"))["network"]["id"]
    disabled = (await given.charge_point(type="personal", pin="1234", status="disabled"))["network"]["id"]
    wrong = [await home.claim(await user(given), "4321")]
    wrong += [await home.claim(await user(given), networkId=name) for name in ("nowhere", public, disabled)]
    assert {(one.status, str(one.body)) for one in wrong} == {(422, str(wrong[0].body))}
    assert list(wrong[0].body["errors"]) == ["pin"]


async def test_a_charge_point_is_not_guessed_at_for_long(home: Home) -> None:
    """By whomever; and after some time again."""
    strangers = [await user(home.given) for _ in range(12)]
    answers = await asyncio.gather(*(home.claim(one, "9999") for one in strangers[:10]))
    assert sorted(one.status for one in answers) == [422] * 5 + [429] * 5
    held = next(one for one in answers if one.status == 429)
    assert 3500 < int(held.headers["Retry-After"]) <= 3600
    assert (await home.claim(home.owner)).status == 429
    async with home.given.system.database.begin() as tx:
        await tx.run(update(claim_refusal).values(created_at=tx.now - timedelta(minutes=61)))
    assert (await home.claim(home.owner)).status == 202


async def test_a_user_does_not_guess_for_long(home: Home) -> None:
    """Neither PINs of many charge points nor codes."""
    stranger = await user(home.given)
    for number in range(5):
        tried = {"userId": stranger, "sharingCode": f"RED{number}"}
        answer = await home.api.post(USE, tried) if number % 2 else await home.claim(stranger, networkId=f"N{number}")
        assert answer.status == 422
    assert (await home.claim(stranger)).status == 429
    assert (await home.api.post(USE, {"userId": stranger, "sharingCode": "BLUE"})).status == 429
    assert stranger not in await home.shared_with()


async def test_a_sharing_code_makes_a_guest(home: Home) -> None:
    friend = await user(home.given)
    for _ in range(2):
        answer = await home.api.post(USE, {"userId": friend, "sharingCode": "BLUE"})
        assert (answer.status, answer.body) == (202, {"chargePointId": home.id})
    assert await home.shared_with() == [home.guest, friend]
    assert (await home.api.post(USE, {"userId": home.owner, "sharingCode": "BLUE"})).status == 409
    wrong = await home.api.post(USE, {"userId": friend, "sharingCode": "RED"})
    assert (wrong.status, list(wrong.body["errors"])) == (422, ["sharingCode"])


async def test_a_partners_token_claims_nothing(home: Home) -> None:
    partner = await home.given.client("*", partner_id=71)
    for path, body in ((CLAIM, {"userId": 1, "networkId": "x", "pin": "1"}), (USE, {"userId": 1, "sharingCode": "x"})):
        assert (await partner.post(path, body)).status == 403
    await partner.close()


async def test_it_is_reserved_for_those_who_may_charge(api: Client, given: Given, gateway: Gateway) -> None:
    owner, stranger = await user(given), await user(given)
    here = await site(given, type="personal", pin="1234", user={"id": owner})
    await api.patch(f"/resources/evses/v2.1/{here.evses[0]}", {"allowsReservation": True})
    path = f"{ACTIONS}/v1.0/{here.id}/reserve/1"
    refused = await api.post(path, {"userId": stranger})
    assert (refused.status, refused.body["errors"]) == (
        422, {"userId": ["The user does not have access to the charge point."]}
    )  # fmt: skip
    assert gateway.commands == []
    assert (await api.post(path, {"userId": owner})).status == 202
