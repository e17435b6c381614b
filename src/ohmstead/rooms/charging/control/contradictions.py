"""Contradictions: a charge is open, and its station says that nobody charges there.

A station that lost its power or its memory never tells the stop, and some tell none at all. Connector and transaction
are two machines whose messages come in any order, so the state has to last for a grace, counted anew from every boot,
every new connection and every sign of life: a register that rises, a power, a reading that names the transaction. Then
the station is asked for its state and its meter, and what still stands against the charge closes it.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, and_, bindparam, case, cast, func, literal, or_, select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row
from ohmstead.rooms.charging.control.inquiries import AGAIN, QUEUE, Inquiries
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.presence.hardware_status_logs import hardware_status_log
from ohmstead.rooms.devices.stations import StationError, StationRefused, TriggerMessage, stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse

GRACE = timedelta(minutes=2)
ANSWERS = timedelta(seconds=30)  # for the messages that a station was asked for to come
DRAWS_W = 100.0  # less is what meters show of nothing
UNSAID_AGAIN = timedelta(minutes=10)  # between two questions to a station that only forgot to say its state
SLACK = timedelta(seconds=2)  # stations cut their times to seconds

_own, _point, _evse = session.c, charge_point.c, evse.c
_moment = DateTime(timezone=True)
_said, _said_at = _evse.hardware_status, _evse.hardware_status_at
_changed_at = (
    select(func.max(hardware_status_log.c.created_at))
    .where(hardware_status_log.c.evse_id == _own.evse_id)
    .scalar_subquery()
)
_booted_at = cast(_point.last_boot_notification["lastUpdatedAt"].astext, _moment)
_back_at = func.greatest(_point.connected_at, _booted_at)
_began_at = case((_own.original_session_id.is_(None), _own.started_at), else_=_own.created_at)
_alive_at = func.greatest(
    _own.created_at, _own.meter_at, _own.named_at, case((_own.power_w > DRAWS_W, _own.metered_at))
)
_later = _point.ocpp_version != "1.6"

# By OCPP 1.6, 4.9 none of these states is one of a transaction. A 2.x station has fewer words, and Occupied is no
# contradiction; Preparing is one only where a station says it after it came back, for it often comes late.
_free = or_(_said == "available", _said == "reserved", _said == "unavailable")
_prepares = and_(_said == "preparing", _said_at >= _back_at - literal(SLACK), _back_at > _began_at)
_against = and_(
    or_(_free, and_(~_later, or_(_said == "finishing", _prepares))),
    _said_at > _began_at,
    func.greatest(_changed_at, _back_at) > _began_at,
)
_since = func.greatest(_alive_at, _changed_at, _back_at + literal(QUEUE))
# one that booted and has said nothing of its outlet, which is asked for that alone
_unsaid = and_(~_later, _booted_at > func.greatest(_own.started_at, _alive_at), _said_at < _booted_at)


class Contradictions(Inquiries):
    """See the module. `grace` is how long a state has to stand against a charge."""

    suspected = (
        select(
            _own.id, _own.station_id, _own.transaction_ref, _own.started_at, _own.metered_at, _own.updated_at,
            _evse.network_id, _later.label("later"), _against.label("against"),
            _own.meter_at, _own.named_at, _changed_at.label("changed_at"), _back_at.label("back_at"),
        )
        .join(charge_point, _point.id == _own.station_id)
        .join(evse, _evse.id == _own.evse_id)
        .where(_own.status == "active", _point.connected, or_(_against, _unsaid))
        .where(_since <= bindparam("before", type_=_moment))
    )  # fmt: skip

    def __init__(self, database: Database, clock: Clock, grace: timedelta = GRACE) -> None:
        super().__init__(database, clock)
        self._grace = grace
        self._asked: dict[int, datetime] = {}  # session -> when its station was asked for what it has answered since

    def bounds(self, now: datetime) -> dict[str, Any]:
        return {"before": now - self._grace}

    def remember(self, suspects: set[int]) -> None:
        super().remember(suspects)
        self._asked = {key: at for key, at in self._asked.items() if key in suspects}

    async def is_over(self, row: Row, now: datetime) -> bool:
        """It is where the station has been asked and still says so, or cannot be asked."""
        if row["id"] in self._asked:
            return now - self._asked[row["id"]] >= ANSWERS
        self.later(row, now + (AGAIN if row["against"] else UNSAID_AGAIN))
        if row["later"] and row["transaction_ref"] is not None:
            try:
                return await self.ongoing(row) is False
            except StationRefused:
                pass
        will_tell = await self._triggers(row, "StatusNotification")
        if will_tell is None or not row["against"]:
            return False
        will_meter = await self._triggers(row, "MeterValues")
        if will_tell or will_meter:
            self._asked[row["id"]] = now
            self.later(row, now + ANSWERS)
            return False
        return will_meter is False

    async def _triggers(self, row: Row, message: str) -> bool | None:
        """Whether the station will send the message; None where it did not answer."""
        wish = TriggerMessage(message=message, evse_network_id=row["network_id"])
        try:
            return (await stations.current.call(row["station_id"], wish)).agreed
        except StationRefused:
            return False
        except StationError:
            return None

    def ended_at(self, row: Row) -> datetime:
        """When the state changed, where the charge was alive since the station was last away; else its last sign of
        life. What an idle meter tells later is none."""
        raised_at = row["meter_at"] or row["started_at"]
        if max(raised_at, row["named_at"] or raised_at) >= row["back_at"] and row["changed_at"]:
            return max(row["changed_at"], raised_at)
        last = super().ended_at(row)
        return last if last <= row["back_at"] else raised_at
