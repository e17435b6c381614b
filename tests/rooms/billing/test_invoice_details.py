"""Invoice details: given whole, held to what an invoice needs, behind the operator's setting, gone with the user."""

from typing import Any

import pytest
from sqlalchemy import text, update

from ohmstead.app.system import System
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user
from tests.client import Answer, Client
from tests.given import Given, partner_of_id
from tests.notices import told
from tests.rooms.test_private_data import export_of, fetched

COMPANY = {
    "requireInvoice": True, "invoiceType": "company", "companyName": "Volt & Söhne GmbH", "companyRegNo": "HRB 7",
    "companyTaxId": "DE136695976", "country": "DE", "city": "Ulm", "postCode": "89073", "address": "Münsterplatz 1",
}  # fmt: skip
PERSON = {"requireInvoice": True, "invoiceType": "individual", "individualName": "Ada Berg"}
NOTHING = {
    "individualName", "individualPersonalId", "individualTaxId", "companyTaxAdministrationOfficeName", "region", "state"
}  # fmt: skip


@pytest.fixture
async def user(given: Given) -> int:
    return int((await given.user())["id"])


def path(user: int) -> str:
    return f"/resources/users/v1.0/{user}/invoice-details"


async def collected(system: System, always: bool = True) -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, "documents", alwaysCollectInvoiceDetails=always)


async def refused(api: Client, user: int, **body: Any) -> dict[str, list[str]]:
    answer = await api.post(path(user), body)
    assert answer.status == 422, answer.body
    return answer.body["errors"]


async def test_of_who_gave_none_all_is_null(api: Client, user: int) -> None:
    answer = await api.get(path(user))
    assert answer.body.pop("requireInvoice") is False
    assert set(answer.body) >= NOTHING | {"invoiceType", "companyName", "requireInvoiceLastUpdatedAt"}
    assert set(answer.body.values()) == {None}
    assert (await api.get(path(user + 1))).status == 404
    assert (await api.post(path(user + 1), PERSON)).status == 404


async def test_what_is_given_is_read_whole(api: Client, system: System, user: int) -> None:
    answer = await api.post(path(user), COMPANY)
    assert answer.status == 200, answer.body
    moment = answer.body["requireInvoiceLastUpdatedAt"]
    assert answer.body == COMPANY | dict.fromkeys(NOTHING) | {"requireInvoiceLastUpdatedAt": moment}
    assert (await api.get(path(user))).body == answer.body
    assert moment is not None


async def test_what_is_left_out_is_gone(api: Client, user: int) -> None:
    await api.post(path(user), COMPANY)
    body = (await api.post(path(user), PERSON)).body
    assert {name for name, value in body.items() if value is not None} == {*PERSON, "requireInvoiceLastUpdatedAt"}


async def test_the_moment_is_of_the_wish_alone(api: Client, system: System, user: int) -> None:
    await api.post(path(user), PERSON)
    async with system.database.begin() as tx:
        await tx.run(text("UPDATE user_invoice_details SET require_invoice_at = '2026-01-02T03:04:05Z'"))
    first = "2026-01-02T03:04:05+00:00"
    assert (await api.post(path(user), COMPANY)).body["requireInvoiceLastUpdatedAt"] == first
    later = await api.post(path(user), COMPANY | {"requireInvoice": False})
    assert later.body["requireInvoiceLastUpdatedAt"] > first


async def test_the_operators_setting_goes_before(api: Client, system: System, given: Given, user: int) -> None:
    await collected(system)
    free = await api.post(path(user), {"requireInvoice": False, "invoiceType": None})
    assert free.status == 200
    assert free.body["requireInvoice"] is True
    assert (free.body["requireInvoiceEnforcedBy"], free.body["originalRequestValue"]) == ("operator_setting", False)
    assert "requireInvoiceEnforcedBy" not in (await api.post(path(user), PERSON)).body
    other = int((await given.user())["id"])
    assert (await api.get(path(other))).body["requireInvoice"] is True
    await api.post(path(user), {"requireInvoice": False, "invoiceType": None})
    await collected(system, False)
    shown = (await api.get(path(user))).body
    assert (shown["requireInvoice"], "originalRequestValue" in shown) == (False, False)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("companyName", {"companyName": None}),
        ("companyTaxId", {"companyTaxId": "DE136695977"}),
        ("companyTaxId", {"companyTaxId": None, "companyRegNo": None}),
        ("companyTaxId", {"companyTaxId": "ATU13585628", "country": "AT"}),
        ("invoiceType", {"invoiceType": None}),
        ("invoiceType", {"invoiceType": "club"}),
        ("individualName", {"invoiceType": "individual"}),
        ("country", {"country": "ZZ"}),
        ("region", {"country": "US", "region": "West", "companyTaxId": None}),
        ("state", {"state": "CA"}),
        ("state", {"country": "US", "state": "NSW", "companyTaxId": None}),
        ("city", {"city": "x" * 256}),
    ],
)
async def test_what_no_invoice_can_say_is_refused(api: Client, user: int, field: str, change: dict[str, Any]) -> None:
    assert list(await refused(api, user, **(COMPANY | change))) == [field]


@pytest.mark.parametrize(
    "change",
    [
        {"companyTaxId": None},  # registered, and without a VAT number as small companies are
        {"companyRegNo": None},
        {"companyTaxId": "12-3456789", "country": "US", "state": "CA"},
        {"companyTaxId": "136 695 976"},
        {"country": "BG", "companyTaxId": "BG175074752", "region": "Sofia"},
    ],
)
async def test_what_one_can_say_is_taken(api: Client, user: int, change: dict[str, Any]) -> None:
    assert (await api.post(path(user), COMPANY | change)).status == 200


OTHERS: list[dict[str, Any]] = [
    {"invoiceRequired": True, "clientType": "individual", "name": "Ada", "taxId": "1"},
    {"firstName": "Ada", "lastName": "Berg", "email": "ada@example.org"},
    {"invoiceType": "EInvoice", "name": "Ada", "email": "ada@example.org", "phone": "1"},
    {"invoiceType": "Donation", "loveCode": "168", "country": "TW"},
]


@pytest.mark.parametrize("body", OTHERS)
async def test_other_managers_are_not_offered(api: Client, user: int, body: dict[str, Any]) -> None:
    (texts,) = (await refused(api, user, **body)).values()
    assert "requireInvoice" in texts[0]


async def test_a_field_of_no_manager_is_left_aside(api: Client, user: int) -> None:
    assert set(await refused(api, user)) == {"requireInvoice", "invoiceType"}
    assert (await api.post(path(user), PERSON | {"colour": "red"})).status == 200
    for odd in (b"[]", b"null", b"7", b'"x"'):
        assert (await api.post(path(user), data=odd, headers={"Content-Type": "application/json"})).status == 422, odd


async def test_each_change_is_told(api: Client, system: System, given: Given, user: int) -> None:
    await given.subscription("http://127.0.0.1:9/", "user.invoiceDetails.changed")
    await api.post(path(user), PERSON)
    await api.post(path(user), COMPANY)
    bodies = [one for one in await told(system.database) if one["notification"] == "user.invoiceDetails.changed"]
    assert [(one["userId"], one["action"]) for one in bodies] == [(user, "created"), (user, "updated")]
    assert all(one["lastUpdatedAt"] for one in bodies)


async def test_a_partner_has_its_users_alone(system: System, given: Given) -> None:
    own, other = int((await given.user())["id"]), int((await given.user())["id"])
    await partner_of_id(system, 71)
    async with system.database.begin() as tx:
        await tx.run(update(ev_user).where(ev_user.c.id == own).values(partner_id=71))
    client = await given.client("users.read", "users.write", partner_id=71)
    try:
        answers: list[Answer] = [await client.post(path(own), PERSON), await client.get(path(own))]
        assert [one.status for one in answers] == [200, 200]
        assert (await client.get(path(other))).status == 404
        assert (await client.post(path(other), PERSON)).status == 404
    finally:
        await client.close()
    reader = await given.client("users.read")
    try:
        assert (await reader.post(path(own), PERSON)).status == 403
    finally:
        await reader.close()


async def test_details_are_private_and_go_with_the_user(api: Client, system: System, user: int) -> None:
    await api.post(path(user), PERSON | {"individualPersonalId": "PID-4711"})
    _, archive = await fetched((await api.get(export_of({"id": user}))).body["downloadUrl"])
    assert archive["invoice-details.json"]["individualName"] == "Ada Berg"
    assert (await api.delete(f"/resources/users/v1.0/{user}")).status == 204
    async with system.database.read() as tx:
        assert await tx.value(text("SELECT count(*) FROM user_invoice_details")) == 0
        kept = await tx.value(text("SELECT count(*) FROM audit WHERE audit::text LIKE '%PID-4711%'"))
    assert kept == 0
