"""Statuses: the hardware state of EVSEs and charge points as they tell it, and what it allows."""

from collections.abc import Iterable, Sequence
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

from ohmstead.kit.db import Row, Statement, Tx, as_columns, unnested_rows
from ohmstead.kit.views import stamp
from ohmstead.rooms.devices.durable_facts import ChargePointStatusChanged, EvseStatusChanged
from ohmstead.rooms.devices.facts import StatusChanged
from ohmstead.rooms.devices.presence.status_log import keep_statuses
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointEvsesChanged, EvseChanged
from ohmstead.rooms.network.evses import evse
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
_at = DateTime(timezone=True)
_now = bindparam("now", type_=_at)
_told = unnested_rows(
    station=BigInteger, number=Integer, status=Text, basis=Text, at=_at, latest=_at, error=Text, vendor_error=Text,
    vendor=Text, info=Text,
)  # fmt: skip
_said_of_errors = {"error_code": "error", "vendor_error_code": "vendor_error"}
_said_of_evse = _said_of_errors | {"vendor_id": "vendor", "error_info": "info"}


def _among(value: Any, words: Iterable[str]) -> ColumnElement[bool]:
    return or_(*(value == word for word in words))


def _becomes(own: Any, said: Any, errors: dict[str, str], unknown: str | None) -> dict[str, Any]:
    """What a row holds from now on. A state that says less than is known, or that follows from a transaction where the
    station itself knows better, changes nothing; what is wrong stays known for as long as it is faulted. A
    state that was never told counts as `unknown` before a problem."""
    now, follows = own.hardware_status, said.basis == "transaction"
    keeps = or_(
        and_(said.status == "occupied", _among(now, _FINER)),
        and_(follows, now == "faulted"),
        and_(follows, said.status == "finishing", not_(_among(now, (*_FINER, "occupied")))),
    )
    silent = _among(said.basis, ("availability", "transaction"))
    lasts = and_(silent, now == "faulted", or_(said.status == "faulted", follows))
    before = case(
        (and_(said.basis == "problem", now == "faulted"), own.status_before_problem),
        (said.basis == "problem", func.coalesce(now, literal(unknown, Text))),
        (and_(follows, now == "faulted"), own.status_before_problem),
    )
    told = {name: case((lasts, own[name]), (silent, null()), else_=said[word]) for name, word in errors.items()}
    return {
        "hardware_status": case((keeps, now), else_=said.status),
        "hardware_status_at": said.at,
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
    select(evse.c.id, evse.c.hardware_status, evse.c.error_code, *_told.c)
    .join(_told, and_(evse.c.station_id == _told.c.station, evse.c.network_id == _told.c.number))
    .where(evse.c.deleted_at.is_(None))
    .order_by(evse.c.id)
    .with_for_update(of=evse, key_share=True)
    .cte("before")
)
_EVSES_SAID = Statement(
    update(evse)
    .where(evse.c.id == _evse_before.c.id, func.coalesce(evse.c.hardware_status_at <= _evse_before.c.latest, true()))
    .values(_becomes(evse.c, _evse_before.c, _said_of_evse, unknown=None))
    .returning(
        evse.c.id,
        evse.c.charge_point_id,
        _evse_before.c.station,
        _evse_before.c.number,
        *_changes(evse.c, _evse_before.c),
    )
)
_reference = func.coalesce(_own.network_id, cast(_own.id, Text)) + "-" + cast(_told.c.number, Text)
_first_said = {
    "charge_point_id": _own.id,
    "station_id": _own.id,
    "network_id": _told.c.number,
    "physical_reference": _reference,
    "current_type": literal("ac"),
    "created_at": _now,
    "updated_at": _now,
    "hardware_status": _told.c.status,
    "hardware_status_at": _told.c.at,
} | {name: _told.c[word] for name, word in _said_of_evse.items()}
_EVSES_FOUND = Statement(
    insert(evse)
    .from_select(
        list(_first_said),
        select(*_first_said.values()).join(_told, _told.c.station == _own.id).where(_own.deleted_at.is_(None)),
    )
    .on_conflict_do_nothing()
    .returning(
        evse.c.id,
        evse.c.charge_point_id,
        evse.c.station_id.label("station"),
        evse.c.network_id.label("number"),
        evse.c.hardware_status,
        evse.c.error_code,
        literal(None, Text).label("status_before"),
        literal(None, Text).label("error_before"),
    )
)
_point_before = (
    select(_own.id, _own.hardware_status, _own.error_code, *_told.c)
    .join(_told, _told.c.station == _own.id)
    .order_by(_own.id)
    .with_for_update(of=charge_point, key_share=True)
    .cte("before")
)
_POINTS_SAID = Statement(
    update(charge_point)
    .where(_own.id == _point_before.c.id, func.coalesce(_own.hardware_status_at <= _point_before.c.latest, true()))
    .values(_becomes(_own, _point_before.c, _said_of_errors, unknown="available"))
    .returning(_own.id, *_changes(_own, _point_before.c))
)

_booted = unnested_rows(station=BigInteger, at=_at)
_flowed = (
    select(evse.c.id, evse.c.hardware_status, evse.c.error_code, _booted.c.at)
    .join(_booted, evse.c.station_id == _booted.c.station)
    .join(charge_point, _own.id == _booted.c.station)
    .where(_among(evse.c.hardware_status, _FLOWS), evse.c.deleted_at.is_(None), _own.ocpp_version != "1.6")
    .order_by(evse.c.id)
    .with_for_update(of=evse, key_share=True)
    .cte("before")
)
_INTERRUPTED = Statement(
    update(evse)
    .where(evse.c.id == _flowed.c.id)
    .values(hardware_status="occupied", hardware_status_at=_flowed.c.at)
    .returning(evse.c.id, evse.c.charge_point_id, _flowed.c.at, *_changes(evse.c, _flowed.c))
)

_Said = dict[str, Any]  # a row for `_told`


async def status_changed(tx: Tx, *facts: StatusChanged) -> None:
    """EVSEs, or charge points themselves as number 0, are in a state; what they were in later is not undone. Of each
    one fact."""
    points, outlets = [], []
    for fact in facts:
        if fact.evse_network_id == 0:
            points.append(_said(fact) | {"status": _OF_CHARGE_POINT.get(fact.status, "available")})
        elif fact.evse_network_id <= MOST_EVSES:
            outlets.append(_said(fact))
        else:
            log.warning("EVSE number out of reason", charge_point_id=fact.charge_point_id, number=fact.evse_network_id)
    kept = await _points_said(tx, points) if points else []
    kept += await _evses_said(tx, outlets) if outlets else []
    await keep_statuses(tx, kept)


async def interrupted(tx: Tx, stations: Sequence[int], at: Sequence[datetime]) -> None:
    """Stations booted, each at a moment: at one of 2.x nothing flows until it says so, and of a cable it says no more
    than Occupied."""
    silent = {"vendor_error": None, "vendor": None, "info": None}
    rows = await tx.all(_INTERRUPTED, station=stations, at=at)
    await keep_statuses(tx, [_tell(tx, row, silent | {"at": row["at"]}) for row in rows])


def can_charge(outlet: Row, reserved_for_user: bool = False) -> bool:
    """Whether an EVSE may start a session (its `status` and `hardware_status`, its charge point's `status` as
    `charge_point_status` and `connected`). A reserved one may for the user it is reserved for."""
    ready = outlet["hardware_status"] in _CAN_CHARGE or (outlet["hardware_status"] == "reserved" and reserved_for_user)
    return outlet["status"] == outlet["charge_point_status"] == "enabled" and outlet["connected"] and ready


def _said(fact: StatusChanged) -> _Said:
    at = _when(fact)
    return {
        "station": fact.charge_point_id,
        "number": fact.evse_network_id,
        "status": fact.status,
        "basis": fact.basis,
        "at": at,
        "latest": at + SLACK,
        "error": fact.error_code,
        "vendor_error": fact.vendor_error_code,
        "vendor": fact.vendor_id,
        "info": fact.info,
    }


async def _points_said(tx: Tx, told: list[_Said]) -> list[Row]:
    """Take in what charge points say of themselves; what of it is new, for the log."""
    said = {one["station"]: one for one in told}
    changed = [row for row in await tx.all(_POINTS_SAID, **as_columns(told)) if _differs(row)]
    for row in changed:
        tx.tell(ChargePointStatusChanged(id=row["id"], **_is(row, said[row["id"]])))
    return [_logged(row, said[row["id"]], row["id"], None) for row in changed]


async def _evses_said(tx: Tx, told: list[_Said]) -> list[Row]:
    """Take in what is said of EVSEs, which come to be with it; what of it is new, for the log."""
    said = {(one["station"], one["number"]): one for one in told}
    rows = await tx.all(_EVSES_SAID, **as_columns(told))
    known = {(row["station"], row["number"]) for row in rows}
    others = [one for place, one in said.items() if place not in known]  # or said later already what they are in
    found = await tx.all(_EVSES_FOUND, now=tx.now, **as_columns(others)) if others else []
    for row in found:
        tx.tell(EvseChanged(id=row["id"], action="created"))
        tx.tell(ChargePointEvsesChanged(id=row["charge_point_id"], action="updated"))
    return [_tell(tx, row, said[row["station"], row["number"]]) for row in (*rows, *found) if _differs(row)]


def _tell(tx: Tx, row: Row, said: _Said) -> Row:
    """Say that an EVSE is in another state; its row of the log."""
    point, outlet = row["charge_point_id"], row["id"]
    before = row["status_before"]
    tx.tell(EvseStatusChanged(id=outlet, charge_point_id=point, before=before, **_is(row, said)))
    tx.after_commit(lambda: evse_status_changed.send(point, outlet))
    return _logged(row, said, point, outlet)


def _differs(row: Row) -> bool:
    return (row["hardware_status"], row["error_code"]) != (row["status_before"], row["error_before"])


def _is(row: Row, said: _Said) -> dict[str, Any]:
    """What a status says beside whose it is."""
    return {
        "hardware_status": row["hardware_status"],
        "error_code": row["error_code"],
        "vendor_id": said["vendor"],
        "vendor_error_code": said["vendor_error"],
        "info": said["info"],
        "at": stamp(said["at"]),
    }


def _logged(row: Row, said: _Said, charge_point_id: int, evse_id: int | None) -> Row:
    return {
        "charge_point_id": charge_point_id,
        "evse_id": evse_id,
        "status": row["hardware_status"],
        "error_code": row["error_code"],
        "vendor_id": said["vendor"],
        "vendor_error_code": said["vendor_error"],
        "info": said["info"],
    }


def _when(fact: StatusChanged) -> datetime:
    """The station's time where it can be true, else the time of receipt."""
    trusted = fact.received_at - TRUSTED_FOR <= fact.at <= fact.received_at
    return fact.at if trusted else fact.received_at
