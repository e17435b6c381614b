"""Partner invites: what they say, how one is accepted, and what its user then may."""

from typing import Any

import aiohttp
import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.rooms.operator.mail.delivery import MailDelivery
from ohmstead.rooms.operator.mail.table import email_message
from ohmstead.rooms.people.partner_invites import partner_invites
from ohmstead.rooms.people.partner_users import PartnerRights, partners_of
from tests.client import Answer, Client
from tests.contract import PartnersGiven, ResourceContract
from tests.given import Given

PATH = "/resources/partner-invites/v1.0"
ACCEPT = "/internal/partner-invites/v1.0/accept"
ALL = {
    "allowCorporateAccountBilling": True,
    "limitCorporateAccountBillingToPartnerChargePoints": False,
    "allowAccessToPrivateChargePoints": True,
}
NONE = dict.fromkeys(ALL, False)


@pytest.fixture(autouse=True)
async def partners(given: Given) -> None:
    """7 and 8."""
    for number in (7, 8):
        await given.partner_of_id(number)


class TestPartnerInvites(ResourceContract):
    resource = partner_invites
    update = {"options": NONE}

    async def body(self, given: Given, version: Any) -> dict[str, Any]:
        if isinstance(given, PartnersGiven):
            [partner] = (await given.theirs.get("/resources/partners/v2.0")).data
        else:
            partner = await given.partner()
        return {"partnerId": partner["id"], "email": "new@example.org", "language": "de", "options": ALL}


def token_of(invite: dict[str, Any]) -> str:
    return invite["acceptUrl"].rpartition("/")[2]


async def accepted(api: Client, invite: dict[str, Any], user: dict[str, Any]) -> Answer:
    return await api.post(ACCEPT, {"token": token_of(invite), "userId": int(user["id"])})


async def rights(given: Given, user: dict[str, Any]) -> list[PartnerRights]:
    async with given.system.database.read() as tx:
        return list((await partners_of(tx, int(user["id"]))).values())


async def test_an_invite_allows_nothing_that_it_does_not_say(api: Client, given: Given) -> None:
    invite = await given.made(PATH, {"partnerId": 7, "sendViaEmail": False})
    assert (invite["status"], invite["options"], invite["email"]) == ("pending", NONE, None)
    assert "language" not in invite
    options = {"allowAccessToPrivateChargePoints": True}
    changed = await api.patch(f"{PATH}/{invite['id']}", {"options": options})
    assert changed.data["options"] == NONE | options
    assert (await api.patch(f"{PATH}/{invite['id']}", {"options": {}})).data["options"] == NONE | options


async def test_each_link_is_its_own_and_stays(api: Client, given: Given) -> None:
    one, other = [await given.made(PATH, {"partnerId": 7, "sendViaEmail": False}) for _ in range(2)]
    assert token_of(one) != token_of(other)
    assert len(token_of(one)) >= 40
    assert one["acceptUrl"].startswith(api.base.partition("/public-api")[0] + "/partner-invites/")
    assert (await api.get(f"{PATH}/{one['id']}")).data["acceptUrl"] == one["acceptUrl"]


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"email"}),
        ({"sendViaEmail": True, "email": None}, {"email"}),
        ({"email": "nobody"}, {"email"}),
        ({"sendViaEmail": False, "email": "new@example.org"}, {"email"}),
        ({"sendViaEmail": False, "email": "new@example.org", "language": "de"}, {"email", "language"}),
        ({"email": "new@example.org", "language": "in German"}, {"language"}),
        (
            {"email": "new@example.org", "options": {"allowCorporateAccountBilling": True}},
            {"options.limitCorporateAccountBillingToPartnerChargePoints"},
        ),
    ],
)
async def test_what_is_wrong_is_named(api: Client, body: dict[str, Any], fields: set[str]) -> None:
    answer = await api.post(PATH, {"partnerId": 7} | body)
    assert (answer.status, answer.body["errors"].keys()) == (422, fields)


async def test_nothing_but_options_and_partner_changes(api: Client, given: Given) -> None:
    invite = await given.made(PATH, {"partnerId": 7, "email": "new@example.org"})
    changed = await api.patch(f"{PATH}/{invite['id']}", {"partnerId": 8, "email": "other@example.org"})
    assert (changed.data["partnerId"], changed.data["email"]) == (8, "new@example.org")


async def test_who_accepts_is_one_of_the_partners_users(api: Client, given: Given) -> None:
    invite, user = await given.made(PATH, {"partnerId": 7, "sendViaEmail": False, "options": ALL}), await given.user()
    assert await rights(given, user) == []
    answer = await accepted(api, invite, user)
    assert answer.status == 200
    assert (answer.body["id"], answer.body["partnerId"], answer.body["userId"]) == (invite["id"], 7, int(user["id"]))
    shown = (await api.get(f"{PATH}/{invite['id']}")).data
    assert (shown["status"], shown["userId"], shown["acceptUrl"]) == ("accepted", int(user["id"]), None)
    assert shown["acceptedAt"] == answer.body["acceptedAt"]
    assert await rights(given, user) == [PartnerRights(7, True, False, True)]
    assert (await api.patch(f"{PATH}/{invite['id']}", {"partnerId": 8})).body["errors"].keys() == {"partnerId"}
    await api.patch(f"{PATH}/{invite['id']}", {"options": {"allowAccessToPrivateChargePoints": False}})
    assert await rights(given, user) == [PartnerRights(7, True, False, False)]
    await api.delete(f"{PATH}/{invite['id']}")
    assert await rights(given, user) == []


async def test_a_link_is_good_for_one(api: Client, given: Given) -> None:
    invite = await given.made(PATH, {"partnerId": 7, "sendViaEmail": False})
    assert (await accepted(api, invite, await given.user())).status == 200
    assert (await accepted(api, invite, await given.user())).body["errors"].keys() == {"token"}
    gone = await given.made(PATH, {"partnerId": 7, "sendViaEmail": False})
    await api.delete(f"{PATH}/{gone['id']}")
    assert (await accepted(api, gone, await given.user())).body["errors"].keys() == {"token"}
    answer = await api.post(ACCEPT, {"token": "x", "userId": 999_999})
    assert answer.body["errors"].keys() == {"userId"}


async def test_a_link_says_who_invites(api: Client, given: Given) -> None:
    partner = await given.partner(name="Volt Ltd", businessName="Volt & Söhne")
    invite = await given.made(PATH, {"partnerId": partner["id"], "sendViaEmail": False})

    async def shown() -> tuple[int, str]:
        async with aiohttp.ClientSession() as http, http.get(invite["acceptUrl"]) as answer:
            return answer.status, await answer.text()

    status, told = await shown()
    assert (status, told.partition(" invites you")[0]) == (200, "Volt & Söhne")
    await accepted(api, invite, await given.user())
    assert (await shown())[0] == 404


async def test_a_user_is_a_partners_once(api: Client, given: Given) -> None:
    one, other, elsewhere = [
        await given.made(PATH, {"partnerId": partner, "sendViaEmail": False}) for partner in (7, 7, 8)
    ]
    user = await given.user()
    answers = [(await accepted(api, invite, user)).status for invite in (one, other, elsewhere)]
    assert answers == [200, 409, 200]
    assert [one.partner_id for one in await rights(given, user)] == [7, 8]
    assert (await accepted(api, other, await given.user())).status == 200  # and still good for somebody else


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[partnerId]=8", {"waiting"}),
        ("filter[status]=pending", {"waiting"}),
        ("filter[status]=sent", set()),
        ("filter[userId]={user}", {"accepted"}),
        ("filter[inviteEmail]=WAITING@example.org", {"waiting"}),
        ("filter[acceptedAfter]=2020-01-01", {"accepted"}),
        ("filter[acceptedBefore]=2020-01-01", set()),
        ("filter[createdFrom]=2020-01-01", {"waiting", "accepted"}),
        ("filter[createdTo]=2020-01-01", set()),
    ],
)
async def test_filters(api: Client, given: Given, query: str, found: set[str]) -> None:
    user = await given.user()
    await given.made(PATH, {"partnerId": 8, "email": "waiting@example.org"})
    await accepted(api, await given.made(PATH, {"partnerId": 7, "email": "accepted@example.org"}), user)
    rows = (await api.get(PATH, query.replace("{user}", user["id"]))).data
    assert {row["email"].partition("@")[0] for row in rows} == found


async def test_a_user_is_shown_with_the_invites(api: Client, given: Given) -> None:
    user = await given.user(email="driver@example.org", partnerId=7)
    taken = await given.made(PATH, {"partnerId": 7, "sendViaEmail": False})
    waits = await given.made(PATH, {"partnerId": 8, "email": "Driver@example.org"})
    await given.made(PATH, {"partnerId": 8, "email": "somebody@example.org"})
    await accepted(api, taken, user)
    shown = (await api.get(f"/resources/users/v1.0/{user['id']}", "include[]=partnerInvites")).data["partnerInvites"]
    assert shown == [(await api.get(f"{PATH}/{one['id']}")).data for one in (taken, waits)]


async def test_a_partner_invites_for_itself(api: Client, given: Given) -> None:
    foreign = await given.made(PATH, {"partnerId": 8, "sendViaEmail": False})
    partner = await given.client("*", partner_id=7)
    try:
        wrong = await partner.post(PATH, {"partnerId": 8, "sendViaEmail": False})
        assert wrong.body["errors"].keys() == {"partnerId"}
        own = await partner.post(PATH, {"partnerId": 7, "sendViaEmail": False})
        assert [row["id"] for row in (await partner.get(PATH)).data] == [own.data["id"]]
        assert (await partner.get(f"{PATH}/{foreign['id']}")).status == 404
        assert (await accepted(partner, own.data, await given.user())).status == 403
    finally:
        await partner.close()


async def test_the_invites_of_a_deleted_partner_allow_nothing(api: Client, given: Given) -> None:
    partner, user = await given.partner(), await given.user()
    invite = await given.made(PATH, {"partnerId": partner["id"], "sendViaEmail": False, "options": ALL})
    await accepted(api, invite, user)
    assert (await api.delete(f"/resources/partners/v2.0/{partner['id']}")).status == 204
    assert await rights(given, user) == []
    assert (await api.get(f"{PATH}/{invite['id']}")).status == 404


async def delivered(system: System) -> None:
    """What is queued, and what follows from it."""
    delivery = MailDelivery(system.database, system.clock)
    await delivery.start_due()
    await delivery.settled()
    await system.outbox.drain()


@pytest.mark.parametrize(
    ("language", "subject"), [({}, "Volt invites you"), ({"language": "de-AT"}, "Einladung von Volt"),
                              ({"language": "fr"}, "Invitation de Volt"), ({"language": "sv"}, "Volt invites you")],
)  # fmt: skip
async def test_a_link_is_sent_and_then_it_is_known_as_sent(
    api: Client, given: Given, system: System, language: dict[str, str], subject: str
) -> None:
    partner = await given.partner(businessName="Volt")
    invite = await given.made(PATH, {"partnerId": partner["id"], "email": "new@example.org"} | language)
    assert invite["status"] == "pending"
    (email,) = await queued(system)
    assert (email["to"], email["subject"]) == ("new@example.org", subject)
    assert f"\n{invite['acceptUrl']}\n" in email["body"]
    await delivered(system)
    shown = (await api.get(f"{PATH}/{invite['id']}")).data
    assert (shown["status"], shown["acceptUrl"]) == ("sent", invite["acceptUrl"])
    assert (await accepted(api, invite, await given.user())).status == 200


async def queued(system: System) -> list[Any]:
    async with system.database.read() as tx:
        return await tx.all(select(email_message))


async def test_who_accepts_before_it_is_sent_has_accepted(api: Client, given: Given, system: System) -> None:
    invite = await given.made(PATH, {"partnerId": 7, "email": "new@example.org"})
    await accepted(api, invite, await given.user())
    await delivered(system)
    assert (await api.get(f"{PATH}/{invite['id']}")).data["status"] == "accepted"


@pytest.mark.parametrize("gone", ["invite", "partner"])
async def test_what_is_taken_back_is_not_sent(api: Client, given: Given, system: System, gone: str) -> None:
    invite = await given.made(PATH, {"partnerId": (partner := await given.partner())["id"], "email": "new@example.org"})
    path = f"{PATH}/{invite['id']}" if gone == "invite" else f"/resources/partners/v2.0/{partner['id']}"
    assert (await api.delete(path)).status == 204
    assert await queued(system) == []


async def test_what_a_link_alone_is_for_is_not_sent(given: Given, system: System) -> None:
    await given.made(PATH, {"partnerId": 7, "sendViaEmail": False})
    assert await queued(system) == []
