"""Long gone: charge points that have been away for so long that nobody expects them back. Nothing happens then, so
somebody has to look."""

from sqlalchemy import and_, not_, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.reading import NOW
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices.durable_facts import NetworkStatusChanged
from ohmstead.rooms.network.charge_points.derived import LONG_TERM, NETWORK_STATUS
from ohmstead.rooms.network.charge_points.table import charge_point

STATUS = "long-term_unavailable"
AT_ONCE = 500

_own = charge_point.c
_untold = and_(not_(_own.connected), _own.long_gone_since.is_distinct_from(_own.disconnected_at))
_gone = (
    select(_own.id)
    .where(_untold, _own.disconnected_at <= NOW - LONG_TERM, NETWORK_STATUS == STATUS, _own.deleted_at.is_(None))
    .order_by(_own.id)
    .limit(AT_ONCE)
    .with_for_update(key_share=True, skip_locked=True)
    .cte("gone")
)
_LONG_GONE = Statement(
    update(charge_point)
    .where(_own.id == _gone.c.id)
    .values(long_gone_since=_own.disconnected_at)
    .returning(_own.id, _own.disconnected_at)
)


async def tell_long_gone(tx: Tx) -> int:
    """Say of charge points that they have been away for 24 h, once each time; how many."""
    rows = await tx.all(_LONG_GONE, now=tx.now)
    for row in rows:
        at = stamp(row["disconnected_at"] + LONG_TERM)
        tx.tell(NetworkStatusChanged(id=row["id"], network_status=STATUS, at=at))
    return len(rows)
