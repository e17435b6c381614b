"""Expiry: what remains of a voucher leaves the balance with its last day."""

from sqlalchemy import Integer, bindparam, func, select

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.billing.balance import account
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.store.due_work import DueWork

_own = voucher.c


class VoucherExpiry(DueWork):
    """Takes it off, once for each user. Whoever looks at a balance meanwhile does not see it any more."""

    every_s = 60.0
    due = Statement(
        select(func.min(_own.id).label("id"), _own.user_id)
        .where(_own.remaining_amount > 0, _own.expires_at <= bindparam("now", type_=_own.expires_at.type))
        .group_by(_own.user_id)
        .limit(bindparam("most", type_=Integer))
    )

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            await account.balance(tx, row["user_id"], lock=True)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again in a minute."""
