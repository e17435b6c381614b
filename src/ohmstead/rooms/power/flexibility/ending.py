"""Ending: assets are disabled when the moment comes that was set for it."""

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.power.flexibility.actions import set_status
from ohmstead.rooms.power.flexibility.table import flexibility_asset
from ohmstead.store.due_work import DueWork

_own = flexibility_asset.c
_over = (_own.status == "enabled") & (_own.ends_at <= bindparam("now", type_=DateTime(timezone=True)))
_OVER = Statement(
    select(flexibility_asset).where(_own.id == bindparam("key", type_=BigInteger), _over).with_for_update()
)


class AssetEnds(DueWork):
    """Disables assets whose end has come."""

    due = Statement(select(_own.id).where(_over).order_by(_own.ends_at).limit(bindparam("most", type_=Integer)))

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            asset = await tx.one(_OVER, key=row["id"], now=tx.now)
            if asset is not None:
                await set_status(tx, asset, "disabled", asset["ends_at"], asset["ends_at"])

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again in a second."""
