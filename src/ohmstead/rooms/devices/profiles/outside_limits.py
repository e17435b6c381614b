"""Outside limits: what somebody else (an energy management system, a system operator) leaves a 2.x station to draw."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
    any_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices.facts import LimitCleared, LimitTold
from ohmstead.rooms.devices.profiles.given import periods_shown
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.network.charge_points import outside_limits_of
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.signals import outside_limit_changed

outside_limit = table(
    "outside_limit",
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("evse_network_id", Integer, nullable=False),  # 0: the whole station
    Column("source", Text, nullable=False),
    Column("grid_critical", Boolean, nullable=False),
    Column("schedules", JSONB, nullable=False),  # profiles, each of one schedule
    timestamp("told_at", nullable=False),
    UniqueConstraint("station_id", "evse_network_id", "source", name="uq_outside_limit"),
)
_own = outside_limit.c
_NAMES = ("station_id", "evse_network_id", "source", "grid_critical", "schedules", "told_at")
_new = insert(outside_limit).values({name: bindparam(name, type_=_own[name].type) for name in _NAMES})
_new = _new.values(created_at=bindparam("now"), updated_at=bindparam("now"))
_TOLD = Statement(
    _new.on_conflict_do_update(
        constraint="uq_outside_limit",
        set_={name: _new.excluded[name] for name in ("grid_critical", "schedules", "told_at", "updated_at")},
        where=_own.told_at <= _new.excluded.told_at,
    )
)
_number = bindparam("number", type_=Integer)
_CLEARED = Statement(
    delete(outside_limit)
    .where(_own.station_id == bindparam("station"), _own.source == bindparam("source"))
    .where(or_(_number.is_(None), _own.evse_network_id == _number), _own.told_at <= bindparam("at"))
)
_wanted = bindparam("wanted", type_=ARRAY(BigInteger))
_shown = (_own.evse_network_id, _own.source, _own.grid_critical, _own.schedules, _own.told_at)
_SHOW = Statement(
    select(func.coalesce(evse.c.charge_point_id, _own.station_id).label("charge_point_id"), *_shown)
    .outerjoin(evse, (evse.c.station_id == _own.station_id) & (evse.c.network_id == _own.evse_network_id)
               & evse.c.deleted_at.is_(None))
    .where(func.coalesce(evse.c.charge_point_id, _own.station_id) == any_(_wanted))
    .order_by(_own.evse_network_id, _own.source)
)  # fmt: skip
_BINDING = Statement(
    select(evse.c.id, _own.evse_network_id, _own.schedules)
    .join(outside_limit, (_own.station_id == evse.c.station_id) & _own.evse_network_id.in_((0, evse.c.network_id)))
    .where(evse.c.id == any_(_wanted))
)


class Outside(Struct, frozen=True):
    """What others leave an EVSE, and its station as a whole; every profile binds for as long as it says anything."""

    own: tuple[ChargingProfile, ...] = ()
    whole: tuple[ChargingProfile, ...] = ()


NONE = Outside()


async def limit_told(tx: Tx, fact: LimitTold) -> None:
    """A limit holds; it stands in for what the same source said of the place before."""
    schedules = [msgspec.to_builtins(one) for one in fact.schedules]
    await tx.run(
        _TOLD, station_id=fact.charge_point_id, evse_network_id=fact.evse_network_id, source=fact.source,
        grid_critical=fact.grid_critical, schedules=schedules, told_at=fact.received_at, now=tx.now,
    )  # fmt: skip
    tx.after_commit(lambda: outside_limit_changed.send(fact.charge_point_id))


async def limit_cleared(tx: Tx, fact: LimitCleared) -> None:
    """A limit holds no longer."""
    what = {"station": fact.charge_point_id, "source": fact.source, "number": fact.evse_network_id}
    await tx.run(_CLEARED, **what, at=fact.received_at)
    tx.after_commit(lambda: outside_limit_changed.send(fact.charge_point_id))


async def outside_of(tx: Tx, evse_ids: list[int]) -> Mapping[int, Outside]:
    """EVSE -> what others leave it, for those that anybody limits."""
    found: dict[int, Outside] = {}
    for key, number, schedules in await tx.all(_BINDING, wanted=evse_ids):
        known, more = found.get(key, NONE), _profiles(schedules)
        found[key] = Outside(known.own + more, known.whole) if number else Outside(known.own, known.whole + more)
    return found


def _profiles(schedules: Iterable[Any]) -> tuple[ChargingProfile, ...]:
    return tuple(msgspec.convert(one, ChargingProfile) for one in schedules)


@outside_limits_of.answer
async def _show(tx: Tx, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Charge point -> the limits of others, as the API shows them."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in await tx.all(_SHOW, wanted=ids):
        found.setdefault(row["charge_point_id"], []).append(_as_shown(row))
    return found


def _as_shown(row: Row) -> dict[str, Any]:
    return {
        "source": row["source"],
        "evseNetworkId": row["evse_network_id"],
        "gridCritical": row["grid_critical"],
        "toldAt": stamp(row["told_at"]),
        "schedules": [_schedule(one) for one in _profiles(row["schedules"])],
    }


def _schedule(profile: ChargingProfile) -> dict[str, Any]:
    told = {
        "scheduleStart": stamp(profile.starts_at) if profile.starts_at else None,
        "duration": profile.duration_s,
        "chargingRateUnit": profile.unit,
        "schedulePeriods": periods_shown(profile.periods),
    }
    return {name: value for name, value in told.items() if value is not None}
