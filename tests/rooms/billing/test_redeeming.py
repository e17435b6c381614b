"""Redeeming of vouchers, what is put on balances by hand, and what expires (money.md, E11)."""

import asyncio
import itertools
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ohmstead.app.system import System
from ohmstead.kit.errors import Invalid, Rejected
from ohmstead.rooms.billing.balance.expiry import VoucherExpiry
from ohmstead.rooms.billing.balance.redeeming import redeem
from ohmstead.rooms.billing.balance.spending import available, spend
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.ledger import Account, balance_of, faults
from ohmstead.rooms.operator import settings
from ohmstead.store.due_work import AT_ONCE
from tests.client import Client
from tests.given import Given
from tests.rooms.later import Later

VOUCHERS = "/resources/vouchers/v2.1"


def redeeming(user: Any) -> str:
    return f"/actions/users/v2.0/{user}/redeem-voucher"


async def users_of(given: Given, count: int) -> list[int]:
    return [int((await given.user())["id"]) for _ in range(count)]


async def told(system: System) -> list[dict[str, Any]]:
    async with system.database.read() as tx:
        rows = await tx.all(text("SELECT payload FROM outbox WHERE topic = 'userBalance.changed' ORDER BY id"))
    return [row[0] for row in rows]


async def until(later: Later, moment: datetime) -> None:
    await later.clock.advance((moment - later.clock.now()).total_seconds())


async def put(system: System, section: str, **values: Any) -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, section, **values)


async def test_twenty_hands_on_one_voucher(given: Given, api: Client, system: System) -> None:
    users = await users_of(given, 5)
    made = await given.voucher()
    turns = itertools.islice(itertools.cycle(users), 20)
    answers = await asyncio.gather(*(api.post(redeeming(one), {"code": made["code"]}) for one in turns))
    assert Counter(one.status for one in answers) == {202: 1, 406: 19}
    assert {one.body["message"] for one in answers if one.status == 406} == {"The voucher was redeemed already."}
    shown = (await api.get(f"{VOUCHERS}/{made['id']}")).data
    winner = shown["redeemedByUserId"]
    assert shown["redeemedAt"] is not None
    balances = {one: (await api.get(f"/resources/users/v1.0/{one}")).data["balance"] for one in users}
    assert balances == dict.fromkeys(users, 0) | {winner: 25}
    (fact,) = await told(system)
    assert {name: fact[name] for name in ("id", "debit", "credit", "balance", "currency", "type")} == {
        "id": winner, "debit": 0, "credit": 25, "balance": 25, "currency": "EUR", "type": "voucher",
    }  # fmt: skip
    async with system.database.begin() as tx:
        await spend(tx, winner, Money(Decimal("27.5"), "EUR"), 1, "transaction")
        assert await tx.value(select(voucher.c.remaining_amount)) == 0
        assert await balance_of(tx, Account("voucher", "EUR")) == -25
        assert await faults(tx) == []


async def refused(api: Client, user: int, code: str) -> str:
    answer = await api.post(redeeming(user), {"code": code})
    assert answer.status == 406
    return answer.body["message"]


async def test_what_cannot_be_redeemed_says_why_and_moves_nothing(given: Given, api: Client, system: System) -> None:
    (user,) = await users_of(given, 1)
    today = system.clock.now().date()
    day = timedelta(days=1)
    disabled = await given.voucher()
    await api.patch(f"{VOUCHERS}/{disabled['id']}", {"amount": 25, "status": "disabled"})
    expired = await given.voucher(expireDate=str(today - day))
    late = await given.voucher(assignBeforeDate=str(today))
    assert await refused(api, user, "NOSUCHCODE") == "There is no such voucher."
    assert await refused(api, user, disabled["code"]) == "The voucher is disabled."
    assert await refused(api, user, expired["code"]) == "The voucher has expired."
    assert await refused(api, user, late["code"]) == "The voucher had to be redeemed before."
    euros = await given.voucher(expireDate=str(today + day), assignBeforeDate=str(today + day))
    franc = await given.currency(alphabeticCode="CHF")
    (old,) = [one["id"] for one in (await api.get("/resources/currencies/v2.0")).data if one["id"] != franc["id"]]
    await put(system, "baseCurrency", id=franc["id"])
    assert await refused(api, user, euros["code"]) == "The voucher is in EUR, which balances are not in."
    assert await told(system) == []
    await put(system, "baseCurrency", id=old)
    assert (await api.post(redeeming(user), {"code": f" {euros['code'].lower()} "})).status == 202, "as it was typed in"
    for wrong in ({}, {"code": ""}, {"code": None}):
        assert (await api.post(redeeming(user), wrong)).status == 422


@pytest.mark.parametrize(
    ("section", "values"), [("features", {"vouchers": False}), ("defaultTax", {"enableMultiTaxSupport": True})]
)
async def test_what_is_switched_off_moves_nothing(
    given: Given, api: Client, system: System, section: str, values: dict[str, Any]
) -> None:
    await given.tax()
    made, (user,) = await given.voucher(), await users_of(given, 1)
    await put(system, section, **values)
    assert (await api.post(redeeming(user), {"code": made["code"]})).status == 422
    body = {"amount": 5, "reason": "x"}
    assert (await api.post(f"/actions/users/v1.0/{user}/add-balance", body)).status == 422
    assert await told(system) == []


async def test_a_voucher_pays_what_is_owed_first(given: Given, api: Client, system: System) -> None:
    (user,) = await users_of(given, 1)
    made = await given.voucher()
    async with system.database.begin() as tx:
        await spend(tx, user, Money(Decimal(10), "EUR"), 1, "transaction")
    assert (await api.post(redeeming(user), {"code": made["code"]})).status == 202
    assert (await api.get(f"{VOUCHERS}/{made['id']}")).data["remainingAmount"] == 15
    assert (await api.get(f"/resources/users/v1.0/{user}")).data["balance"] == 15


@pytest.mark.parametrize(
    ("terms", "last"),
    [
        ({"validityPeriod": "1 month"}, date(2027, 2, 28)),
        ({"validityPeriod": "2 years"}, date(2029, 1, 31)),
        ({"validityPeriod": "5 years", "expireDate": "2027-02-01"}, date(2027, 2, 1)),
        ({}, None),
    ],
)
async def test_its_last_day_is_on_the_operators_clock(
    given: Given, api: Client, system: System, later: Later, terms: dict[str, Any], last: date | None
) -> None:
    """Redeemed where it is the 31st of January already; it holds until that day is over there."""
    await put(system, "regional", timeZone="Europe/Berlin")
    (user,), made = await users_of(given, 1), await given.voucher(**terms)
    await until(later, datetime(2027, 1, 30, 23, 30, tzinfo=UTC))
    async with later.database.begin() as tx:
        await redeem(tx, user, made["code"])
    assert (await api.get(f"{VOUCHERS}/{made['id']}")).data["expireDate"] == (last and str(last))
    if last is None:
        return
    await until(later, datetime(last.year, last.month, last.day, 22, 59, tzinfo=UTC))
    work = VoucherExpiry(later.database, later.clock)
    await work.start_due()
    await work.settled()
    assert (await api.get(f"/resources/users/v1.0/{user}")).data["balance"] == 25
    await later.clock.advance(60)
    async with later.database.read() as tx:
        assert await available(tx, user) == 0, "at once, whoever looks"
    await work.start_due()
    await work.settled()
    assert (await api.get(f"/resources/users/v1.0/{user}")).data["balance"] == 0
    assert [(one["debit"], one["balance"], one["type"]) for one in (await told(system))[1:]] == [(25, 0, "voucher")]
    async with later.database.begin() as tx:
        assert await balance_of(tx, Account("voucher", "EUR")) == 0
        assert await faults(tx) == []
        assert await tx.all(VoucherExpiry.due, now=tx.now, most=AT_ONCE) == []


async def test_what_has_expired_by_local_time_is_refused(given: Given, system: System, later: Later) -> None:
    await put(system, "regional", timeZone="Europe/Berlin")
    (user,), codes = await users_of(given, 1), [(await given.voucher(expireDate="2027-01-30"))["code"] for _ in "12"]
    await until(later, datetime(2027, 1, 30, 22, 59, tzinfo=UTC))
    async with later.database.begin() as tx:
        await redeem(tx, user, codes[0])
    await later.clock.advance(60)
    with pytest.raises(Rejected, match="expired"):
        async with later.database.begin() as tx:
            await redeem(tx, user, codes[1])


async def test_the_currency_of_balances_stays(given: Given, api: Client, system: System) -> None:
    (user,), franc = await users_of(given, 1), await given.currency(alphabeticCode="CHF")
    euro = await given.currency()
    await given.balance(user, 5)
    with pytest.raises(Invalid) as refusal:
        await put(system, "baseCurrency", id=euro["id"])
    assert refusal.value.errors == {"baseCurrency.id": ["The base currency stays: users have balances in it."]}
    await put(system, "baseCurrency", id=franc["id"])  # which it is
    async with system.database.begin() as tx:
        await spend(tx, user, Money(Decimal(5), "CHF"), 1, "transaction")
    await put(system, "baseCurrency", id=euro["id"])


async def test_balance_is_added_by_hand(given: Given, api: Client, system: System) -> None:
    (user,) = await users_of(given, 1)
    path, body = f"/actions/users/v1.0/{user}/add-balance", {"amount": 12.5, "reason": "Sorry", "app_info": "ticket 7"}
    answer = await api.post(path, body)
    assert (answer.status, answer.body["message"]) == (400, "Currency is not set.")
    await given._a_currency()
    assert (await api.post(path, body)).status == 202
    (shown,) = (await api.get(f"{VOUCHERS}?filter[userId]={user}")).data
    assert {name: shown[name] for name in ("type", "description", "amount", "remainingAmount", "currencyCode")} == {
        "type": "api_top_up", "description": "Sorry", "amount": 12.5, "remainingAmount": 12.5, "currencyCode": "EUR",
    }  # fmt: skip
    assert [(one["credit"], one["type"]) for one in await told(system)] == [(12.5, "api_top_up")]
    for wrong in ({"amount": 0}, {"amount": -5}, {"amount": 1.001}, {"reason": ""}, {"app_info": "x" * 2001}):
        assert (await api.post(path, body | wrong)).body["errors"].keys() == wrong.keys()
    assert (await api.post("/actions/users/v1.0/999/add-balance", body)).status == 404


async def test_a_partner_needs_the_option_and_its_own_user(given: Given) -> None:
    await given._a_currency()
    (foreign,), made = await users_of(given, 1), await given.voucher()
    partner, rich = await given.client("*", partner_id=71), await given.client("*", partner_id=72)
    await given.api.patch("/resources/partners/v2.0/72", {"options": {"addUserBalance": True, "createUsers": True}})
    body = {"amount": 5, "reason": "x"}
    for client, status in ((partner, 403), (rich, 202)):
        own = (await Given(given.system, client).user())["id"]
        assert (await client.post(f"/actions/users/v1.0/{own}/add-balance", body)).status == status
        assert (await client.post(f"/actions/users/v1.0/{foreign}/add-balance", body)).status == 404
        assert (await client.post(redeeming(foreign), {"code": made["code"]})).status == 404
        assert (await client.get(VOUCHERS)).status == 403
    assert (await rich.post(redeeming(own), {"code": made["code"]})).status == 202
    for client in (partner, rich):
        await client.close()
