"""What is told of sub-operators, users, partners and invites."""

from typing import Any

from ohmstead.app.system import System
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted, told

USERS, PARTNERS, INVITES = "/resources/users/v1.0", "/resources/partners/v2.0", "/resources/partner-invites/v1.0"
SUB_OPERATORS = "/internal/sub-operators/v1.0"
PERSON = {
    "email": "joerg@example.org", "password": "correct horse", "first_name": "Jörg", "last_name": "Ünal",
    "bankDetails": {"bankIban": "DE89370400440532013000"}, "externalAppData": {"externalCustomerId": "c1"},
}  # fmt: skip


def event(name: str, action: str, bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """The only one of an action."""
    (found,) = [body for body in bodies if (body["notification"], body["action"]) == (name, action)]
    return found


async def test_a_sub_operator_is_made_and_deleted(system: System, given: Given, api: Client) -> None:
    made = await given.made(SUB_OPERATORS, {"name": "North", "partner_ids": []})
    await api.patch(f"{SUB_OPERATORS}/{made['id']}", {"name": "South"})
    await api.delete(f"{SUB_OPERATORS}/{made['id']}")
    bodies = await told(system.database, "SubOperatorChangedNotification")
    assert [(one["subOperator"], one["action"]) for one in bodies] == [
        ({"id": made["id"]}, "created"), ({"id": made["id"]}, "deleted"),
    ]  # fmt: skip
    assert bodies[0] == {
        "notification": "SubOperatorChangedNotification", "subOperator": {"id": made["id"]}, "action": "created",
        "lastUpdatedAt": made["lastUpdatedAt"],
    }  # fmt: skip


async def test_a_user_is_told_as_it_is_read(system: System, given: Given, api: Client) -> None:
    with everything_wanted():
        made = await given.user(**PERSON)
    (body,) = await told(system.database, "UserChangedNotification")
    shown = (await api.get(f"{USERS}/{made['id']}")).data
    assert body == {
        "notification": "UserChangedNotification", "user": shown, "action": "created",
        "lastUpdatedAt": made["lastUpdatedAt"],
    }  # fmt: skip


async def test_each_change_shows_what_it_made_of_the_user(system: System, given: Given, api: Client) -> None:
    with everything_wanted():
        made = await given.user(**PERSON)
        await api.patch(f"{USERS}/{made['id']}", {"first_name": "Jörn"})
        await api.post(f"/actions/users/v1.0/{made['id']}/change-status", {"status": "disabled", "reason": "x"})
    bodies = await told(system.database, "UserChangedNotification")
    seen = [(one["action"], one["user"]["firstName"], one["user"]["status"]) for one in bodies]
    assert seen == [("created", "Jörg", "enabled"), ("updated", "Jörn", "enabled"), ("updated", "Jörn", "disabled")]


async def test_of_a_deleted_user_only_the_id_is_told(system: System, given: Given, api: Client) -> None:
    made = await given.user(**PERSON)
    with everything_wanted():
        assert (await api.delete(f"{USERS}/{made['id']}")).status == 204
    bodies = await told(system.database, "UserChangedNotification")
    assert [(one["user"], one["action"]) for one in bodies] == [
        ({"id": made["id"]}, action) for action in ("created", "deleted", "permanently deleted")
    ]  # fmt: skip


async def test_who_leaves_a_group_that_ends_has_changed(system: System, given: Given, api: Client) -> None:
    group, other = await given.user_group(), await given.user_group()
    one, two, apart = [await given.user(userGroupIds=ids) for ids in ([group["id"], other["id"]], [group["id"]], [])]
    with everything_wanted():
        assert (await api.delete(f"/resources/user-groups/v1.0/{group['id']}")).status == 204
    bodies = await told(system.database, "UserChangedNotification")
    changed = {body["user"]["id"]: body["user"].get("userGroupIds") for body in bodies if body["action"] == "updated"}
    assert changed == {one["id"]: [other["id"]], two["id"]: []}
    assert apart["id"] not in changed


async def test_a_partner_that_was_deleted_is_told_by_what_others_know_it(
    system: System, given: Given, api: Client
) -> None:
    facts = {"name": "Volt AG", "businessName": "Volt", "regNo": "R1", "externalId": "x-1", "country": "AT"}
    with everything_wanted():
        made = await given.partner(**facts)
        await api.patch(f"{PARTNERS}/{made['id']}", {"city": "Graz"})
        assert (await api.delete(f"{PARTNERS}/{made['id']}")).status == 204
    bodies = await told(system.database, "partner.changed")
    at = bodies[0]["lastUpdatedAt"]
    core = {"notification": "partner.changed", "partnerId": made["id"]}
    assert bodies[0] == core | {"action": "created", "lastUpdatedAt": at}
    assert bodies[1] == core | {"action": "updated", "lastUpdatedAt": bodies[1]["lastUpdatedAt"]}
    assert bodies[2] == core | {
        "action": "deleted", "lastUpdatedAt": bodies[2]["lastUpdatedAt"], "externalId": "x-1",
        "companyName": "Volt AG", "businessName": "Volt", "regNo": "R1", "country": "AT",
    }  # fmt: skip


async def test_the_older_event_of_partners_is_told_beside(system: System, given: Given, api: Client) -> None:
    made = await given.partner()
    await api.patch(f"{PARTNERS}/{made['id']}", {"city": "Graz"})
    await api.delete(f"{PARTNERS}/{made['id']}")
    who = {"notification": "PartnerChangedNotification", "user": {"id": str(made["id"])}}
    assert await told(system.database, "PartnerChangedNotification") == [
        who | {"action": "created"}, who | {"action": "deleted"},
    ]  # fmt: skip


async def test_an_invite_is_told_from_its_making_to_its_end(system: System, given: Given, api: Client) -> None:
    partner, user = await given.partner(), await given.user()
    allows = {"allowCorporateAccountBilling": True, "limitCorporateAccountBillingToPartnerChargePoints": False}
    with everything_wanted():
        body = {"partnerId": partner["id"], "email": "guest@example.org", "options": allows}
        made = await given.made(INVITES, body)
        link = {"token": made["acceptUrl"].rsplit("/", 1)[1], "userId": int(user["id"])}
        assert (await api.post("/internal/partner-invites/v1.0/accept", link)).status == 200
        assert (await api.delete(f"{INVITES}/{made['id']}")).status == 204
    bodies = await told(system.database, "partnerInvite.changed")
    common = {"notification": "partnerInvite.changed", "partnerInviteId": made["id"], "email": "guest@example.org"}
    common |= allows | {"allowAccessToPrivateChargePoints": False}
    of, moments = int(user["id"]), [one.pop("lastUpdatedAt") for one in bodies]
    assert bodies == [
        common | {"userId": None, "action": "created"},
        common | {"userId": of, "action": "updated"},
        common | {"userId": of, "action": "deleted"},
    ]
    assert moments == sorted(moments)


async def test_the_invites_of_a_deleted_partner_end(system: System, given: Given, api: Client) -> None:
    partner = await given.partner()
    made = [
        await given.made(INVITES, {"partnerId": partner["id"], "email": f"{who}@example.org"}) for who in ("a", "b")
    ]
    with everything_wanted():
        assert (await api.delete(f"{PARTNERS}/{partner['id']}")).status == 204
    bodies = [one for one in await told(system.database, "partnerInvite.changed") if one["action"] == "deleted"]
    assert {(one["partnerInviteId"], one["email"]) for one in bodies} == {(one["id"], one["email"]) for one in made}


async def test_the_invite_of_a_deleted_user_ends_without_the_address(system: System, given: Given, api: Client) -> None:
    partner, user = await given.partner(), await given.user(**PERSON)
    made = await given.made(INVITES, {"partnerId": partner["id"], "email": PERSON["email"]})
    with everything_wanted():
        assert (await api.delete(f"{USERS}/{user['id']}")).status == 204
    ended = event("partnerInvite.changed", "deleted", await told(system.database))
    assert (ended["partnerInviteId"], ended["email"]) == (made["id"], None)
