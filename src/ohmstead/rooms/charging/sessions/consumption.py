"""Consumption statistics: a session's energy and power over time, for a finished one in at most 300 steps."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View, stamp
from ohmstead.rooms.charging.register import DIGITS
from ohmstead.rooms.charging.sessions.resource import sessions

MOST = 300
FINEST = timedelta(milliseconds=1)

reads = Group("resource / sessions", "resources/sessions/", "sessions", access=PARTNERS)

_STATS = Statement(
    text("""
SELECT DISTINCT ON (date_bin(:step, at, :start)) at, energy_wh, power_w FROM meter_value
WHERE evse_id = :evse AND at >= :start AND at <= :end AND anomaly IS NULL
    AND (session_id = :session OR session_id IS NULL) AND COALESCE(energy_wh, power_w) IS NOT NULL
ORDER BY date_bin(:step, at, :start), at DESC""")
)


class Stat(View):
    energy: float | None
    power: float | None
    timestamp: datetime


class Stats(View):
    data: list[Stat]


@reads.get("v1.0/{session}/consumption-stats", "Sessions / Consumption Stats / Read", gives=Stats)
async def consumption_stats(call: Call) -> dict[str, Any]:
    """What had been delivered (Wh) and what the vehicle took (W) at each moment the meter told of."""
    row = await sessions.find(call)
    end = row["stopped_at"] or call.now
    step = max(FINEST, (end - row["started_at"]) / (MOST - 1)) if row["stopped_at"] else FINEST
    rows = await call.tx.all(
        _STATS, step=step, start=row["started_at"], end=end, evse=row["evse_id"], session=row["id"]
    )
    return {"data": [_stat(one, row) for one in rows]}


def _stat(read: Row, session: Row) -> dict[str, Any]:
    return {"energy": _delivered(read["energy_wh"], session), "power": read["power_w"], "timestamp": stamp(read["at"])}


def _delivered(wh: float | None, session: Row) -> float | None:
    """By a reading of the register: nothing before its start, and no more than all in all."""
    if wh is None or session["meter_start_wh"] is None:
        return None
    return min(max(0.0, round(wh - session["meter_start_wh"], DIGITS)), session["energy_wh"])
