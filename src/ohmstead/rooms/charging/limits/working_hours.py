"""Working hours: a charge that runs on while its location is closed to its user is ended, if the location says so."""

from datetime import datetime

from sqlalchemy import select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement
from ohmstead.rooms.charging.control import stop_for
from ohmstead.rooms.charging.control.ordered_stops import is_ordered
from ohmstead.rooms.charging.looks import next_look
from ohmstead.rooms.charging.opening import is_closed
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.people.users import ev_user

EVERY_S = 10.0

_own = session.c
_WATCHED = Statement(
    select(_own.id, _own.user_id, ev_user.c.user_group_ids, location.c.working_hours, location.c.timezone)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .join(location, location.c.id == charge_point.c.location_id)
    .outerjoin(ev_user, ev_user.c.id == _own.user_id)
    .where(_own.status == "active", ~is_ordered)
    .where(location.c.working_hours["stopSessionOutsideWorkingHours"].as_boolean())
    .order_by(_own.id)
)


class ClosingHours:
    """Has stopped what runs where it is closed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """For ever."""
        while True:
            await next_look(self._clock, EVERY_S)
            await self.look()

    async def look(self) -> int:
        """Have stopped what runs where it is closed now; how many."""
        async with self._database.begin() as tx:
            late = [row for row in await tx.all(_WATCHED) if _is_late(row, tx.now)]
            return sum([await stop_for(tx, row["id"], "working_hours_exceeded") for row in late])


def _is_late(row: Row, now: datetime) -> bool:
    user = None if row["user_id"] is None else row
    return is_closed(row["working_hours"], row["timezone"], user, now)
