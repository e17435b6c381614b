"""Earlier: where a charge has ended that began earlier than was known, for its first reading comes last (2.x)."""

from sqlalchemy import bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.facts import Metered
from ohmstead.rooms.charging.flow.changes import change
from ohmstead.rooms.charging.register import register_of
from ohmstead.rooms.charging.session_table import session

_ENDED = Statement(select(session).where(session.c.id == bindparam("session")).with_for_update())


async def began_earlier(tx: Tx, message: Metered, place: Row) -> bool:
    """Set the register of a session that has ended back to a reading of its transaction before its start, or to the
    first one at all; whether that changed it."""
    since = place["meter_start_at"] or place["started_at"]
    unknown = place["meter_wh"] is None
    earlier = [one for one in message.readings if one.energy_wh is not None and (unknown or one.at < since)]
    if not earlier:
        return False
    ended = await tx.one(_ENDED, session=place["id"])
    assert ended is not None, "sessions are kept"
    register = register_of(ended, place)
    for one in earlier:
        register.read(one.energy_wh or 0.0, one.at)
    if register.moved:
        figures = {"meter_wh": register.wh, "meter_at": register.raised_at, "energy_wh": register.energy_wh}
        figures["metered_at"] = register.read_at
        await change(tx, ended["id"], "updated", **register.start(), **figures)
    return register.moved
