"""Circuit schedules: at certain hours, or on certain days, a circuit is to carry less than it may.

Windows recur by the clock of a zone; what is said of single days goes before them. Both are caps of all that flows, as
for a breaker, and never raise anything.
"""

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import msgspec
from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Text, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement, Tx, table
from ohmstead.kit.errors import Invalid, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Reply
from ohmstead.kit.views import Opt, ReadOnly, View, stamp
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.power.circuits.resource import circuits, touch
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.circuits.views import Amps
from ohmstead.rooms.power.management.caps import Limit, Members, Seen, cap_sources

AHEAD = datetime.timedelta(seconds=60)  # cars are slowed before a lower limit begins, so that it holds when it does
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"
Power = Annotated[float, Meta(ge=0, description="kW in all, instead of a current.")]

circuit_schedule = table(
    "circuit_schedule",
    Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), nullable=False, unique=True),
    Column("time_zone", Text),  # IANA name; NULL: that of the location of what hangs there
    Column("windows", JSONB, nullable=False),
    Column("dates", JSONB, nullable=False),
)
_own = circuit_schedule.c


class Window(View):
    """Hours of one day; 24:00 is the midnight at its end."""

    week_days: Opt[Annotated[list[Literal[DAYS]], Meta(min_length=1, description="Left out: every day.")]] = UNSET  # type: ignore[valid-type]
    starts_at: Annotated[str, Meta(pattern=rf"^{_HOUR}$(?!\n)", description="Local time, hours:minutes.")]
    ends_at: Annotated[str, Meta(pattern=rf"^({_HOUR}|24:00)$(?!\n)")]
    max_current: Opt[Amps] = UNSET
    max_power: Opt[Power] = UNSET


class Dates(View):
    """Whole days; the windows do not hold on them."""

    first: datetime.date
    last: Annotated[datetime.date, Meta(description="With this day.")]
    max_current: Opt[Amps] = UNSET
    max_power: Opt[Power] = UNSET


class Schedule(View):
    time_zone: Opt[
        Annotated[str | None, Meta(description="IANA name; null: of the location of its charge points.")]
    ] = UNSET
    windows: list[Window] = msgspec.field(default_factory=list[Window])
    dates: list[Dates] = msgspec.field(default_factory=list[Dates])
    last_updated_at: Opt[ReadOnly[datetime.datetime]] = UNSET


class Answer(View):
    data: Schedule


schedules = Group("internal / circuits", "internal/circuits/", "circuits", access=OPERATOR)
_PATH = "v1.0/{circuit}/schedule"


@schedules.get(_PATH, "Circuit / Schedule / Read", gives=Answer)
async def read_schedule(call: Call) -> dict[str, Any]:
    """The schedule of a circuit; 404 where it has none."""
    row = await circuits.find(call)
    found = await call.tx.one(select(circuit_schedule).where(_own.circuit_id == row["id"]))
    if found is None:
        raise NotFound.model("Schedule", row["id"])
    return {"data": _shown(found)}


@schedules.put(_PATH, "Circuit / Schedule / Replace", body=Schedule, answers={200: Answer, 201: Answer})
async def put_schedule(call: Call, body: Schedule) -> Reply:
    """What a circuit is to carry at certain hours and on certain days. Limits above its own change nothing."""
    row = await circuits.find(call, lock=True)
    errors: dict[str, list[str]] = {}
    for field, text in _objections(body):
        errors.setdefault(field, []).append(text)
    if errors:
        raise Invalid.of(errors)
    known = await call.tx.value(select(_own.id).where(_own.circuit_id == row["id"]))
    given = {
        "time_zone": body.time_zone or None,
        "windows": msgspec.to_builtins(body.windows),
        "dates": msgspec.to_builtins(body.dates),
        "updated_at": call.now,
    }
    put = insert(circuit_schedule).values(circuit_id=row["id"], created_at=call.now, **given)
    put = put.on_conflict_do_update(index_elements=["circuit_id"], set_=given).returning(circuit_schedule)
    made = await call.tx.one(put)
    await touch(call.tx, row["id"])
    assert made is not None
    return Reply.of(200 if known else 201, {"data": _shown(made)})


@schedules.declare("DELETE", _PATH, "Circuit / Schedule / Delete", scope="write", status=204)
async def delete_schedule(call: Call) -> None:
    """The circuit carries what it may at any time."""
    row = await circuits.find(call, lock=True)
    if not await call.tx.run(delete(circuit_schedule).where(_own.circuit_id == row["id"])):
        raise NotFound.model("Schedule", row["id"])
    await touch(call.tx, row["id"])


def _shown(row: Row) -> dict[str, Any]:
    return {
        "timeZone": row["time_zone"], "windows": row["windows"], "dates": row["dates"],
        "lastUpdatedAt": stamp(row["updated_at"]),
    }  # fmt: skip


@cache
def _zones() -> set[str]:
    return available_timezones()


def _objections(given: Schedule) -> Iterator[tuple[str, str]]:
    """(field, text) of all that makes no sense."""
    if given.time_zone and given.time_zone not in _zones():
        yield "timeZone", "The time zone must be a valid zone."
    for name, parts in (("windows", given.windows), ("dates", given.dates)):
        for number, one in enumerate(parts):
            if (one.max_current is UNSET) is (one.max_power is UNSET):
                yield f"{name}.{number}.maxCurrent", "Give either a max current or a max power."
    for number, one in enumerate(given.windows):
        if one.ends_at <= one.starts_at:
            yield f"windows.{number}.endsAt", "A window must end after it starts, within the day."
    for number, one in enumerate(given.dates):
        if one.last < one.first:
            yield f"dates.{number}.last", "The last day may not come before the first."
    for day in DAYS:
        there = [(one.starts_at, one.ends_at, number) for number, one in enumerate(given.windows) if day in _days(one)]
        for number in _overlapping(there):
            yield f"windows.{number}.startsAt", f"The window overlaps another on {day}."
    spans = [(one.first.toordinal(), one.last.toordinal() + 1, number) for number, one in enumerate(given.dates)]
    for number in _overlapping(spans):
        yield f"dates.{number}.first", "The days are among others already."


def _days(window: Window) -> Iterable[str]:
    return window.week_days or DAYS


def _overlapping(spans: Iterable[tuple[Any, Any, int]]) -> Iterator[int]:
    """The numbers of those that begin before another has ended."""
    for earlier, later in pairwise(sorted(spans)):
        if later[0] < earlier[1]:
            yield later[2]


@dataclass(frozen=True, slots=True)
class ScheduledCap:
    """What a schedule leaves a circuit."""

    circuit_id: int
    schedule: Schedule
    zone: ZoneInfo
    source: str = "schedule"
    charge_point_id: None = None
    evse_id: None = None
    of_all: bool = True

    def at(self, now: datetime.datetime, seen: Seen) -> Limit | None:
        """A limit that is about to begin holds as well as the one in force."""
        found = [limit for limit in (self._limit(now), self._limit(now + AHEAD)) if limit is not None]
        if len(found) < 2:
            return found[0] if found else None
        first, second = found
        return Limit(_lower(first.amps, second.amps), _lower(first.watts, second.watts))

    def _limit(self, at: datetime.datetime) -> Limit | None:
        local = at.astimezone(self.zone)
        for days in self.schedule.dates:
            if days.first <= local.date() <= days.last:
                return _limit(days)
        clock, day = f"{local:%H:%M}", DAYS[local.weekday()]
        for window in self.schedule.windows:
            if day in _days(window) and window.starts_at <= clock < window.ends_at:
                return _limit(window)
        return None


def _limit(part: Window | Dates) -> Limit:
    return Limit(part.max_current or 0.0) if part.max_power is UNSET else Limit(watts=part.max_power * 1000)


def _lower(*values: float | None) -> float | None:
    return min((value for value in values if value is not None), default=None)


_ids = bindparam("ids", type_=ARRAY(BigInteger))
_SCHEDULES = Statement(select(circuit_schedule).where(_own.circuit_id == any_(_ids)))
_ZONE = Statement(
    select(location.c.timezone)
    .join(charge_point, charge_point.c.location_id == location.c.id)
    .join(circuit_charge_point, circuit_charge_point.c.charge_point_id == charge_point.c.id)
    .where(circuit_charge_point.c.circuit_id == any_(_ids), location.c.timezone.is_not(None))
    .order_by(charge_point.c.id)
    .limit(1)
)


@cap_sources.load
async def scheduled_caps(tx: Tx, there: Members) -> list[ScheduledCap]:
    """Of the circuits of a tree. What hangs on one tree is at one place: the zone is that of its first charge point."""
    circuit_ids = list(there.circuits)
    rows = await tx.all(_SCHEDULES, ids=circuit_ids)
    unsaid = any(row["time_zone"] is None for row in rows)
    local = (await tx.value(_ZONE, ids=circuit_ids) if unsaid else None) or "UTC"
    return [ScheduledCap(row["circuit_id"], _stored(row), ZoneInfo(row["time_zone"] or local)) for row in rows]


def _stored(row: Row) -> Schedule:
    return msgspec.convert({"windows": row["windows"], "dates": row["dates"]}, Schedule)
