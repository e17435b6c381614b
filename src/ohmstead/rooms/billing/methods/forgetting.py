"""Forgetting: cards that were removed are forgotten by their providers, too, however often one has to be asked."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Text, bindparam, cast, func, null, select, update

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.billing.methods.table import payment_method
from ohmstead.store.due_work import DueWork, back_off

FIRST, MOST = timedelta(minutes=1), timedelta(days=1)  # between two attempts

_own = payment_method.c
_at = bindparam("now", type_=DateTime(timezone=True))
_one = _own.id == bindparam("key", type_=BigInteger)
_FORGOTTEN = Statement(
    update(payment_method)
    .where(_one)
    .values(token=func.concat("forgotten-", cast(_own.id, Text)), forget_at=null(), updated_at=_at)
)
_AGAIN = Statement(
    update(payment_method)
    .where(_one)
    .values(forget_failures=_own.forget_failures + 1, forget_at=bindparam("again", type_=DateTime(timezone=True)))
)


class CardForgetting(DueWork):
    """Tells providers which cards to forget; a card's name with its provider is forgotten here with it."""

    due = Statement(
        select(_own.id, _own.gateway, _own.token, _own.forget_failures)
        .where(_own.forget_at <= _at)
        .order_by(_own.forget_at)
        .limit(bindparam("most", type_=BigInteger))
    )
    every_s = 10.0

    async def carry_out(self, row: Row) -> None:
        await gateways.current[row["gateway"]].forget(row["token"])
        async with self._database.begin() as tx:
            await tx.run(_FORGOTTEN, key=row["id"], now=tx.now)

    async def failed(self, row: Row, error: Exception) -> None:
        async with self._database.begin() as tx:
            await tx.run(_AGAIN, key=row["id"], again=self._again(row, tx.now))

    def _again(self, row: Row, now: datetime) -> datetime:
        return now + back_off(row["forget_failures"] + 1, FIRST, MOST)
