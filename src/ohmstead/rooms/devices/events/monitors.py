"""Monitors: what 2.x stations say they watch, by which the severity of an event is known."""

from msgspec import structs
from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.events.table import station_monitor
from ohmstead.rooms.devices.facts import MonitorsTold, StationMonitor

_NAMES = ("charge_point_id", *StationMonitor.__struct_fields__)
_new = insert(station_monitor).values({name: bindparam(name, type_=station_monitor.c[name].type) for name in _NAMES})
_new = _new.values(created_at=bindparam("now"), updated_at=bindparam("now"))
_TOLD = Statement(
    _new.on_conflict_do_update(
        constraint="uq_station_monitor", set_={name: _new.excluded[name] for name in (*_NAMES, "updated_at")}
    )
)


async def monitors_told(tx: Tx, fact: MonitorsTold) -> None:
    """A number stands for what was told of it last."""
    for monitor in fact.monitors:
        await tx.run(_TOLD, charge_point_id=fact.charge_point_id, **structs.asdict(monitor), now=tx.now)
