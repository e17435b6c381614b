"""Somebody who issues a document in a process of its own, has its number, and never comes to its end."""

import asyncio
import sys
from decimal import Decimal

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.billing.documents import items
from ohmstead.rooms.billing.documents.issuing import Item, Order, issue
from ohmstead.store.engine import PostgresDatabase


async def main(dsn: str) -> None:
    """Says "issued" once the document is in the tables, in a transaction that stays open."""
    database = await PostgresDatabase.connect(dsn, SystemClock(), most=2)
    line = Item(what=items.top_up(), gross=Decimal(5))
    async with database.begin() as tx:
        await issue(tx, Order(kind="invoice", purchase_type="topup_package", currency="EUR", items=[line]))
        sys.stdout.write("issued\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
