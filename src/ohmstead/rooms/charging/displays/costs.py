"""Costs: what a charge costs so far, on the display of its station, and in OCPP 1.6 what it came to."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from sqlalchemy import ARRAY, BigInteger, DateTime, any_, bindparam, func, or_, select

from ohmstead.engines.pricing.model import SessionPrice
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Row, Statement
from ohmstead.rooms.charging.displays.sending import told
from ohmstead.rooms.charging.displays.table import shows_messages, station_display
from ohmstead.rooms.charging.displays.texts import display_of_snapshot, final_text, has_texts
from ohmstead.rooms.charging.session_table import known_as, session
from ohmstead.rooms.charging.signals import price_changed
from ohmstead.rooms.devices.stations import Command, ShowCost, ShowFinalCost
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.tariffs.tables import tariff_snapshot
from ohmstead.store.due_work import AT_ONCE

log = structlog.get_logger("ohmstead.charging")

GATHER_S = 0.5  # prices are made many at a time
PAUSE = timedelta(minutes=1)  # at least, between two amounts of one charge
KEPT = timedelta(hours=1)  # an amount that does not change is told again after this
LEAVES = timedelta(minutes=15)  # after its end nobody looks at the display any more

_own, _point = session.c, charge_point.c
_SHOWN = Statement(
    select(
        *session.c["id", "station_id", "status", "started_at", "metered_at", "meter_wh", "currency"],
        known_as.label("known_as"), _point.ocpp_version, display_of_snapshot.label("display"),
        func.coalesce(station_display.c.unknown, []).label("unknown"),
    )
    .join(charge_point, _point.id == _own.station_id)
    .join(tariff_snapshot, tariff_snapshot.c.id == _own.tariff_snapshot_id)
    .outerjoin(station_display, station_display.c.station_id == _own.station_id)
    .where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .where(shows_messages(_point.capabilities), _point.connected)
    .where(or_(_own.status == "active", _own.stopped_at > bindparam("since", type_=DateTime(timezone=True))))
)  # fmt: skip


class CostDisplay:
    """Tells the stations as prices change, in whichever process these are made."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._told: dict[tuple[int, bool], tuple[Decimal, datetime]] = {}  # session, whether it had ended -> the amount
        self._line = asyncio.Semaphore(AT_ONCE)

    async def run(self) -> None:
        """Until cancelled."""
        changed: asyncio.Queue[tuple[int, SessionPrice]] = asyncio.Queue()
        end = price_changed.connect(lambda *price: changed.put_nowait(price))
        try:
            while True:
                prices = dict([await changed.get()])
                await self._clock.real.sleep(GATHER_S)
                prices |= dict(changed.get_nowait() for _ in range(changed.qsize()))
                await self._try_to_show(prices)
        finally:
            end()

    async def _try_to_show(self, prices: Mapping[int, SessionPrice]) -> None:
        try:
            await self.show(prices)
        except DatabaseUnavailable:
            log.warning("database away", work="costs on displays")

    async def show(self, prices: Mapping[int, SessionPrice]) -> None:
        """Tell the stations of these sessions, those that show messages."""
        now = self._clock.now()
        self._told = {key: told for key, told in self._told.items() if now - told[1] < KEPT}
        async with self._database.read() as tx:
            rows = await tx.all(_SHOWN, ids=list(prices), since=now - LEAVES)
        await asyncio.gather(*(self._show(row, prices[row["id"]], now) for row in rows if has_texts(row["display"])))

    async def _show(self, row: Row, price: SessionPrice, now: datetime) -> None:
        command, ended = _command(row, price), row["status"] != "active"
        if command is None or type(command).__name__ in row["unknown"] or not self._is_news(row, price, now):
            return
        self._told[row["id"], ended] = price.amount, now
        async with self._line:
            try:
                await told(self._database, row["station_id"], command)
            except Exception:  # which would end all others
                log.exception("a cost was not shown", session=row["id"])

    def _is_news(self, row: Row, price: SessionPrice, now: datetime) -> bool:
        ended = row["status"] != "active"
        amount, at = self._told.get((row["id"], ended), (None, now - PAUSE))
        return amount != price.amount and (ended or now - at >= PAUSE)


def _command(row: Row, price: SessionPrice) -> Command | None:
    """A station of 2.x hears in the answer to the end what the charge came to."""
    ref, cost = row["known_as"], float(price.amount)
    if row["status"] == "active":
        last = price.periods[-1] if price.periods else None
        return ShowCost(
            transaction_ref=ref, cost=cost, at=row["metered_at"] or row["started_at"],
            meter_wh=round(row["meter_wh"] or 0), idle=last is not None and last.idle, kwh_price=_kwh_price(price),
        )  # fmt: skip
    if row["ocpp_version"] == "1.6":
        text = final_text(row["display"], price.lines, row["currency"])
        return ShowFinalCost(transaction_ref=ref, cost=cost, text=text)
    return None


def _kwh_price(price: SessionPrice) -> float:
    """By which its energy was last billed; 0 where energy costs nothing."""
    lines = price.periods[-1].lines if price.periods else ()
    return float(sum({line.type: line.unit_price for line in lines if line.unit == "kwh"}.values()))
