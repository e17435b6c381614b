"""Sending: commands to displays. What means nothing to a station it is not sent again, until it boots: it may have come
back with other firmware."""

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, null, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Database, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.displays.table import station_display
from ohmstead.rooms.devices.durable_facts import ChargePointBooted
from ohmstead.rooms.devices.stations import Command, StationError, StationRefused, stations

UNKNOWN = {"NotImplemented", "NotSupported", "UnknownVendorId", "UnknownMessageId"}

_own = station_display.c
_station = bindparam("station", type_=BigInteger)
_now = bindparam("now", type_=_own.created_at.type)
_REMEMBER = Statement(
    insert(station_display)
    .values(station_id=_station, unknown=bindparam("commands", type_=ARRAY(Text)), created_at=_now, updated_at=_now)
    .on_conflict_do_update(
        index_elements=["station_id"],
        set_={"unknown": _own.unknown + bindparam("commands", type_=ARRAY(Text)), "updated_at": _now},
    )
)
_KNOWS_NOT = Statement(select(_own.unknown).where(_own.station_id == _station))
_FORGET = Statement(
    update(station_display)
    .where(_own.station_id == _station)
    .values(unknown=[], told=null(), tries=0, due_at=None, updated_at=_now)
)


async def knows(tx: Tx, station_id: int, command: type) -> bool:
    """Whether a command may mean something to a station."""
    return command.__name__ not in (await tx.value(_KNOWS_NOT, station=station_id) or ())


async def told(database: Database, station_id: int, command: Command) -> bool | None:
    """Whether a station took a command; None where it did not answer."""
    try:
        outcome = await stations.current.call(station_id, command)
        status, agreed = outcome.status, outcome.agreed
    except StationRefused as refused:
        status, agreed = refused.code, False
    except StationError:
        return None
    if status in UNKNOWN:
        async with database.begin() as tx:
            await tx.run(_REMEMBER, station=station_id, commands=[type(command).__name__], now=tx.now)
    return agreed


@on(ChargePointBooted)
async def it_may_be_another_by_now(tx: Tx, fact: ChargePointBooted) -> None:
    await tx.run(_FORGET, station=fact.id, now=tx.now)
