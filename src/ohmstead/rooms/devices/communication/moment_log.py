"""Logs that are read by the moment: tables cut by month, without a key, of what charge points said; newest first."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, bindparam, select

from ohmstead.kit.access import PARTNER, of_several
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.filters import Filter, by_name, equals, selected_filters, since, until
from ohmstead.kit.operations import Call, Operation, Parameter, Reply, Transactions
from ohmstead.kit.paging import PageRequest, Pages, cursor_page, parse_page
from ohmstead.kit.queries import Query
from ohmstead.rooms.network.charge_points import charge_point

LOOKS_BACK = timedelta(days=1)  # where neither a charge point nor a start is named: the log of all is long
POINT = "chargePointId"

_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class TimeOrderedLog:
    """A log whose rows have a `charge_point_id` and a moment `at`; `told` says a row as the API shows it. Beside its
    own filters it has those of the charge point and of the span of time."""

    def __init__(self, table: FromClause, filters: Iterable[Filter], told: Callable[[Row], dict[str, Any]]) -> None:
        self._table, self._told = table, told
        self._at: ColumnElement[datetime] = table.c.at
        day = "On and after this moment; a day ago where neither this nor a charge point is named."
        self.filters = by_name(
            [
                equals("chargePoint", table.c.charge_point_id, int),
                *filters,
                since("from", self._at, day),
                until("to", self._at),
            ]
        )
        points = select(charge_point.c.partner_id).where(charge_point.c.id == table.c.charge_point_id)
        self._owner = points.scalar_subquery()
        self._listings: dict[Any, Statement] = {}

    def operation(self, name: str, title: str, view: type, doc: str) -> Operation:
        """`GET internal/<name>/v1.0` with a scope of its own."""
        return Operation(
            method="GET",
            path=f"/public-api/internal/{name}/v1.0",
            tag=f"internal / {title.lower()}",
            summary=f"{title} / Listing",
            run=self.listed,
            scope=f"{name}.read",
            partners=True,
            transactions=Transactions.READ,
            answers={200: list[view]},
            errors=(401, 403, 422, 429),
            parameters=(Parameter(POINT, int, doc="The same as `filter[chargePoint]`."),),
            filters=tuple(self.filters.values()),
            pages=Pages.CURSOR,
            doc=doc,
        )

    async def listed(self, call: Call) -> Reply:
        """A page, newest first. It may hold a few more than `per_page`: what is of one moment stays together, because a
        cursor is a moment."""
        page = parse_page(call.query, Pages.CURSOR)
        names, values = selected_filters(self.filters, _asked(call.query))
        if "chargePoint" not in names and "from" not in names:
            names, values = (*names, "from"), values | {self.filters["from"].bound: call.now - LOOKS_BACK}
        statement = self._listing(names, call.actor.binding, page.after is not None, page.forward)
        rows = await call.tx.all(
            statement, **values, partner=call.actor.partner, after=_moment(page.after), most=page.per_page + 1
        )
        shown, more = _cut(rows, page)
        around = cursor_page(page, [_number(row["at"]) for row in shown], more, call.url, call.query)
        return Reply.of(200, {"data": [self._told(row) for row in shown]} | around)

    def _listing(self, *shape: Any) -> Statement:
        if shape not in self._listings:
            self._listings[shape] = self._statement(*shape)
        return self._listings[shape]

    def _statement(self, names: tuple[str, ...], binding: str, after: bool, forward: bool) -> Statement:
        """The newest rows older than `after`, or, backward, the oldest newer ones."""
        query = select(*self._table.c).where(*(self.filters[name].condition() for name in names))
        if binding:
            own = self._owner == PARTNER
            query = query.where(own if binding == "one" else of_several(own))
        if after:
            limit = bindparam("after", type_=self._at.type)
            query = query.where(self._at < limit if forward else self._at > limit)
        query = query.order_by(self._at.desc() if forward else self._at)
        return Statement(query.fetch(bindparam("most", type_=BigInteger), with_ties=True))


def _asked(query: Query) -> dict[str, list[str]]:
    named = {"chargePoint": [query.plain[POINT]]} if POINT in query.plain else {}
    return named | query.filters


def _cut(rows: list[Row], page: PageRequest) -> tuple[list[Row], bool]:
    """The page's rows, newest first, those of its last moment all in; whether others may follow in its direction."""
    shown, more = rows, len(rows) > page.per_page
    if more:
        last = rows[page.per_page - 1]["at"]
        shown = [row for row in rows if (row["at"] >= last if page.forward else row["at"] <= last)]
    return (shown if page.forward else shown[::-1]), more


def _number(at: datetime) -> int:
    """A moment as a cursor carries it: microseconds since 1970."""
    return (at - _EPOCH) // _MICROSECOND


def _moment(number: int | None) -> datetime | None:
    try:
        return None if number is None else _EPOCH + number * _MICROSECOND
    except OverflowError:
        raise Invalid(cursor="The cursor is invalid.") from None
