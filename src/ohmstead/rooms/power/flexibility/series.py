"""Historical time series: the energy of each quarter of an hour of an asset, made from the sessions at its EVSEs.

Each quarter the newest one is made, and with it anew what may have changed: the two hours before, for meters tell late,
and the quarters of sessions that ended since, for stations that were out of reach tell all at once.
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, Integer, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.quarter_hours import QUARTER, begun, between, number
from ohmstead.kit.access import INHERITED
from ohmstead.kit.db import Row, Statement, as_columns, unnested_rows
from ohmstead.kit.filters import since, until
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View
from ohmstead.rooms.power.flexibility.assets import assets
from ohmstead.rooms.power.flexibility.places import energies, first_told_late
from ohmstead.rooms.power.flexibility.table import flexibility_asset, flexibility_energy
from ohmstead.store.due_work import DueWork

SETTLES = timedelta(minutes=1)  # after the end of a quarter, so that its last readings are there
ANEW, MOST_ANEW = timedelta(hours=2), timedelta(days=7)
AT_A_TIME = timedelta(days=1)
_own, _asset = flexibility_energy.c, flexibility_asset.c
END_TIME = _own.start_time + QUARTER


class Slot(View):
    id: Id
    asset_id: int
    start_time: datetime
    end_time: datetime
    energy: int


history = Resource(
    "historical-time-series",
    flexibility_energy,
    tag=assets.tag,
    title="Flexibility Asset / Historical Time Series",
    key="",
    access=INHERITED,
    versions=[Version("v1.0", Slot, verbs=("list",))],
    parent=Parent(assets, _own.asset_id),
    columns={"end_time": END_TIME},
    filters=[since("startTime", _own.start_time), until("endTime", END_TIME)],
)


def slot_id(asset_id: int, start: datetime) -> int:
    """The number of an asset's quarter: made anew, or forecast, it is the same."""
    return asset_id << 24 | number(start)


_told = unnested_rows(
    id=_own.id.type, start_time=_own.start_time.type, asset_id=_own.asset_id.type, energy=BigInteger()
)
_put = insert(flexibility_energy).from_select(list(_told.c.keys()), select(_told))
_STORE = Statement(
    _put.on_conflict_do_update(
        index_elements=["id", "start_time"],
        set_={"energy": _put.excluded.energy},
        where=_own.energy != _put.excluded.energy,
    )
)
_key, _now = bindparam("key", type_=BigInteger), bindparam("now", type_=DateTime(timezone=True))
_DONE = Statement(
    update(flexibility_asset)
    .where(_asset.id == _key)
    .values(series_until=bindparam("until", type_=DateTime(timezone=True)))
)
_closed = func.least(_now - SETTLES, _asset.disabled_at, _asset.ends_at)  # NULLs aside
_behind = _asset.series_until <= _closed - QUARTER
_BEHIND = Statement(
    select(flexibility_asset, _closed.label("closed")).where(_asset.id == _key, _behind).with_for_update()
)


class SeriesWork(DueWork):
    """Makes the series of assets, a day at a time where they are behind."""

    every_s = 60.0
    due = Statement(
        select(_asset.id).where(_behind).order_by(_asset.series_until).limit(bindparam("most", type_=Integer))
    )

    async def carry_out(self, row: Row) -> None:
        while await self._go_on(row["id"]):
            pass

    async def _go_on(self, asset_id: int) -> bool:
        """Whether there was something to make."""
        async with self._database.begin() as tx:
            asset = await tx.one(_BEHIND, key=asset_id, now=tx.now)
            if asset is None:
                return False
            done = asset["series_until"]
            end = min(begun(asset["closed"]), done + AT_A_TIME)
            told = await first_told_late(tx, asset_id, done - QUARTER)
            start = max(min(done - ANEW, told or done), done - MOST_ANEW, asset["series_from"])
            slots = list(between(begun(start), end))
            taken = await energies(tx, asset_id, [*slots, end])
            rows = [{"id": slot_id(asset_id, slot), "start_time": slot, "asset_id": asset_id, "energy": energy}
                    for slot, energy in zip(slots, taken, strict=True)]  # fmt: skip
            await tx.run(_STORE, **as_columns(rows))
            await tx.run(_DONE, key=asset_id, until=end)
        return True

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again in a minute."""
