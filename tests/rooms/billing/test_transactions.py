"""Transactions in the API, and those of external billing, which come through it."""

from decimal import Decimal
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.kit.versions import Version
from ohmstead.rooms.billing.ledger import Account, balance_of, faults
from ohmstead.rooms.billing.transactions.resource import transactions
from ohmstead.rooms.billing.transactions.states import open_transaction, transaction
from ohmstead.rooms.charging.session_table import session
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import site, tag

PATH = "/resources/transactions/v1.0"
CARD = {"methodType": "card", "cardNetwork": "visa", "last4": "4242", "expMonth": "08", "expYear": "2031"}


class TestTransactions(ResourceContract):
    resource = transactions
    create = {"paymentMethod": CARD, "totalAmount": 12.4, "status": "pending", "ref": "r-1", "failureReason": "none"}
    update = {"totalAmount": 13, "status": "authorized", "ref": "r-2"}
    ignored = ("paymentMethod", "sessionId")

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        if not (await given.api.get("/resources/currencies/v2.0")).data:
            await given.currency()
        return dict(self.create)


async def charge(given: Given) -> Row:
    """A session of a user."""
    here = await site(given)
    await here.starts(await tag(given))
    return await here.only_session()


async def made(given: Given, **fields: Any) -> dict[str, Any]:
    return await given.made(PATH, {"status": "pending", "totalAmount": 12.4} | fields)


async def row_of(system: System, key: int) -> Row:
    async with system.database.read() as tx:
        return await transaction(tx, key)


@pytest.fixture
async def euros(given: Given) -> None:
    await given.currency()


async def test_a_payment_of_a_session_is_its_users(api: Client, given: Given, euros: None) -> None:
    of = await charge(given)
    for _ in range(2):  # among others
        await made(given, sessionId=of["id"])
    told = await made(given, sessionId=of["id"], status="finalized", paymentMethod=CARD, ref="r-1")
    user = (await api.get(f"/resources/users/v1.0/{of['user_id']}")).data
    assert told == {
        "id": told["id"], "number": None, "date": told["date"], "userId": of["user_id"], "userEmail": user["email"],
        "sessionId": of["id"], "paymentMethod": None, "paymentMethodId": None, "purchaseResourceType": "session",
        "purchaseResourceId": of["id"], "totalAmount": 12.4, "currency": "EUR", "status": "finalized", "ref": "r-1",
        "failureReason": None, "invoiceId": None, "invoiceNo": None, "receiptId": None, "billingType": "external",
        "lastUpdatedAt": told["date"], "finalizedAt": told["date"], "terminalId": None,
        "cardDetails": {"type": "visa", "last4": "4242", "expMonth": "08", "expYear": "2031"},
    }  # fmt: skip
    async with given.system.database.read() as tx:
        owed = Account("receivable", "EUR", of["user_id"])
        assert (await balance_of(tx, owed), await balance_of(tx, Account("external", "EUR"))) == (
            Decimal("12.4"), Decimal("-12.4")
        )  # fmt: skip
        assert await faults(tx) == []


async def test_it_is_in_the_currency_of_its_session(given: Given, euros: None) -> None:
    of = await charge(given)
    async with given.system.database.begin() as tx:
        await tx.run(session.update().where(session.c.id == of["id"]).values(currency="JPY"))
    told = await made(given, sessionId=of["id"], totalAmount=1240.4)
    assert (told["currency"], told["totalAmount"]) == ("JPY", 1240)


async def test_without_a_currency_nothing_is_paid(api: Client) -> None:
    answer = await api.post(PATH, {"status": "pending", "totalAmount": 1})
    assert (answer.status, [*answer.body["errors"]]) == (422, ["sessionId"])


@pytest.mark.parametrize(
    ("method", "field"),
    [("card", "cardNetwork"), ("bank_transfer", "bankTransferType"), ("wallet", "walletType")],
)
async def test_a_kind_of_payment_requires_its_name(
    api: Client, given: Given, euros: None, method: str, field: str
) -> None:
    body = {"status": "pending", "totalAmount": 1, "paymentMethod": {"methodType": method}}
    answer = await api.post(PATH, body)
    assert (answer.status, [*answer.body["errors"]]) == (422, [f"paymentMethod.{field}"])
    if method != "wallet":
        change = await api.patch(f"{PATH}/{(await made(given))['id']}", body)
        assert (change.status, [*change.body["errors"]]) == (422, [f"paymentMethod.{field}"])


@pytest.mark.parametrize(
    ("paid_by", "method_id", "card"),
    [
        ({"methodType": "wallet", "walletType": "twint"}, "wallet:twint", None),
        ({"methodType": "bank_transfer", "bankTransferType": "sepa"}, "bank_transfer:sepa", None),
        ({"type": "amex", "last4": "0005"}, None, {"type": "amex", "last4": "0005"}),
        ({}, None, None),
    ],
)
async def test_means_are_shown_as_the_api_names_them(
    given: Given, euros: None, paid_by: dict[str, str], method_id: str | None, card: Any
) -> None:
    told = await made(given, paymentMethod=paid_by)
    assert (told["paymentMethodId"], told.get("cardDetails")) == (method_id, card)


async def test_a_state_only_rises_and_ends_at_finalized(api: Client, given: Given, euros: None) -> None:
    key = (await made(given, status="authorized"))["id"]
    one = f"{PATH}/{key}"
    assert (await api.patch(one, {"status": "pending", "totalAmount": 1})).status == 409
    assert (await api.patch(one, {"status": "failed", "totalAmount": 9, "failureReason": "no funds"})).status == 200
    told = (await api.patch(one, {"status": "finalized", "totalAmount": 11})).data
    assert (told["totalAmount"], told["status"], told["failureReason"]) == (11, "finalized", "no funds")
    for status in ("finalized", "refunded", "pending"):
        answer = await api.patch(one, {"status": status, "totalAmount": 11})
        assert (answer.status, answer.body["message"]) == (409, "The transaction is finalized and cannot be changed.")
    found = await row_of(given.system, key)
    assert (found["captured"], found["finalized_at"] is not None) == (11, True)


async def test_ours_are_not_changed_from_outside(api: Client, given: Given) -> None:
    async with given.system.database.begin() as tx:
        key = await open_transaction(tx, purchase_type="session", currency="EUR", amount=Decimal(5))
    answer = await api.patch(f"{PATH}/{key}", {"status": "finalized", "totalAmount": 5})
    assert (answer.status, answer.body["message"]) == (409, "Only a transaction of external billing can be changed.")


async def test_nothing_below_what_was_captured(api: Client, given: Given, euros: None) -> None:
    key = (await made(given))["id"]
    async with given.system.database.begin() as tx:
        table = transactions.table
        await tx.run(table.update().where(table.c.id == key).values(captured=Decimal(4)))
    answer = await api.patch(f"{PATH}/{key}", {"status": "pending", "totalAmount": 3})
    assert (answer.status, [*answer.body["errors"]]) == (422, ["totalAmount"])


async def test_what_was_reversed_amounts_to_nothing(given: Given, euros: None) -> None:
    told = await made(given, status="reversed")
    assert (told["totalAmount"], told["finalizedAt"]) == (0, None)


async def test_a_hold_shows_what_was_captured_of_it(api: Client, given: Given) -> None:
    facts: dict[str, Any] = {"purchase_type": "payment_authorisation", "currency": "EUR", "amount": Decimal(30)}
    async with given.system.database.begin() as tx:
        key = await open_transaction(tx, status="authorized", authorized=Decimal(30), **facts)
        done = {"status": "finalized", "authorized": Decimal(30), "captured": Decimal("12.40")}
        taken = await open_transaction(tx, **done, voucher_id=7, **facts)
        voucher = await open_transaction(tx, payment_method_id="5", voucher_id=7, **facts)
    shown = [(await api.get(f"{PATH}/{one}")).body for one in (key, taken, voucher)]
    assert [one["totalAmount"] for one in shown] == [30, 12.4, 30]
    assert [one.get("voucherId") for one in shown] == [None, 7, None]


async def test_filters_select(api: Client, given: Given, euros: None) -> None:
    of = await charge(given)
    card = await made(given, sessionId=of["id"], paymentMethod=CARD, ref="r-1", status="finalized")
    wallet = await made(given, paymentMethod={"methodType": "wallet", "walletType": "applepay"}, status="reversed")
    async with given.system.database.begin() as tx:
        phone = await open_transaction(
            tx, purchase_type="custom_fee", currency="EUR", amount=Decimal(3), terminal_id=4, voucher_id=6,
            card={"type": "visa", "tokenizationMethod": "apple_pay"},
        )  # fmt: skip

    async def found(query: str) -> list[int]:
        return [row["id"] for row in (await api.get(PATH, query)).data]

    ids = card["id"], wallet["id"], phone
    for query, wanted in {
        "filter[paymentMethod]=visa": (0, 2),
        "filter[paymentMethod]=applepay": (1, 2),
        "filter[paymentMethod]=twint": (),
        f"filter[userId]={of['user_id']}": (0,),
        f"filter[sessionId]={of['id']}": (0,),
        "filter[status]=reserved": (1,),
        "filter[status]=reversed": (1,),
        "filter[status]=finalized": (0,),
        "filter[ref]=r-1": (0,),
        "filter[billingType]=internal": (2,),
        "filter[terminalId]=4": (2,),
        "filter[voucherId]=6": (2,),
        "filter[invoiceNumber]=1": (),
        "filter[purchaseType][]=session": (0, 1),
        "filter[purchaseType][]=session&filter[purchaseType][]=custom_fee": (0, 1, 2),
        "filter[finalizedAfter]=2020-01-01": (0,),
        "filter[finalizedBefore]=2020-01-01": (),
        "filter[createdAfter]=2020-01-01": (0, 1, 2),
        "filter[createdBefore]=2020-01-01": (),
    }.items():
        assert await found(query) == [ids[number] for number in wanted], query


async def test_a_reference_is_said_whatever_the_state(api: Client, given: Given, euros: None) -> None:
    key = (await made(given, status="finalized"))["id"]
    act = f"/actions/transactions/v1.0/{key}/update-payment-reference"
    assert (await api.post(act, {"ref": "pi_7"})).status == 202
    assert (await api.get(f"{PATH}/{key}")).body["ref"] == "pi_7"
    assert [*(await api.post(act, {"ref": ""})).body["errors"]] == ["ref"]
    assert (await api.post(act.replace(str(key), "999"), {"ref": "x"})).status == 404


async def test_a_partner_sees_what_is_paid_at_its_charge_points(given: Given, euros: None) -> None:
    of = await charge(given)
    async with given.system.database.begin() as tx:
        facts: dict[str, Any] = {"purchase_type": "session", "currency": "EUR", "amount": Decimal(5)}
        key = await open_transaction(tx, partner_id=71, **facts)
        await open_transaction(tx, session_id=of["id"], **facts)
    partner = await given.client("*", partner_id=71)
    assert [row["id"] for row in (await partner.get(PATH)).data] == [key]
    act = f"/actions/transactions/v1.0/{key}/update-payment-reference"
    assert (await partner.post(act, {"ref": "x"})).status == 403
    await partner.close()
