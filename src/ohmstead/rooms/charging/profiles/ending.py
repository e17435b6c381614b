"""A session's own profiles end with it (OCPP 1.6, 3.13.2)."""

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.durable_facts import SessionStopped
from ohmstead.rooms.charging.profiles.table import laid_profile, take_off

_OF_SESSION = Statement(
    select(laid_profile.c.id, laid_profile.c.station_id, laid_profile.c.evse_network_id).where(
        laid_profile.c.session_id == bindparam("session", type_=BigInteger)
    )
)


@on(SessionStopped)
async def profiles_end_with_their_session(tx: Tx, fact: SessionStopped) -> None:
    """The station drops them by itself."""
    gone = await tx.all(_OF_SESSION, session=fact.id)
    if gone:
        await take_off(tx, gone[0]["station_id"], gone)
