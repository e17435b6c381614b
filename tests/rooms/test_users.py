"""Users: their own names in bodies, passwords, balances, filters, includes and the status action."""

import itertools
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.facts import audit, outbox
from ohmstead.kit.versions import Version
from ohmstead.rooms.operator.admins import api_token
from ohmstead.rooms.people.passwords import fits
from ohmstead.rooms.people.users import ev_user, users
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given

_number = itertools.count(1)
PATH = "/resources/users/v1.0"
BANK = {"bankIban": "AT611904300234573201", "bankName": None}


class TestUsers(ResourceContract):
    resource = users
    update = {
        "phone": "+43 1 234",
        "city": None,
        "requirePasswordReset": True,
        "userGroupIds": [],
        "options": {"sessionsAllowed": "simultaneous_use_of_idtags"},
        "bankDetails": {"bankName": "Bank of Ohm", "bankIban": None},
        "receiveNewsAndPromotions": True,
    }
    ignored = ("password", "first_name", "post_code", "nonce", "externalAppData")

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        number = next(_number)
        return {
            "email": f"driver{number}@example.org",
            "emailVerified": "2026-01-02T03:04:05+00:00",
            "password": "volt ampere",
            "first_name": "Georg",
            "post_code": "8010",
            "city": "Graz",
            "country": "US",
            "state": "CA",
            "locale": "en-GB",
            "userGroupIds": [],
            "externalId": f"x{number}",
            "options": {"sessionsAllowed": "single_session"},
            "bankDetails": BANK,
            "externalAppData": {"externalCustomerId": f"c{number}"},
            "nonce": f"n{number}",
        }


async def test_a_body_has_names_of_its_own(given: Given) -> None:
    names = {"first_name": "Georg", "middle_name": "S.", "last_name": "Ohm", "post_code": "1", "vehicle_no": "G-1"}
    user = await given.user(**names, personal_id="42")
    shown = {"firstName": "Georg", "middleName": "S.", "lastName": "Ohm", "postCode": "1", "vehicleNo": "G-1"}
    assert shown.items() <= user.items()
    assert user["personalId"] == "42"
    assert isinstance(user["id"], str)
    async with given.system.database.read() as tx:
        token = await tx.value(select(api_token.c.id))
    assert (user["status"], user["createdBy"]) == ("enabled", f"token:{token}")


async def test_a_password_is_kept_hashed_and_never_shown(api: Client, given: Given, system: System) -> None:
    user = await given.user(password="ohm's law")
    assert "password" not in user
    await api.patch(f"{PATH}/{user['id']}", {"password": "another one"})
    async with system.database.read() as tx:
        kept = await tx.value(select(ev_user.c.password_hash))
    assert kept.startswith("$argon2id$")
    assert await fits("another one", kept)
    assert not await fits("ohm's law", kept)
    assert not await fits("ohm's law", "no hash at all")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"country": "XY"}, "country"),
        ({"country": "AU", "state": "CA"}, "state"),
        ({"locale": "in English"}, "locale"),
        ({"userGroupIds": ["one"]}, "userGroupIds.0"),
        ({"options": {"sessionsAllowed": "all"}}, "options.sessionsAllowed"),
        ({"emailVerified": "yesterday"}, "emailVerified"),
    ],
)
async def test_what_is_wrong_is_named(api: Client, body: dict[str, Any], field: str) -> None:
    answer = await api.post(PATH, {"email": "a@example.org", "password": "long enough"} | body)
    assert (answer.status, answer.body["errors"].keys()) == (422, {field})


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("o'brien+ev@mail.example.co.uk", 201),
        ("a@xn--mller-kva.de", 201),
        ("a" * 64 + "@example.org", 201),
        ("a" * 65 + "@example.org", 422),
        ("nobody@localhost", 422),
        ("a..b@example.org", 422),
        ("a@example.org*", 422),
        ("a@-example.org", 422),
        ("a@example.org\n", 422),
        ("\u00fc@example.org", 422),
    ],
)
async def test_an_email_is_one_that_mail_reaches(api: Client, address: str, status: int) -> None:
    assert (await api.post(PATH, {"email": address, "password": "long enough"})).status == status


async def test_an_email_is_there_once_until_its_account_is_gone(api: Client, given: Given) -> None:
    user = await given.user(email="Georg@example.org")
    body = {"email": "georg@EXAMPLE.org", "password": "long enough"}
    assert (await api.post(PATH, body)).body["errors"].keys() == {"email"}
    await api.delete(f"{PATH}/{user['id']}")
    assert (await api.post(PATH, body)).status == 201


async def test_a_nonce_makes_one_account(api: Client, given: Given) -> None:
    await given.user(nonce="once")
    again = await api.post(PATH, {"email": "b@example.org", "password": "long enough", "nonce": "once"})
    assert again.body["errors"].keys() == {"nonce"}


async def test_a_country_without_states_forgets_them(api: Client, given: Given) -> None:
    assert (await given.user(country="AT", state="CA"))["state"] is None
    user = await given.user(country="AU", state="NSW")
    assert user["state"] == "NSW"
    assert (await api.patch(f"{PATH}/{user['id']}", {"country": "AT"})).data["state"] is None


async def test_bank_details_change_one_by_one(api: Client, given: Given) -> None:
    user = await given.user(bankDetails=BANK)
    changed = await api.patch(f"{PATH}/{user['id']}", {"bankDetails": {"bankName": "Bank of Ohm"}})
    assert changed.data["bankDetails"] == BANK | {"bankName": "Bank of Ohm"}


async def test_a_balance_is_shown_to_the_operator_alone(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    await given.partner_of_id(7)
    async with system.database.begin() as tx:
        await tx.run(update(ev_user).values(balance=Decimal("-12.30"), partner_id=7))
    assert (await api.get(f"{PATH}/{user['id']}")).data["balance"] == -12.3
    assert "amountDue" not in (await api.get(f"{PATH}/{user['id']}")).data
    assert (await api.get(f"{PATH}/{user['id']}", "withAmountDue=true")).data["amountDue"] == 12.3
    async with system.database.begin() as tx:
        await tx.run(update(ev_user).values(balance=Decimal("12.30")))
    assert (await api.get(f"{PATH}/{user['id']}", "withAmountDue=true")).data["amountDue"] == 0  # a credit owes nothing
    partner = await given.client("*", partner_id=7)
    try:
        assert "balance" not in (await partner.get(f"{PATH}/{user['id']}")).data
        await api.patch("/resources/partners/v2.0/7", {"options": {"addUserBalance": True}})
        assert (await partner.get(f"{PATH}/{user['id']}")).data["balance"] == 12.3
    finally:
        await partner.close()


async def test_a_partner_sees_and_makes_its_own(api: Client, given: Given) -> None:
    stranger = await given.user()
    partner = await given.client("*", partner_id=7)
    try:
        made = await partner.post(PATH, {"email": "own@example.org", "password": "long enough"})
        assert made.data["createdBy"] == "partner:7"
        assert [row["id"] for row in (await partner.get(PATH)).data] == [made.data["id"]]
        assert (await partner.get(f"{PATH}/{stranger['id']}")).status == 404
        assert [row["id"] for row in (await api.get(PATH, "filter[partnerId]=7")).data] == [made.data["id"]]
    finally:
        await partner.close()


async def test_includes_come_when_asked_for(api: Client, given: Given) -> None:
    user = await given.user(externalAppData={"externalCustomerId": "c1"})
    path = f"{PATH}/{user['id']}"
    assert user.keys().isdisjoint({"externalAppData", "partnerInvites"})
    asked = "include[]=externalAppData&include[]=partnerInvites"
    for answer in (await api.get(path, asked), await api.patch(path, {"city": "Graz"}, query=asked)):
        assert answer.data["externalAppData"] == {"externalCustomerId": "c1"}
        assert answer.data["partnerInvites"] == []
    assert (await api.get(PATH, "include=externalAppData")).data[0]["externalAppData"] == {"externalCustomerId": "c1"}
    assert (await api.get(path, "include=password")).status == 422


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("filter[externalAppData.customer.id]=7", "first"),
        ("filter[externalAppData][customer][id]=7", "first"),
        ("filter[externalAppData.customer.id]=7&filter[externalAppData.paid]=true", "first"),
        ("filter[externalAppData.customer.id]=7&filter[externalAppData.paid]=false", ""),
        ("filter[externalAppData.customer.id]=8", "second"),
        ("filter[externalAppData.customer]=8", ""),
        ("filter[externalAppData]=plain", "second"),
        ("filter[externalAppData.note]=say+%22so%22", "second"),
        ("filter[externalAppData.no.such.path]=1", ""),
        ("filter[email]=FIRST@example.org", "first"),
        ("filter[externalId]=x2", "second"),
        ("filter[userGroupId]={group}", "second"),
    ],
)
async def test_filters(api: Client, given: Given, query: str, found: str) -> None:
    await given.user(email="first@example.org", externalAppData={"customer": {"id": "7"}, "paid": True})
    data = {"customer": {"id": 8}, "kind": "plain", "note": 'say "so"'}
    groups = [(await given.user_group())["id"] for _ in range(2)]
    await given.user(email="second@example.org", externalId="x2", externalAppData=data, userGroupIds=groups)
    found_rows = (await api.get(PATH, query.replace("{group}", str(groups[1])))).data
    emails = [row["email"].partition("@")[0] for row in found_rows]
    assert emails == ([found] if found else [])


async def test_a_status_changes_with_a_reason(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    path = f"/actions/users/v1.0/{user['id']}/change-status"
    answer = await api.post(path, {"status": "disabled", "reason": "unpaid"})
    assert (answer.status, answer.body) == (202, None)
    assert (await api.get(f"{PATH}/{user['id']}")).data["status"] == "disabled"
    async with system.database.read() as tx:
        kept = [row["changes"] for row in await tx.all(select(audit.c.changes))]
    assert {"id": int(user["id"]), "status": "disabled", "reason": "unpaid"} in kept
    assert (await api.post(path, {"status": "asleep"})).body["errors"].keys() == {"status", "reason"}
    assert (await api.post(path.replace(user["id"], "999"), {"status": "enabled", "reason": "x"})).status == 404


async def test_what_changes_is_told(api: Client, given: Given, system: System) -> None:
    user = await given.user()
    await api.patch(f"{PATH}/{user['id']}", {"city": "Graz"})
    await api.delete(f"{PATH}/{user['id']}")
    async with system.database.read() as tx:
        told = await tx.all(select(outbox.c.payload).where(outbox.c.topic == "user.changed").order_by(outbox.c.id))
    assert [one["payload"]["action"] for one in told] == ["created", "updated", "deleted"]
