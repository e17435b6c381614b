"""Holds: money that is held on a card before a session begins, and captured when it is over. See `hold_upkeep` for what
becomes of those whose session never comes."""

from decimal import Decimal
from typing import Any

from msgspec import Struct

from ohmstead.kit.db import Database, Row, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.rooms.billing.gateways.calls import begin_call, carry_out
from ohmstead.rooms.billing.gateways.gateway import Money
from ohmstead.rooms.billing.methods.means import Means
from ohmstead.rooms.billing.transactions.states import amend, open_transaction, transaction
from ohmstead.rooms.charging.control import Refusal

PURCHASE = "payment_authorisation"
REFUSED = "The payment method could not be charged"


async def open_hold(
    tx: Tx, means: Means, money: Money, *, user_id: int | None, session_id: int | None, partner_id: int | None,
    terminal_id: int | None = None, inline: bool = False,
) -> int:  # fmt: skip
    """Write that an amount is to be held on a card; the call that will do it. Unless it is `inline`, its worker makes
    it."""
    values = of_card(means) | {
        "purchase_type": PURCHASE, "purchase_id": session_id, "session_id": session_id, "user_id": user_id,
        "partner_id": partner_id, "terminal_id": terminal_id, "currency": money.currency, "amount": money.amount,
    }  # fmt: skip
    key = await open_transaction(tx, **values)
    return await begin_call(tx, {"id": key, **values}, "authorize", money.amount, inline=inline)


def of_card(means: Means) -> dict[str, Any]:
    """What a transaction says of the stored card that it is of."""
    return {
        "means": means.type, "payment_method_id": means.id, "method_id": means.method_id, "card": means.card,
        "gateway": means.gateway,
    }  # fmt: skip


async def place_hold(
    database: Database, *, means: Means, money: Money, user_id: int | None, session_id: int | None,
    partner_id: int | None, terminal_id: int | None = None,
) -> Row:  # fmt: skip
    """Hold an amount on a card; its transaction, which is `authorized`, `failed`, or `pending` where nobody knows."""
    async with database.begin() as tx:
        call = await open_hold(
            tx, means, money, user_id=user_id, session_id=session_id, partner_id=partner_id, terminal_id=terminal_id,
            inline=True,
        )  # fmt: skip
    return await carry_out(database, call)


async def attach_hold(tx: Tx, transaction_id: int, session_id: int) -> None:
    """Have a hold be that of a session; Conflict where it is no longer in force."""
    row = await transaction(tx, transaction_id, lock=True)
    if row["status"] != "authorized":
        raise Conflict("The amount is no longer held.")
    if row["session_id"] != session_id:
        await amend(tx, transaction_id, session_id=session_id, purchase_id=session_id)


async def release_hold(database: Database, transaction_id: int) -> None:
    """Let go of what is held. Of what it is not known whether it is, `hold_upkeep` lets go later."""
    async with database.begin() as tx:
        row = await transaction(tx, transaction_id, lock=True)
        call = await let_go(tx, row, inline=True)
    if call is not None:
        await carry_out(database, call)


async def let_go(tx: Tx, row: Row, inline: bool = False) -> int | None:
    """Begin to let go of what a transaction holds, which is locked; the call, None where it holds nothing."""
    if row["status"] != "authorized":
        return None
    return await begin_call(tx, row, "void", Decimal(0), inline=inline)


class PlacedHold(Struct):
    """A hold that is in force, for a start; `session_id`: the session that it was placed for, if it was for one."""

    transaction_id: int
    session_id: int | None = None

    async def place(self, database: Database) -> Refusal | None:
        """It is."""
        return None

    async def attach(self, tx: Tx, session_id: int) -> None:
        """See `attach_hold`."""
        await attach_hold(tx, self.transaction_id, session_id)

    async def release(self, database: Database) -> None:
        """See `release_hold`."""
        await release_hold(database, self.transaction_id)


class NeededHold(Struct):
    """A hold that a start needs, on the first of a user's cards that is not refused."""

    session_id: int | None
    user_id: int
    partner_id: int | None
    money: Money
    cards: list[Means]
    call: int  # of the first card
    transaction_id: int | None = None

    async def place(self, database: Database) -> Refusal | None:
        """An unknown outcome is a refusal, too: nobody is to charge on what may not be there."""
        row = await carry_out(database, self.call)
        for card in self.cards[1:]:
            if row["status"] != "failed":
                break
            row = await place_hold(
                database, means=card, money=self.money, user_id=self.user_id, session_id=self.session_id,
                partner_id=self.partner_id,
            )  # fmt: skip
        self.transaction_id = row["id"]
        return None if row["status"] == "authorized" else Refusal("CANNOT_BILL_PAYMENT_METHOD", REFUSED)

    async def attach(self, tx: Tx, session_id: int) -> None:
        """It was placed for it; what was let go of meanwhile is no hold."""
        assert self.transaction_id is not None, "it is placed"
        await attach_hold(tx, self.transaction_id, session_id)

    async def release(self, database: Database) -> None:
        """See `release_hold`."""
        assert self.transaction_id is not None, "it is placed"
        await release_hold(database, self.transaction_id)
