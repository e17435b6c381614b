"""The currents of a circuit's lines over time, for a chart: written each minute, shown in steps of which a window has
few enough; for those who run the system, below `internal`."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, ValidationError, convert
from sqlalchemy import BigInteger, Interval, bindparam, case, func, select

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.filters import moment
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Parameter
from ohmstead.kit.views import View, stamp
from ohmstead.rooms.power.circuits.loads import lines
from ohmstead.rooms.power.circuits.resource import circuits
from ohmstead.rooms.power.circuits.table import circuit_current
from ohmstead.rooms.power.circuits.views import Line

LOOKS_BACK = timedelta(days=1)
MINUTE_S, USUAL, MOST = 60, 300, 1500  # s; points of a line where no step is asked for, and at the most
STEPS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)  # s
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)  # steps begin at whole ones of the day (UTC)

history = Group("internal / circuits", "internal/circuits/", "circuits", access=OPERATOR)

Step = Annotated[int, Meta(ge=MINUTE_S, le=86_400, description="s")]
Measured = Annotated[float, Meta(description="A, the mean; null where nobody measured it.")] | None


class Point(View):
    at: Annotated[datetime, Meta(description="Where the step begins.")]
    limit: Annotated[float, Meta(description="A: the lowest limit of the circuit in this step.")]
    managed: Measured
    unmanaged: Measured
    peak: Annotated[float, Meta(description="A: the most that flowed in all in a minute of this step.")] | None


class LineCurrents(View):
    phase: Line
    points: Annotated[list[Point], Meta(description="A step of which nothing was written is left out.")]


class Currents(View):
    started_at: datetime
    ended_at: datetime
    step: Step
    lines: list[LineCurrents]


class Answer(View):
    data: Currents


def _points() -> Statement:
    own, shown = circuit_current.c, [func.min(circuit_current.c.limit).label("limit")]
    for line in (1, 2, 3):
        managed, unmanaged = own[f"managed_l{line}"], own[f"unmanaged_l{line}"]
        known = managed.is_not(None) | unmanaged.is_not(None)
        shown += [
            func.avg(managed).label(f"managed_l{line}"),
            func.avg(unmanaged).label(f"unmanaged_l{line}"),
            func.max(case((known, func.coalesce(managed, 0) + func.coalesce(unmanaged, 0)))).label(f"peak_l{line}"),
        ]
    start, end, origin = (bindparam(name, type_=own.at.type) for name in ("start", "end", "origin"))
    step = func.date_bin(bindparam("step", type_=Interval), own.at, origin).label("step")
    window = own.at.between(start, end)
    here = own.circuit_id == bindparam("circuit", type_=BigInteger)
    return Statement(select(step, *shown).where(here, window).group_by(step).order_by(step))


_POINTS = _points()


@history.get(
    "v1.0/{circuit}/currents",
    "Circuit / Currents",
    gives=Answer,
    parameters=(
        Parameter("from", datetime, doc="Where the window begins; a day before its end where it is not given."),
        Parameter("to", datetime, doc="Where it ends; now where it is not given, or later."),
        Parameter("step", Step, doc=f"s; where it is not given a line has up to {USUAL} points, else up to {MOST}."),
    ),
    errors=(401, 403, 404, 422, 429),
)
async def read_currents(call: Call) -> dict[str, Any]:
    """What flowed through each line of the circuit: the charge points, everything else, and the limit."""
    row = await circuits.find(call)
    end: datetime = min(_given(call, "to", moment) or call.now, call.now)
    start: datetime = _given(call, "from", moment) or end - LOOKS_BACK
    if start >= end:
        raise Invalid.of({"from": ["The window must begin before it ends, and before now."]})
    step = _step(call, (end - start).total_seconds())
    points = await call.tx.all(
        _POINTS, circuit=row["id"], start=start, end=end, step=timedelta(seconds=step), origin=_ORIGIN
    )
    shown = [{"phase": f"L{line}", "points": [_point(one, line) for one in points]} for line in lines(row)]
    return {"data": {"startedAt": stamp(start), "endedAt": stamp(end), "step": step, "lines": shown}}


def _given(call: Call, name: str, read: Callable[[str], Any]) -> Any:
    """A parameter of the query; None where it is not given."""
    text = call.query.plain.get(name)
    try:
        return read(text) if text else None
    except ValidationError:
        raise Invalid.of({name: [f"The selected {name} is invalid."]}) from None


def _step(call: Call, seconds: float) -> int:
    """The step that is asked for, or the first that makes few enough points."""
    given = _given(call, "step", lambda text: convert(text, Step, strict=False))
    if given is not None and math.ceil(seconds / given) > MOST:
        raise Invalid.of({"step": [f"The window has more than {MOST} such steps."]})
    return given or next((step for step in STEPS if seconds / step <= USUAL), STEPS[-1])


def _point(row: Row, line: int) -> dict[str, Any]:
    amps = {name: row[f"{name}_l{line}"] for name in ("managed", "unmanaged", "peak")}
    rounded = {name: None if value is None else round(value, 1) for name, value in amps.items()}
    return {"at": stamp(row["step"]), "limit": row["limit"]} | rounded
