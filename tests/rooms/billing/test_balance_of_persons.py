"""What balances hold of a person: exported on demand, and without the person once the account is deleted."""

from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox
from ohmstead.rooms.billing.balance.persons import no_other_voucher_names_them
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.people.erasure import UserErased
from tests.client import Client
from tests.given import Given
from tests.rooms.test_private_data import export_of, fetched


async def topped_up(given: Given, api: Client, user: int) -> None:
    body = {"amount": 12.5, "reason": "Ada Example complained", "app_info": "ticket of Ada"}
    assert (await api.post(f"/actions/users/v1.0/{user}/add-balance", body)).status == 202
    made = await given.voucher(title=[{"locale": "en", "translation": "For Ada Example"}], description="ADA example")
    assert (await api.post(f"/actions/users/v2.0/{user}/redeem-voucher", {"code": made["code"]})).status == 202


async def test_the_archive_has_vouchers_and_changes_of_the_balance(given: Given, api: Client) -> None:
    await given._a_currency()
    user, other = await given.user(), await given.user()
    await topped_up(given, api, int(user["id"]))
    await given.balance(int(other["id"]), 3)
    _, found = await fetched((await api.get(export_of(user))).body["downloadUrl"])
    listed = await api.get(f"/resources/vouchers/v2.1?filter[userId]={user['id']}")
    assert found["vouchers.json"] == listed.data
    assert [(one["amount"], one["credit"]) for one in found["balance-changes.json"]] == [(12.5, True), (25, True)]


async def test_the_books_stay_and_the_person_goes(given: Given, api: Client, system: System) -> None:
    await given._a_currency()
    user = await given.user(first_name="Ada", last_name="Example")
    await topped_up(given, api, int(user["id"]))
    unused = await given.voucher(description="For Ada Example, some day")
    assert (await api.delete(f"/resources/users/v1.0/{user['id']}")).status == 204
    async with system.database.begin() as tx:
        texts = await tx.value(select(outbox.c.payload).where(outbox.c.topic == UserErased.topic))
        rows = await tx.all(select(voucher).order_by(voucher.c.id))
        assert [(row["amount"], row["user_id"]) for row in rows[:2]] == [(12.5, int(user["id"])), (25, int(user["id"]))]
        assert [(row["description"], row["app_info"]) for row in rows[:2]] == [("*** complained", None), ("***", None)]
        assert rows[1]["title"] == [{"locale": "en", "translation": "For ***"}]
        await no_other_voucher_names_them(tx, UserErased(**texts))
        left = await tx.value(select(voucher.c.description).where(voucher.c.id == unused["id"]))
        assert (left, await faults(tx)) == ("For ***, some day", [])
