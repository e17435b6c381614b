"""Default prices: what a display says while nobody charges. They are the texts of the base tariff of the station's
first EVSE, and are told when they change, and again after each boot."""

from datetime import timedelta

from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Row, Statement
from ohmstead.rooms.charging.displays.sending import told
from ohmstead.rooms.charging.displays.table import shows_messages, station_display
from ohmstead.rooms.devices.stations import ChangeConfiguration, ShowDefaultPrice
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.tariffs.tables import tariff, tariff_group_member
from ohmstead.store.due_work import DueWork, back_off

FIRST, MOST = timedelta(minutes=1), timedelta(hours=1)  # until a station that did not answer is told once more
NAME = ShowDefaultPrice.__name__
FALLBACK = ("TariffCostCtrlr", "TariffFallbackMessage")  # what a station of 2.x says of prices when it knows no better

_own, _point = station_display.c, charge_point.c
_now = bindparam("now", type_=DateTime(timezone=True))
_texts = bindparam("texts", type_=JSONB)
_first_group = (
    select(evse.c.tariff_group_id)
    .where(evse.c.station_id == _point.id, evse.c.deleted_at.is_(None))
    .order_by(evse.c.network_id)
    .limit(1)
    .correlate(charge_point)
    .scalar_subquery()
)
_base = (
    select(tariff.c.display)
    .join(tariff_group_member, tariff_group_member.c.tariff_id == tariff.c.id)
    .where(tariff_group_member.c.tariff_group_id == _first_group, tariff_group_member.c.place == 0)
    .correlate(charge_point)
    .scalar_subquery()
)


def _text(name: str) -> ColumnElement[str | None]:
    return func.nullif(_base[name].astext, "")


_wanted = func.jsonb_build_array(_text("defaultPriceInformation"), _text("defaultPriceInformationOffline"))
_nothing = cast(literal("[null, null]", Text), JSONB)
_DUE = Statement(
    select(_point.id, _point.ocpp_version, func.coalesce(_own.tries, 0).label("tries"), _wanted.label("texts"))
    .outerjoin(station_display, _own.station_id == _point.id)
    .where(_point.connected, _point.deleted_at.is_(None), shows_messages(_point.capabilities))
    .where(or_(_own.due_at.is_(None), _own.due_at <= _now))
    .where(~func.coalesce(literal(NAME) == _own.unknown.any_(), False))
    .where(func.coalesce(_own.told, _nothing) != _wanted)
    .order_by(_point.id)
    .limit(bindparam("most", type_=Integer))
)
_station, _told = bindparam("station", type_=BigInteger), {"told": _texts, "tries": 0, "due_at": None}
_TOLD = Statement(
    insert(station_display)
    .values(station_id=_station, created_at=_now, updated_at=_now, told=_texts)
    .on_conflict_do_update(index_elements=["station_id"], set_={**_told, "updated_at": _now})
)
_later = bindparam("at", type_=DateTime(timezone=True))
_IN_VAIN = Statement(
    insert(station_display)
    .values(station_id=_station, created_at=_now, updated_at=_now, tries=1, due_at=_later)
    .on_conflict_do_update(
        index_elements=["station_id"], set_={"tries": _own.tries + 1, "due_at": _later, "updated_at": _now}
    )
)


class DefaultPrices(DueWork):
    """Tells the stations whose display shows something else. One that refuses a text is not told it again."""

    due = _DUE
    every_s = 10.0

    async def carry_out(self, row: Row) -> None:
        text, offline = row["texts"]
        taken = await told(self._database, row["id"], ShowDefaultPrice(text=text, offline_text=offline))
        if taken and row["ocpp_version"] != "1.6" and offline:
            component, key = FALLBACK
            taken = await told(
                self._database, row["id"], ChangeConfiguration(component=component, key=key, value=offline)
            )
        if taken is None:
            await self._put_off(row)
            return
        async with self._database.begin() as tx:
            await tx.run(_TOLD, station=row["id"], texts=row["texts"], now=tx.now)

    async def failed(self, row: Row, error: Exception) -> None:
        """It is tried again."""
        await self._put_off(row)

    async def _put_off(self, row: Row) -> None:
        async with self._database.begin() as tx:
            at = tx.now + back_off(row["tries"] + 1, FIRST, MOST)
            await tx.run(_IN_VAIN, station=row["id"], at=at, now=tx.now)
