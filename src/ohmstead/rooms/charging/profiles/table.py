"""The profiles of operators that stations hold, and what of them the API shows."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Row, Statement, Tx, table
from ohmstead.kit.questions import Question
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.profiles.given import shown
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse

NUMBERED_FROM = 2**30  # above load management's numbers, below those that sessions are started with

limited_by_us: Question[[Tx, list[int]], list[int]] = Question("which of these charge points load management limits")

laid_profile = table(
    "laid_profile",
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("evse_network_id", Integer, nullable=False),  # 0: the whole station
    Column("purpose", Text, nullable=False),
    Column("stack_level", Integer, nullable=False),
    Column("session_id", BigInteger, ForeignKey("session.id"), index=True),  # the one it is for
    Column("profile", JSONB, nullable=False),  # as it was sent
    Column("shown", JSONB, nullable=False),  # as the API shows it
    # a station holds one profile of a purpose on a level (OCPP 1.6, 3.13.2)
    Index("uq_laid_profile", "station_id", "evse_network_id", "purpose", "stack_level", unique=True),
)
_own = laid_profile.c

_station = _own.station_id == bindparam("station")
NEXT = Statement(select(func.nextval(func.pg_get_serial_sequence("laid_profile", "id"))))
_REPLACED = Statement(
    delete(laid_profile)
    .where(_station, _own.evse_network_id == bindparam("number"), _own.purpose == bindparam("purpose"))
    .where(_own.stack_level == bindparam("level"))
)
_values = ("id", "station_id", "evse_network_id", "purpose", "stack_level", "session_id", "profile", "shown")
_LAID = Statement(
    insert(laid_profile)
    .values({name: bindparam(f"v_{name}", type_=_own[name].type) for name in _values})
    .values(created_at=bindparam("now"), updated_at=bindparam("now"))
)
_OF_STATION = Statement(
    select(_own.id, _own.evse_network_id, _own.purpose, _own.stack_level).where(_station).order_by(_own.id)
)
_gone = bindparam("gone", type_=ARRAY(BigInteger))
_TAKEN = Statement(delete(laid_profile).where(_own.id == any_(_gone)))

_number = bindparam("number", type_=Integer)
_newest = (
    select(_own.shown).where(_station, _own.evse_network_id == _number).order_by(_own.id.desc()).limit(1)
).scalar_subquery()


def _show(place: Table, *here: Any) -> tuple[Statement, Statement]:
    """Show a profile at a place; and what remains there once the one it shows is gone."""
    lays = update(place).where(*here).values(updated_at=bindparam("now"))
    its_number = cast(place.c.charging_profile["id"].astext, BigInteger)
    return (
        Statement(lays.values(charging_profile=bindparam("shown", type_=JSONB))),
        Statement(lays.where(its_number == any_(_gone)).values(charging_profile=_newest)),
    )


_SHOW = {
    True: _show(charge_point, charge_point.c.id == bindparam("station"), _number == 0),
    False: _show(evse, evse.c.station_id == bindparam("station"), evse.c.network_id == _number),
}


async def lay(tx: Tx, station_id: int, number: int, profile: ChargingProfile, session_id: int | None) -> None:
    """Note a profile that a station took."""
    place, told = {"station": station_id, "number": number}, shown(profile)
    await tx.run(_REPLACED, purpose=profile.purpose, level=profile.stack_level, **place)
    await tx.run(
        _LAID, v_id=profile.id - NUMBERED_FROM, v_station_id=station_id, v_evse_network_id=number,
        v_purpose=profile.purpose, v_stack_level=profile.stack_level, v_session_id=session_id,
        v_profile=msgspec.to_builtins(profile), v_shown=told, now=tx.now,
    )  # fmt: skip
    await tx.run(_SHOW[number == 0][0], shown=told, now=tx.now, **place)


async def laid_on(tx: Tx, station_id: int) -> list[Row]:
    """The profiles a station holds: `id`, `evse_network_id`, `purpose`, `stack_level`."""
    return await tx.all(_OF_STATION, station=station_id)


async def take_off(tx: Tx, station_id: int, gone: Iterable[Row]) -> None:
    """Note that a station holds these no longer."""
    numbers: dict[int, list[int]] = {}
    for row in gone:
        numbers.setdefault(row["evse_network_id"], []).append(row["id"])
    for number, ids in numbers.items():
        await tx.run(_TAKEN, gone=ids)
        known_as = [NUMBERED_FROM + id for id in ids]
        await tx.run(_SHOW[number == 0][1], station=station_id, number=number, gone=known_as, now=tx.now)


_CAPS = Statement(
    select(evse.c.id, _own.profile)
    .join(laid_profile, (_own.station_id == evse.c.station_id) & _own.evse_network_id.in_((0, evse.c.network_id)))
    .outerjoin(session, session.c.id == _own.session_id)
    .where(evse.c.id == any_(bindparam("evses", type_=ARRAY(BigInteger))))
    .where(or_(_own.session_id.is_(None), (session.c.evse_id == evse.c.id) & (session.c.status == "active")))
    .order_by(evse.c.id, _own.evse_network_id.desc(), _own.stack_level.desc())
)


async def caps_of(tx: Tx, evse_ids: list[int]) -> Mapping[int, tuple[ChargingProfile, ...]]:
    """EVSE -> the profiles of operators that bind its charge, those that go first at the front."""
    found: dict[int, tuple[ChargingProfile, ...]] = {}
    for key, profile in await tx.all(_CAPS, evses=evse_ids):
        found[key] = (*found.get(key, ()), msgspec.convert(profile, ChargingProfile))
    return found
