"""Silences: a charge of a 2.x station that came back, and of which it says nothing more, is asked about (E14).

One that goes on, or of which something is still to be told, stays open; of another nothing will come any more.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select

from ohmstead.kit.db import Row
from ohmstead.rooms.charging.control.inquiries import AGAIN, QUEUE, Inquiries
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.stations import StationRefused
from ohmstead.rooms.network.charge_points import charge_point

_own, _point = session.c, charge_point.c
_last = func.greatest(_own.updated_at, _own.metered_at)


class SilentSessionProbe(Inquiries):
    """Only a clear word counts."""

    suspected = (
        select(_own.id, _own.station_id, _own.transaction_ref, _own.started_at, _own.metered_at, _own.updated_at)
        .join(charge_point, _point.id == _own.station_id)
        .where(_own.status == "active", _own.transaction_ref.is_not(None), _point.connected)
        .where(_point.ocpp_version != "1.6")
        .where(_last < _point.connected_at, _point.connected_at <= bindparam("before", type_=_own.updated_at.type))
    )

    def bounds(self, now: datetime) -> dict[str, Any]:
        return {"before": now - QUEUE}

    async def is_over(self, row: Row, now: datetime) -> bool:
        self.later(row, now + AGAIN)
        try:
            return await self.ongoing(row) is False
        except StationRefused:
            self.later(row, None)
            return False
