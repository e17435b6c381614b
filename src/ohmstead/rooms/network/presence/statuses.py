"""Statuses: the hardware state of EVSEs and charge points as they tell it, and what it allows."""

from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam, cast, func, literal, select, true, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.views import stamp
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.facts import StatusChanged
from ohmstead.rooms.network.presence.status_log import keep_status
from ohmstead.rooms.network.signals import evse_status_changed

log = structlog.get_logger("ohmstead.presence")

MOST_EVSES = 128  # of one connection; a higher number is a station's mistake
TRUSTED_FOR = timedelta(days=1)  # a station's time further back is taken for a clock that was never set
SLACK = timedelta(seconds=2)  # many stations cut their times to seconds, or set their clock between two statuses
_CAN_CHARGE = frozenset({"available", "preparing", "occupied", "finishing"})
_OF_CHARGE_POINT = {"faulted": "faulted", "unavailable": "unavailable"}

_own = charge_point.c
_station = bindparam("station", type_=BigInteger)
_number = bindparam("number", type_=Integer)
_at = bindparam("at", type_=DateTime(timezone=True))
_latest = bindparam("latest", type_=DateTime(timezone=True))
_now = bindparam("now", type_=DateTime(timezone=True))

_said = {
    "hardware_status": bindparam("status", type_=Text),
    "hardware_status_at": _at,
    "error_code": bindparam("error", type_=Text),
    "vendor_error_code": bindparam("vendor_error", type_=Text),
}
_said_of_evse = _said | {"vendor_id": bindparam("vendor", type_=Text), "error_info": bindparam("info", type_=Text)}
_evse_before = (
    select(evse.c.id, evse.c.hardware_status, evse.c.error_code)
    .where(evse.c.station_id == _station, evse.c.network_id == _number, evse.c.deleted_at.is_(None))
    .with_for_update()
    .cte("before")
)
_EVSE_SAID = Statement(
    update(evse)
    .where(evse.c.id == _evse_before.c.id, func.coalesce(evse.c.hardware_status_at <= _latest, true()))
    .values(_said_of_evse)
    .returning(evse.c.id, evse.c.charge_point_id, _evse_before.c.hardware_status, _evse_before.c.error_code)
)
_reference = func.coalesce(_own.network_id, cast(_own.id, Text)) + "-" + cast(_number, Text)
_first_said = {
    "charge_point_id": _own.id,
    "station_id": _own.id,
    "network_id": _number,
    "physical_reference": _reference,
    "current_type": literal("ac"),
    "created_at": _now,
    "updated_at": _now,
} | _said_of_evse
_EVSE_FOUND = Statement(
    insert(evse)
    .from_select(list(_first_said), select(*_first_said.values()).where(_own.id == _station, _own.deleted_at.is_(None)))
    .on_conflict_do_nothing()
    .returning(
        evse.c.id,
        evse.c.charge_point_id,
        literal(None, Text).label("hardware_status"),
        literal(None, Text).label("error_code"),
    )
)
_point_before = select(_own.id, _own.hardware_status, _own.error_code).where(_own.id == _station).with_for_update()
_point_before = _point_before.cte("before")
_POINT_SAID = Statement(
    update(charge_point)
    .where(_own.id == _point_before.c.id, func.coalesce(_own.hardware_status_at <= _latest, true()))
    .values(_said)
    .returning(_own.id, _point_before.c.hardware_status, _point_before.c.error_code)
)


async def status_changed(tx: Tx, fact: StatusChanged) -> None:
    """An EVSE, or the charge point itself as number 0, is in a state; what it was in later is not undone."""
    at = _when(fact)
    said = {
        "station": fact.charge_point_id,
        "number": fact.evse_network_id,
        "status": fact.status,
        "at": at,
        "latest": at + SLACK,
        "error": fact.error_code,
        "vendor_error": fact.vendor_error_code,
        "vendor": fact.vendor_id,
        "info": fact.info,
    }
    if fact.evse_network_id == 0:
        await _charge_point_said(tx, said | {"status": _OF_CHARGE_POINT.get(fact.status, "available")})
    elif fact.evse_network_id <= MOST_EVSES:
        await _evse_said(tx, said)
    else:
        log.warning("EVSE number out of reason", charge_point_id=fact.charge_point_id, number=fact.evse_network_id)


def can_charge(outlet: Row, reserved_for_user: bool = False) -> bool:
    """Whether an EVSE may start a session (its `status` and `hardware_status`, its charge point's `status` as
    `charge_point_status` and `connected`). A reserved one may for the user it is reserved for."""
    ready = outlet["hardware_status"] in _CAN_CHARGE or (outlet["hardware_status"] == "reserved" and reserved_for_user)
    return outlet["status"] == outlet["charge_point_status"] == "enabled" and outlet["connected"] and ready


async def _charge_point_said(tx: Tx, said: dict[str, Any]) -> None:
    row = await tx.one(_POINT_SAID, **said)
    if row is not None and (row["hardware_status"], row["error_code"]) != (said["status"], said["error"]):
        tx.fact("chargePoint.statusChanged", id=row["id"], **_told(said))
        await keep_status(tx, row["id"], None, said)


async def _evse_said(tx: Tx, said: dict[str, Any]) -> None:
    row = await tx.one(_EVSE_SAID, **said)
    if row is None:
        row = await tx.one(_EVSE_FOUND, **said, now=tx.now)
        if row is None:
            return  # it said later already what it is in
        tx.fact("evse.changed", id=row["id"], action="created")
    if (row["hardware_status"], row["error_code"]) == (said["status"], said["error"]):
        return
    point, outlet = row["charge_point_id"], row["id"]
    tx.fact("evse.statusChanged", id=outlet, charge_point_id=point, before=row["hardware_status"], **_told(said))
    await keep_status(tx, point, outlet, said)
    tx.after_commit(lambda: evse_status_changed.send(point, outlet))


def _told(said: dict[str, Any]) -> dict[str, Any]:
    """What a status says beside whose it is."""
    return {
        "hardware_status": said["status"],
        "error_code": said["error"],
        "vendor_id": said["vendor"],
        "vendor_error_code": said["vendor_error"],
        "info": said["info"],
        "at": stamp(said["at"]),
    }


def _when(fact: StatusChanged) -> datetime:
    """The station's time where it can be true, else the time of receipt."""
    trusted = fact.received_at - TRUSTED_FOR <= fact.at <= fact.received_at
    return fact.at if trusted else fact.received_at
