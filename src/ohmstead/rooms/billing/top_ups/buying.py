"""Buying a top-up package: the user's card is charged, and what was collected lands on the balance with the bonus.

What follows from the charge follows from the state of its transaction, so that it does not matter who is told of it
first: this request, the worker that looks after calls, or the provider's event.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Numeric, bindparam, insert, select, update

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid, NotAllowed
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.billing.balance.features import OFF, is_off
from ohmstead.rooms.billing.balance.spending import credit, take
from ohmstead.rooms.billing.balance.top_up_packages import top_up_packages
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.gateways.calls import begin_call, carry_out
from ohmstead.rooms.billing.gateways.gateway import Money, gateways
from ohmstead.rooms.billing.methods.means import AUTO, Means, chosen
from ohmstead.rooms.billing.top_ups.table import topup_purchase
from ohmstead.rooms.billing.transactions.states import moved, open_transaction, transaction
from ohmstead.rooms.billing.transactions.table import Status
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import users

PURCHASE = "topup_package"

buying = Group("internal / users", "internal/users/", "users", access=PARTNERS)

_own, _transaction = topup_purchase.c, bindparam("transaction", type_=BigInteger)
_BOUGHT = Statement(select(topup_purchase).where(_own.transaction_id == _transaction))
_RETURN = Statement(
    update(topup_purchase)
    .where(_own.transaction_id == _transaction)
    .values(returned=bindparam("returned", type_=Numeric), updated_at=bindparam("now"))
)
_CREDITED = Statement(select(voucher.c.id).where(voucher.c.transaction_id == _transaction))


class TopUp(View):
    top_up_package_id: int
    payment_method_id: Opt[
        Annotated[str | None, Meta(description="Of a stored card of the user; without it the default one.")]
    ] = UNSET


class Bought(View):
    transaction_id: int
    status: Annotated[Status, Meta(description="Of the transaction; the balance has it once it is finalized.")]


@buying.post(
    "v1.0/{user}/top-ups",
    "User / Buy Top-Up",
    body=TopUp,
    references={"top_up_package_id": top_up_packages},
    gives=Bought,
    errors=(401, 403, 404, 405, 422, 429),
    transactions=Transactions.MANUAL,
)
async def buy(call: Call, wanted: TopUp) -> Bought:
    """Charge a card of the user for a top-up package. Partners may for their own users."""
    async with call.begin() as tx:
        row, call_id = await _begin(call, tx, wanted)
    row = await carry_out(call.database, call_id)
    if row["status"] == "authorized":
        async with call.begin() as tx:
            call_id = await _capture(tx, await transaction(tx, row["id"], lock=True))
        row = await carry_out(call.database, call_id)
    return Bought(transaction_id=row["id"], status=row["status"])


async def _begin(call: Call, tx: Tx, wanted: TopUp) -> tuple[Row, int]:
    """A transaction, and its first call, which is to be made."""
    user = await users.find(call, tx=tx)
    if await is_off(tx, "top_up_packages"):
        raise NotAllowed(OFF)
    package, currency = call.referred["top_up_package_id"], await settings.base_currency_code(tx)
    if not package["enabled"]:
        raise Invalid(topUpPackageId="The top-up package is not for sale.")
    card = await _card(call, tx, user["id"], wanted)
    if currency is None or package["price"] < gateways.current[card.gateway or ""].minimum(currency):
        raise Invalid(topUpPackageId="The price is less than can be charged.")
    key = await open_transaction(
        tx, purchase_type=PURCHASE, purchase_id=package["id"], user_id=user["id"], partner_id=user["partner_id"],
        means=card.type, payment_method_id=card.id, method_id=card.method_id, card=card.card, gateway=card.gateway,
        currency=currency, amount=package["price"],
    )  # fmt: skip
    bought = {"transaction_id": key, "bonus": package["bonus"], "created_at": tx.now, "updated_at": tx.now}
    await tx.run(insert(topup_purchase).values(bought))
    call.changes = {"id": user["id"], "transaction_id": key}
    row = await transaction(tx, key)
    return row, await begin_call(tx, row, "authorize", row["amount"], inline=True)


async def _card(call: Call, tx: Tx, user_id: int, wanted: TopUp) -> Means:
    wish = wanted.payment_method_id or AUTO
    cards = [one for one in await chosen(tx, user_id, wish, None, call.now) if one.type == "tokenized"]
    if not cards:
        raise Invalid(paymentMethodId="The selected payment method cannot be charged.")
    return cards[0]


async def _capture(tx: Tx, row: Row) -> int:
    return await begin_call(tx, row, "capture", row["amount"], inline=True)


@moved.answer
async def what_was_bought_lands_on_the_balance(tx: Tx, row: Row) -> None:
    bought = await tx.one(_BOUGHT, transaction=row["id"]) if row["purchase_type"] == PURCHASE else None
    if bought is None:
        return
    if row["status"] == "authorized":
        await _capture(tx, row)
    if row["captured"] > 0 and await tx.value(_CREDITED, transaction=row["id"]) is None:
        paid, bonus = Money(row["captured"], row["currency"]), bought["bonus"]
        await credit(tx, row["user_id"], paid, "manual_top_up", bonus=bonus, transaction_id=row["id"])
    if row["refunded"] > bought["returned"]:
        await _take_back(tx, row, row["refunded"] - bought["returned"])


async def _take_back(tx: Tx, row: Row, amount: Decimal) -> None:
    """What went back to the card, at the provider, leaves the balance, below 0 if it is spent."""
    key = f"transaction:{row['id']}:returned:{row['refunded']:f}"
    await take(tx, row["user_id"], Money(amount, row["currency"]), row["id"], "user_top_up", key)
    await tx.run(_RETURN, transaction=row["id"], returned=row["refunded"], now=tx.now)
