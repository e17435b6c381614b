"""The resources of downtime periods: those of charge points, and those of EVSEs; the same rows under the same rules."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Integer, bindparam, func, select

from ohmstead.kit.access import owned
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Conflict
from ohmstead.kit.filters import Filter, changed, equals, one_of, since, until
from ohmstead.kit.reading import NOW
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.downtime.notices import Type, notices
from ohmstead.rooms.network.downtime.statuses import STATUSES, STATUSES_OF_EVSE
from ohmstead.rooms.network.downtime.table import downtime_period
from ohmstead.rooms.network.evses import every_evse, evse

_own = downtime_period.c
_key = bindparam("key", type_=BigInteger)
_POINT = Statement(
    select(charge_point.c.id, charge_point.c.location_id, charge_point.c.partner_id, STATUSES.label("statuses")).where(
        charge_point.c.id == _key
    )
)
_EVSE = Statement(
    select(*charge_point.c["id", "location_id", "partner_id"], STATUSES_OF_EVSE.label("statuses"))
    .join(evse, evse.c.charge_point_id == charge_point.c.id)
    .where(evse.c.id == _key)
)
_minutes = func.extract("epoch", func.coalesce(_own.ended_at, NOW) - _own.started_at) / 60


class Statuses(View):
    """What state it was in when the period was entered."""

    system: Literal["enabled", "disabled", "out of order", "demo"]
    network: Literal["never connected", "available", "temporarily unavailable", "long-term unavailable"]
    hardware: Literal[
        "available", "preparing", "charging", "suspendedEV", "suspendedEVSE", "finishing", "reserved", "unavailable",
        "faulted",
    ] | None  # fmt: skip


class Period(View):
    charge_point_id: int
    started_at: datetime
    ended_at: Annotated[datetime, Meta(description="null while it lasts.")] | None
    id: Id
    location_id: ReadOnly[int | None]
    entry_mode: ReadOnly[Literal["manual", "automatic"]]
    notice_id: Opt[Annotated[int, Meta(description="The reason; of what type it is, so is the period.")]] = UNSET
    type: ReadOnly[Type]
    statuses: ReadOnly[Statuses]


class EvsePeriod(Period):
    evse_id: int


class Creation(View):
    """Exempt from downtime, by hand."""

    notice_id: Annotated[int, Meta(description="One of type exempt.")]
    started_at: datetime
    ended_at: datetime


class PointCreation(Creation):
    charge_point_id: int


class EvseCreation(Creation):
    evse_id: int


class Change(View):
    notice_id: Opt[int | None] = UNSET
    started_at: Opt[datetime] = UNSET
    ended_at: Opt[datetime] = UNSET


_FILTERS = (
    equals("chargePointId", _own.charge_point_id, int),
    equals("locationId", _own.location_id, int),
    one_of("entryMode", _own.entry_mode, "manual", "automatic"),
    one_of("type", _own.type, "downtime", "exempt"),
    since("startedAfter", _own.started_at),
    until("stoppedBefore", _own.ended_at),
    Filter("durationLessThan", int, lambda most: _minutes <= most, Integer(), "At most so many minutes."),
    Filter("durationGreaterThan", int, lambda least: _minutes >= least, Integer(), "At least so many minutes."),
    *changed(_own.updated_at),
)

charge_point_periods = Resource(
    "charge-point-downtime-periods",
    downtime_period,
    tag="resource / charge point downtime periods",
    title="Charge Point Downtime Period",
    key="chargePointDowntimePeriod",
    versions=[Version("v1.0", Period, create_view=PointCreation, update_view=Change)],
    access=owned(_own.partner_id),
    where=_own.evse_id.is_(None),
    filters=_FILTERS,
)
evse_periods = Resource(
    "evse-downtime-periods",
    downtime_period,
    tag="resource / evse downtime periods",
    title="EVSE Downtime Period",
    key="evseDowntimePeriod",
    versions=[Version("v1.0", EvsePeriod, create_view=EvseCreation, update_view=Change)],
    access=owned(_own.partner_id),
    where=_own.evse_id.is_not(None),
    filters=(equals("evseId", _own.evse_id, int), *_FILTERS),
    rules=charge_point_periods.rules,
    may_delete=charge_point_periods.may_delete,
)


@charge_point_periods.rule
async def it_is_of_something_that_is_there(write: Write) -> None:
    """What is noted beside: where it stood, and the state it was in."""
    if write.verb != "create":
        return
    write.values |= {"entry_mode": "manual", "type": "exempt"}
    if "evse_id" in write.values:
        there, statement = await write.check_reference("evseId", every_evse), _EVSE
    else:
        there, statement = await write.check_reference("chargePointId", charge_points), _POINT
    if there is not None:
        point: Row | None = await write.tx.one(statement, key=there["id"], now=write.tx.now)
        assert point is not None
        write.values |= {
            "charge_point_id": point["id"], "location_id": point["location_id"], "statuses": point["statuses"],
            "partner_id": point["partner_id"],
        }  # fmt: skip


@charge_point_periods.rule
async def its_type_is_that_of_its_notice(write: Write) -> None:
    """A period by hand is exempt, and says why; one that was recorded becomes so by its notice."""
    if "notice_id" not in write.values:
        return
    notice = await write.check_reference("noticeId", notices)
    kind = "downtime" if notice is None else notice["type"]
    if write.value_of("entry_mode") == "automatic":
        write.values["type"] = kind
    elif write.values["notice_id"] is None:
        write.add_error("noticeId", "The notice id field is required for a period that was entered by hand.")
    elif notice is not None and kind != "exempt":
        write.add_error("noticeId", "The notice must be of type exempt.")


@charge_point_periods.rule
async def only_periods_by_hand_are_moved(write: Write) -> None:
    for field, name in (("startedAt", "started_at"), ("endedAt", "ended_at")):
        if name in write.values and write.value_of("entry_mode") == "automatic":
            write.add_error(field, "The times of a period that was recorded automatically stay.")
    started, ended = write.value_of("started_at"), write.value_of("ended_at")
    if write.gives("started_at", "ended_at") and ended is not None and ended <= started:
        write.add_error("endedAt", "The ended at must be after the started at.")


@charge_point_periods.may_delete.answer
async def what_was_recorded_stays(write: Write) -> Any:
    if write.value_of("entry_mode") == "automatic":
        raise Conflict("A downtime period that was recorded automatically stays.")
