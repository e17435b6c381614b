"""Payments of a test: a stored card, a transaction on it, and the calls of that."""

import itertools
from decimal import Decimal
from typing import Any

from sqlalchemy import insert, text

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.calls import begin_call, carry_out
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.billing.ledger import faults
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.rooms.billing.transactions.states import open_transaction, transaction
from ohmstead.store.engine import PostgresDatabase

_number = itertools.count(1)


class Payments:
    """Makes them at the gateway that is provided."""

    def __init__(self, database: PostgresDatabase) -> None:
        self.database = database

    async def opened(self, amount: str = "12.40", token: str | None = None, **values: Any) -> int:
        """A transaction on a stored card, to be paid; the gateway has a token for that."""
        name = gateways.current.active
        async with self.database.begin() as tx:
            card = {"gateway": name, "token": token or f"card-{next(_number)}", "kind": "card", "brand": "visa",
                    "last4": "4242", "created_at": tx.now, "updated_at": tx.now}  # fmt: skip
            method_id = await tx.value(insert(payment_method).values(card).returning(payment_method.c.id))
            usual = {"purchase_type": "session", "means": "tokenized", "method_id": method_id, "gateway": name,
                     "currency": "EUR", "amount": Decimal(amount)}  # fmt: skip
            return await open_transaction(tx, **(usual | values))

    async def begun(self, transaction_id: int, step: str, amount: str = "0", inline: bool = False) -> int:
        """A call that is to be made; its id."""
        async with self.database.begin() as tx:
            row = await transaction(tx, transaction_id, lock=True)
            return await begin_call(tx, row, step, Decimal(amount), inline=inline)

    async def call(self, transaction_id: int, step: str, amount: str = "0") -> Row:
        """A call, made; the transaction after it."""
        return await carry_out(self.database, await self.begun(transaction_id, step, amount))

    async def held(self, amount: str = "12.40", **values: Any) -> int:
        """A transaction that is authorized."""
        made = await self.opened(amount, **values)
        assert (await self.call(made, "authorize", amount))["status"] == "authorized"
        return made

    async def row(self, transaction_id: int) -> Row:
        async with self.database.read() as tx:
            return await transaction(tx, transaction_id)

    async def entries(self) -> dict[str, Decimal]:
        """What stands in the ledger, by key; it adds up."""
        async with self.database.read() as tx:
            assert await faults(tx) == []
            rows = await tx.all(text("SELECT key, amount FROM ledger_entry ORDER BY id"))
        return {row["key"]: row["amount"] for row in rows}
