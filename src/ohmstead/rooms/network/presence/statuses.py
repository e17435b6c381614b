"""Statuses: the hardware state of EVSEs and charge points as they tell it, and what it allows."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Text,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.sql import ColumnElement

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
_FLOWS = ("charging", "suspendedEV", "suspendedEVSE")
_FINER = ("preparing", *_FLOWS, "finishing")  # than occupied

_own = charge_point.c
_station = bindparam("station", type_=BigInteger)
_number = bindparam("number", type_=Integer)
_at = bindparam("at", type_=DateTime(timezone=True))
_latest = bindparam("latest", type_=DateTime(timezone=True))
_now = bindparam("now", type_=DateTime(timezone=True))

_status = bindparam("status", type_=Text)
_basis = bindparam("basis", type_=Text)
_errors = {
    "error_code": bindparam("error", type_=Text),
    "vendor_error_code": bindparam("vendor_error", type_=Text),
}
_errors_of_evse = _errors | {"vendor_id": bindparam("vendor", type_=Text), "error_info": bindparam("info", type_=Text)}


def _among(value: Any, words: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(value == word for word in words))


def _said(own: Any, errors: dict[str, Any], unknown: str | None) -> dict[str, Any]:
    """What a row holds from now on. A state that says less than is known, or that follows from a transaction where the
    station itself knows better, changes nothing; what is wrong stays known for as long as it is faulted. A
    state that was never told counts as `unknown` before a problem."""
    now, follows = own.hardware_status, _basis == "transaction"
    keeps = or_(
        and_(_status == "occupied", _among(now, _FINER)),
        and_(follows, now == "faulted"),
        and_(follows, _status == "finishing", not_(_among(now, (*_FINER, "occupied")))),
    )
    silent = _among(_basis, ("availability", "transaction"))
    lasts = and_(silent, now == "faulted", or_(_status == "faulted", follows))
    before = case(
        (and_(_basis == "problem", now == "faulted"), own.status_before_problem),
        (_basis == "problem", func.coalesce(now, literal(unknown, Text))),
        (and_(follows, now == "faulted"), own.status_before_problem),
    )
    told = {name: case((lasts, own[name]), (silent, null()), else_=value) for name, value in errors.items()}
    return {
        "hardware_status": case((keeps, now), else_=_status),
        "hardware_status_at": _at,
        "status_before_problem": before,
    } | told


def _changes(own: Any, before: Any) -> list[Any]:
    """State and error, and what they were."""
    return [
        own.hardware_status,
        own.error_code,
        before.hardware_status.label("status_before"),
        before.error_code.label("error_before"),
    ]


_evse_before = (
    select(evse.c.id, evse.c.hardware_status, evse.c.error_code)
    .where(evse.c.station_id == _station, evse.c.network_id == _number, evse.c.deleted_at.is_(None))
    .with_for_update()
    .cte("before")
)
_EVSE_SAID = Statement(
    update(evse)
    .where(evse.c.id == _evse_before.c.id, func.coalesce(evse.c.hardware_status_at <= _latest, true()))
    .values(_said(evse.c, _errors_of_evse, unknown=None))
    .returning(evse.c.id, evse.c.charge_point_id, *_changes(evse.c, _evse_before.c))
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
    "hardware_status": _status,
    "hardware_status_at": _at,
} | _errors_of_evse
_EVSE_FOUND = Statement(
    insert(evse)
    .from_select(list(_first_said), select(*_first_said.values()).where(_own.id == _station, _own.deleted_at.is_(None)))
    .on_conflict_do_nothing()
    .returning(
        evse.c.id,
        evse.c.charge_point_id,
        evse.c.hardware_status,
        evse.c.error_code,
        literal(None, Text).label("status_before"),
        literal(None, Text).label("error_before"),
    )
)
_point_before = select(_own.id, _own.hardware_status, _own.error_code).where(_own.id == _station).with_for_update()
_point_before = _point_before.cte("before")
_POINT_SAID = Statement(
    update(charge_point)
    .where(_own.id == _point_before.c.id, func.coalesce(_own.hardware_status_at <= _latest, true()))
    .values(_said(_own, _errors, unknown="available"))
    .returning(_own.id, *_changes(_own, _point_before.c))
)

_flowed = (
    select(evse.c.id, evse.c.hardware_status, evse.c.error_code)
    .where(evse.c.station_id == _station, _among(evse.c.hardware_status, _FLOWS), evse.c.deleted_at.is_(None))
    .where(select(_own.id).where(_own.id == _station, _own.ocpp_version != "1.6").exists())
    .with_for_update()
    .cte("before")
)
_INTERRUPTED = Statement(
    update(evse)
    .where(evse.c.id == _flowed.c.id)
    .values(hardware_status="occupied", hardware_status_at=_at)
    .returning(evse.c.id, evse.c.charge_point_id, *_changes(evse.c, _flowed.c))
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
        "basis": fact.basis,
    }
    if fact.evse_network_id == 0:
        await _charge_point_said(tx, said | {"status": _OF_CHARGE_POINT.get(fact.status, "available")})
    elif fact.evse_network_id <= MOST_EVSES:
        await _evse_said(tx, said)
    else:
        log.warning("EVSE number out of reason", charge_point_id=fact.charge_point_id, number=fact.evse_network_id)


async def interrupted(tx: Tx, station_id: int, at: datetime) -> None:
    """A station booted: at one of 2.x nothing flows until it says so, and of a cable it says no more than Occupied."""
    for row in await tx.all(_INTERRUPTED, station=station_id, at=at):
        await _tell(tx, row, {"vendor_error": None, "vendor": None, "info": None, "at": at})


def can_charge(outlet: Row, reserved_for_user: bool = False) -> bool:
    """Whether an EVSE may start a session (its `status` and `hardware_status`, its charge point's `status` as
    `charge_point_status` and `connected`). A reserved one may for the user it is reserved for."""
    ready = outlet["hardware_status"] in _CAN_CHARGE or (outlet["hardware_status"] == "reserved" and reserved_for_user)
    return outlet["status"] == outlet["charge_point_status"] == "enabled" and outlet["connected"] and ready


async def _charge_point_said(tx: Tx, said: dict[str, Any]) -> None:
    row = await tx.one(_POINT_SAID, **said)
    if row is not None and _differs(row):
        tx.fact("chargePoint.statusChanged", id=row["id"], **_told(row, said))
        await keep_status(tx, row["id"], None, _is(row, said))


async def _evse_said(tx: Tx, said: dict[str, Any]) -> None:
    row = await tx.one(_EVSE_SAID, **said)
    if row is None:
        row = await tx.one(_EVSE_FOUND, **said, now=tx.now)
        if row is None:
            return  # it said later already what it is in
        tx.fact("evse.changed", id=row["id"], action="created")
    if _differs(row):
        await _tell(tx, row, said)


async def _tell(tx: Tx, row: Row, said: dict[str, Any]) -> None:
    point, outlet = row["charge_point_id"], row["id"]
    tx.fact("evse.statusChanged", id=outlet, charge_point_id=point, before=row["status_before"], **_told(row, said))
    await keep_status(tx, point, outlet, _is(row, said))
    tx.after_commit(lambda: evse_status_changed.send(point, outlet))


def _is(row: Row, said: dict[str, Any]) -> dict[str, Any]:
    """What was said, with the state and the error that follow from it."""
    return said | {"status": row["hardware_status"], "error": row["error_code"]}


def _differs(row: Row) -> bool:
    return (row["hardware_status"], row["error_code"]) != (row["status_before"], row["error_before"])


def _told(row: Row, said: dict[str, Any]) -> dict[str, Any]:
    """What a status says beside whose it is."""
    return {
        "hardware_status": row["hardware_status"],
        "error_code": row["error_code"],
        "vendor_id": said["vendor"],
        "vendor_error_code": said["vendor_error"],
        "info": said["info"],
        "at": stamp(said["at"]),
    }


def _when(fact: StatusChanged) -> datetime:
    """The station's time where it can be true, else the time of receipt."""
    trusted = fact.received_at - TRUSTED_FOR <= fact.at <= fact.received_at
    return fact.at if trusted else fact.received_at
