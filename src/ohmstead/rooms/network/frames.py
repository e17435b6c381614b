"""Frames: the communication log as operators read it, newest first, to find out what a charge point really said."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Annotated, Any, Literal

from msgspec import Meta
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Double,
    Text,
    bindparam,
    cast,
    extract,
    literal_column,
    null,
    select,
    union_all,
)

from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.filters import Filter, by_name, chosen, equals, holds, one_of, since, until
from ohmstead.kit.operations import Call, Does, Operation, Reply
from ohmstead.kit.paging import Pages, Wanted, cursor_page, wanted
from ohmstead.kit.views import View
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.communication import communication_log

LOOKS_BACK = timedelta(days=1)  # where neither a charge point nor a start is named: the log of all is long

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_row = communication_log.c
_ANSWER_MS = extract("epoch", _row.answered_at - _row.at) * 1000
_own = (
    union_all(
        select(
            _row.at,
            _row.charge_point_id,
            _row.direction,
            _row.action,
            _row.message_id,
            _row.latency_ms,
            _row.deviations,
            _row.raw,
        ),
        select(
            _row.answered_at,
            _row.charge_point_id,
            literal_column("'out'", Text),
            _row.action,
            _row.message_id,
            cast(_ANSWER_MS, Double),
            cast(null(), ARRAY(Text)),
            _row.answer,
        ).where(_row.answered_at.is_not(None)),
    )
    .subquery("frame")
    .c
)  # a row is one frame or two, of which each branch finds its own by an index
_OWNER = select(charge_point.c.partner_id).where(charge_point.c.id == _own.charge_point_id).scalar_subquery()


class Frame(View):
    charge_point: int
    at: Annotated[datetime, Meta(description="When it came or went, to the microsecond.")]
    direction: Annotated[Literal["in", "out"], Meta(description="`in`: from the charge point.")]
    action: Annotated[str | None, Meta(description="The action of the call, also of its answer. Null: unreadable.")]
    message_id: str | None
    latency_ms: Annotated[float | None, Meta(description="Of an answer: ms since the call. Null for calls.")]
    deviations: Annotated[list[str], Meta(description="Where the frame is not as OCPP specifies.")]
    frame: Annotated[str, Meta(description="The text on the line, passwords replaced by `***`.")]


FILTERS = by_name(
    [
        equals("chargePoint", _own.charge_point_id, int),
        one_of("direction", _own.direction, "in", "out"),
        equals("action", _own.action),
        equals("messageId", _own.message_id),
        since("from", _own.at, "On and after this moment; a day ago where neither this nor a charge point is named."),
        until("to", _own.at),
        holds("deviating", _own.deviations.is_not(None), "Only frames that deviate from OCPP, or that do not."),
        Filter(
            "minLatencyMs", Annotated[float, Meta(ge=0)], lambda value: _own.latency_ms >= value, Double(),
            "Only answers that took at least so long, ms.",
        ),
    ]
)  # fmt: skip


async def listed(call: Call) -> Reply:
    """A page of frames, newest first. A page may hold a few more than `per_page`: frames of one moment stay together,
    because a cursor is a moment."""
    page = wanted(call.query, Pages.CURSOR)
    names, values = chosen(FILTERS, call.query.filters)
    if "chargePoint" not in names and "from" not in names:
        names, values = (*names, "from"), values | {FILTERS["from"].bound: call.now - LOOKS_BACK}
    statement = _listing(names, call.actor.partner_id is not None, page.after is not None, page.forward)
    rows = await call.tx.all(
        statement, **values, partner=call.actor.partner_id, after=_moment(page.after), most=page.per_page + 1
    )
    shown, more = _cut(rows, page)
    around = cursor_page(page, [_number(row["at"]) for row in shown], more, call.url, call.query)
    return Reply.of(200, {"data": [_told(row) for row in shown]} | around)


@cache
def _listing(names: tuple[str, ...], partner: bool, after: bool, forward: bool) -> Statement:
    """The newest frames older than `after`, or, backward, the oldest newer ones."""
    query = select(*_own).where(*(FILTERS[name].condition() for name in names))
    if partner:
        query = query.where(bindparam("partner", type_=BigInteger) == _OWNER)
    if after:
        limit = bindparam("after", type_=_own.at.type)
        query = query.where(_own.at < limit if forward else _own.at > limit)
    query = query.order_by(_own.at.desc() if forward else _own.at)
    return Statement(query.fetch(bindparam("most", type_=BigInteger), with_ties=True))


def _cut(rows: list[Row], page: Wanted) -> tuple[list[Row], bool]:
    """The page's rows, newest first, those of its last moment all in; whether others may follow in its direction."""
    shown, more = rows, len(rows) > page.per_page
    if more:
        last = rows[page.per_page - 1]["at"]
        shown = [row for row in rows if (row["at"] >= last if page.forward else row["at"] <= last)]
    return (shown if page.forward else shown[::-1]), more


def _told(row: Row) -> dict[str, Any]:
    return {
        "chargePoint": row["charge_point_id"], "at": row["at"].isoformat(timespec="microseconds"),
        "direction": row["direction"], "action": row["action"], "messageId": row["message_id"],
        "latencyMs": row["latency_ms"], "deviations": row["deviations"] or [], "frame": row["raw"],
    }  # fmt: skip


def _number(at: datetime) -> int:
    """A moment as a cursor carries it: microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def _moment(number: int | None) -> datetime | None:
    try:
        return None if number is None else _EPOCH + number * _MICROSECOND
    except OverflowError:
        raise Invalid(cursor="The cursor is invalid.") from None


operations = [
    Operation(
        method="GET",
        path="/public-api/internal/communication-log/v1.0",
        tag="internal / communication log",
        summary="Communication Log / Listing",
        run=listed,
        scope="communication-log.read",
        does=Does.READS,
        answers={200: list[Frame]},
        errors=(401, 403, 422, 429),
        filters=tuple(FILTERS.values()),
        pages=Pages.CURSOR,
        doc="What went over the line to and from charge points, newest first: each frame as it was, how long its "
        "answer took, and what about it is not as OCPP specifies. Frames are kept for three months.",
    )
]
