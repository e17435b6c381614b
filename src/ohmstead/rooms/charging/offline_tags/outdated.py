"""Outdated lists: those that hold a tag which is accepted no more are sent by themselves."""

from datetime import timedelta

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, select, update

from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Rejected
from ohmstead.rooms.charging.offline_tags.sending import send
from ohmstead.rooms.charging.offline_tags.table import local_list
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.store.due_work import DueWork

AGAIN = timedelta(minutes=1)  # until a station that did not take it is asked once more

_own = local_list.c
_DUE = Statement(
    select(_own.id, _own.station_id, charge_point.c.ocpp_version)
    .join(charge_point, charge_point.c.id == _own.station_id)
    .where(_own.due_at <= bindparam("now", type_=DateTime(timezone=True)), charge_point.c.connected)
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
_PUT_OFF = Statement(
    update(local_list)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(due_at=bindparam("later", type_=DateTime(timezone=True)))
)


class OutdatedLists(DueWork):
    """Sends the difference to stations that are there, and to the others once they are back."""

    due = _DUE

    async def carry_out(self, row: Row) -> None:
        """A station that refuses is asked again, for it goes on admitting what it should not."""
        try:
            await send(self._database.begin, row["station_id"], row["ocpp_version"], differential=True)
        except Rejected as refused:
            await self.failed(row, refused)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        async with self._database.begin() as tx:
            await tx.run(_PUT_OFF, key=row["id"], later=tx.now + AGAIN)
