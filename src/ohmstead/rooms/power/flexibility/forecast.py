"""Time series forecast: the energy that an asset may be expected to take in the quarters of an hour to come."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta
from sqlalchemy import BigInteger, DateTime, bindparam, select

from ohmstead.engines.quarter_hours import QUARTER, begun, between, expected
from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.filters import by_name, selected_filters
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.paging import PageRequest, Pages, cursor_answer, parse_page
from ohmstead.kit.views import stamp
from ohmstead.rooms.power.flexibility.assets import LOOKS_BACK, assets
from ohmstead.rooms.power.flexibility.places import zone_of
from ohmstead.rooms.power.flexibility.regulation import Regulation, potentials, regulations
from ohmstead.rooms.power.flexibility.series import Slot, history, slot_id
from ohmstead.rooms.power.flexibility.table import flexibility_energy

AHEAD = timedelta(days=7)
_own = flexibility_energy.c
_HISTORY = Statement(
    select(_own.start_time, _own.energy).where(
        _own.asset_id == bindparam("asset", type_=BigInteger),
        _own.start_time >= bindparam("since", type_=DateTime(timezone=True)),
    )
)
_NONE = Regulation()

forecasts = Group(
    "resource / flexibility assets", "resources/flexibility-assets/", "flexibility-assets", access=OPERATOR
)


class Forecast(Slot):
    downward_regulation_potential: Annotated[
        int, Meta(description="Wh that it could be less, if every EVSE went down to its least current.")
    ]
    upward_regulation_potential: Annotated[
        int, Meta(description="Wh that it could be more, if all EVSEs took what they and the circuit are rated for.")
    ]


@forecasts.get("v1.0/{flexibilityAsset}/time-series-forecast",
               "Flexibility Asset / Time Series Forecast / Listing", gives=Forecast, pages=Pages.CURSOR,
               filters=tuple(history.filters))  # fmt: skip
async def forecast(call: Call) -> dict[str, Any]:
    """The seven days to come: the mean of the same quarter of the same week day in the last four weeks, by the clocks
    where the asset is. A quarter of which nothing is known is left out; of a disabled asset there is none."""
    asset, page = await assets.find(call), parse_page(call.query, Pages.CURSOR)
    _, asked = selected_filters(by_name(history.filters), call.query.filters)
    slots = [one for one in _coming(asset, call.now) if _is_asked(one, asked)]
    known = await call.tx.all(_HISTORY, asset=asset["id"], since=call.now - LOOKS_BACK)
    found = expected({row[0]: row[1] for row in known}, slots, await zone_of(call.tx, asset["id"]))
    its = (await regulations(call.tx, [asset["id"]])).get(asset["id"], _NONE)
    rows = [(slot_id(asset["id"], start), start, *wh)
            for start, wh in zip(found, potentials(found.values(), its), strict=True)]  # fmt: skip
    those, around = cursor_answer(page, _of_page(rows, page), call.url, call.query)
    return {"data": [_shown(asset["id"], *one) for one in those]} | around


def _coming(asset: Row, now: datetime) -> list[datetime]:
    if asset["status"] != "enabled":
        return []
    end = now + AHEAD if asset["ends_at"] is None else min(now + AHEAD, asset["ends_at"])
    return list(between(begun(now) + QUARTER, begun(end)))


def _is_asked(start: datetime, asked: dict[str, Any]) -> bool:
    since, until = asked.get("filter_startTime"), asked.get("filter_endTime")
    return (since is None or start >= since) and (until is None or start + QUARTER <= until)


def _of_page(rows: list[tuple[Any, ...]], page: PageRequest) -> list[tuple[Any, ...]]:
    """As `paged` would select them: one more than fit."""
    ordered = rows if page.forward else rows[::-1]
    after = page.after
    if after is not None:
        ordered = [row for row in ordered if (row[0] > after if page.forward else row[0] < after)]
    return ordered[: page.per_page + 1]


def _shown(asset_id: int, id: int, start: datetime, energy: int, down: int, up: int) -> dict[str, Any]:
    return {
        "id": id, "assetId": asset_id, "startTime": stamp(start), "endTime": stamp(start + QUARTER), "energy": energy,
        "downwardRegulationPotential": down, "upwardRegulationPotential": up,
    }  # fmt: skip
