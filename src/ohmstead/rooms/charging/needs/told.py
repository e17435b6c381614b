"""Needs as they were told: of sessions, by who told them. A booking tells when its session's vehicle leaves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, Select, any_, bindparam, cast, literal, null, select, union_all

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.needs.table import operator_needs, vehicle_needs
from ohmstead.rooms.charging.session_table import session

Source = Literal["operator", "vehicle", "booking"]
SOURCES: tuple[Source, ...] = ("operator", "vehicle", "booking")
"""Who is heard first stands first."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What one source says of one session, None where it does not: A a line is what an AC vehicle can take, `energy_wh`
    was wanted when it was told, when `delivered_wh` were delivered. `taken_wh` were when this was read."""

    source: Source
    session_id: int
    evse_id: int
    told_at: datetime
    departure_at: datetime | None
    energy_wh: float | None
    delivered_wh: float | None
    soc_percent: float | None
    min_current: float | None
    max_current: float | None
    taken_wh: float

    def departs_at(self, now: datetime) -> datetime | None:
        """When the vehicle leaves; None where that is not known, or has passed and it is there yet."""
        return self.departure_at if self.departure_at is not None and self.departure_at > now else None

    def still_wanted(self, taken_wh: float) -> float | None:
        """Wh, where so many were delivered by now."""
        if self.energy_wh is None:
            return None
        return max(0.0, self.energy_wh - max(0.0, taken_wh - (self.delivered_wh or 0.0)))


_ids = bindparam("ids", type_=ARRAY(BigInteger))
_NAMES = ("told_at", "departure_at", "energy_wh", "delivered_wh", "soc_percent", "min_current", "max_current")


def _told(source: Source, its: Any, joined: Any, **others: Any) -> Select[Any]:
    """The columns of needs; null where the table lacks one, or the `others` have it."""
    columns = {name: others.get(name, its.c.get(name)) for name in _NAMES}
    typed = {name: vehicle_needs.c[name].type for name in _NAMES}
    return (
        select(literal(source).label("source"), session.c.id.label("session_id"), session.c.evse_id)
        .add_columns(*(
            (cast(null(), typed[name]) if column is None else column).label(name) for name, column in columns.items()
        ))
        .add_columns(session.c.energy_wh.label("taken_wh"))
        .join_from(session, its, joined)
    )  # fmt: skip


_TOLD: Mapping[Source, Select[Any]] = {
    "operator": _told("operator", operator_needs, operator_needs.c.session_id == session.c.id),
    "vehicle": _told("vehicle", vehicle_needs, vehicle_needs.c.session_id == session.c.id),
    "booking": _told(
        "booking", booking, booking.c.id == session.c.booking_id,
        told_at=booking.c.updated_at, departure_at=booking.c.end_at,
    ),
}  # fmt: skip
_OF = Statement(union_all(*(told.where(session.c.id == any_(_ids)) for told in _TOLD.values())))
_AT = {
    source: Statement(told.where(session.c.evse_id == any_(_ids), session.c.status == "active"))
    for source, told in _TOLD.items()
}


async def needs_of(tx: Tx, session_ids: list[int]) -> dict[int, list[Needs]]:
    """Session -> what all say of it, who is heard first at the front."""
    found: dict[int, list[Needs]] = {}
    for one in sorted(_read(await tx.all(_OF, ids=session_ids)), key=lambda one: SOURCES.index(one.source)):
        found.setdefault(one.session_id, []).append(one)
    return found


async def needs_at(tx: Tx, source: Source, evse_ids: list[int]) -> dict[int, Needs]:
    """EVSE -> what a source says of the session that charges there."""
    rows = await tx.all(_AT[source], ids=evse_ids) if evse_ids else ()
    return {one.evse_id: one for one in _read(rows)}


def _read(rows: Iterable[Row]) -> Iterable[Needs]:
    return (Needs(**row) for row in rows)
