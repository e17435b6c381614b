"""The uptime of a charge point and its EVSEs, for those who run the system: below `internal`."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import BigInteger, bindparam, func, or_, select

from ohmstead.engines.uptime import Span, Uptime, uptime
from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.filters import by_name, selected_filters, since, until
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View, stamp
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.downtime.operational import operational_period
from ohmstead.rooms.network.downtime.table import downtime_period
from ohmstead.rooms.network.evses import evse

LOOKS_BACK = timedelta(days=30)

uptime_operations = Group("internal / uptime", "internal/charge-points/", "charge-points", access=PARTNERS)

_meant, _down = operational_period.c, downtime_period.c
_WINDOW = (
    since("from", _meant.started_at, "Where the window begins; 30 days before its end where it is not given."),
    until("to", _meant.started_at, "Where it ends; now where it is not given, or later."),
)
_key = bindparam("key", type_=BigInteger)
_from, _to = (bindparam(name, type_=_down.started_at.type) for name in ("from_", "to_"))
_MEANT = Statement(
    select(_meant.started_at, _meant.ended_at).where(
        _meant.charge_point_id == _key, _meant.started_at < _to, func.coalesce(_meant.ended_at, _to) > _from
    )
)
_EVSES = select(evse.c.id).where(evse.c.charge_point_id == _key, evse.c.deleted_at.is_(None))
_DOWN = Statement(
    select(_down.evse_id, _down.type, _down.started_at, _down.ended_at).where(
        or_((_down.charge_point_id == _key) & _down.evse_id.is_(None), _down.evse_id.in_(_EVSES)),
        _down.started_at < _to,
        func.coalesce(_down.ended_at, _to) > _from,
    )
)
_MADE = Statement(_EVSES.add_columns(evse.c.created_at).order_by(evse.c.id))

Minutes = Annotated[float, Meta(ge=0)]


class Shown(View):
    operational_minutes: Annotated[Minutes, Meta(description="Of the window, in which its uptime was tracked.")]
    downtime_minutes: Annotated[Minutes, Meta(description="Of those, in which it was down and not exempt.")]
    uptime_percent: Annotated[float, Meta(description="null where it was not tracked in the window.")] | None


class EvseUptime(Shown):
    evse_id: int


class PointUptime(Shown):
    started_at: datetime
    ended_at: datetime
    evses: list[EvseUptime]


class Answer(View):
    data: PointUptime


@uptime_operations.get("v1.0/{chargePoint}/uptime", "Uptime / Read", gives=Answer, filters=_WINDOW,
                       errors=(401, 403, 404, 422, 429))  # fmt: skip
async def read_uptime(call: Call) -> dict[str, Any]:
    """How much of the time in which a charge point and its EVSEs were meant to be usable they were."""
    point = await charge_points.find(call)
    start, end = window = _window(call)
    bounds = {"key": point["id"], "from_": start, "to_": end}
    meant = [(row[0], row[1] or end) for row in await call.tx.all(_MEANT, **bounds)]
    down = await call.tx.all(_DOWN, **bounds)
    evses = [
        {"evseId": key} | _shown(uptime(window, _after(made, meant), *_told(down, None, key)))
        for key, made in await call.tx.all(_MADE, key=point["id"])
    ]
    whole = _shown(uptime(window, meant, *_told(down, None)))
    return {"data": whole | {"startedAt": stamp(start), "endedAt": stamp(end), "evses": evses}}


def _window(call: Call) -> Span:
    _, values = selected_filters(by_name(_WINDOW), call.query.filters)
    end: datetime = min(values.get("filter_to", call.now), call.now)
    start: datetime = values.get("filter_from", end - LOOKS_BACK)
    if start >= end:
        raise Invalid.of({"filter.from": ["The window must begin before it ends, and before now."]})
    return start, end


def _told(periods: Iterable[Any], *of: int | None) -> tuple[list[Span], list[Span]]:
    """When it was down and when exempt, as periods of the charge point as a whole (None) and of an EVSE say."""
    spans: dict[str, list[Span]] = {"downtime": [], "exempt": []}
    for key, kind, started, ended in periods:
        if key in of:
            spans[kind].append((started, ended or datetime.max.replace(tzinfo=started.tzinfo)))
    return spans["downtime"], spans["exempt"]


def _after(made: datetime, spans: list[Span]) -> list[Span]:
    """Spans but for what was before an EVSE was there."""
    return [(max(start, made), end) for start, end in spans if end > made]


def _shown(found: Uptime) -> dict[str, Any]:
    return {
        "operationalMinutes": round(found.operational, 1),
        "downtimeMinutes": round(found.down, 1),
        "uptimePercent": found.percent,
    }
