"""Optimised charging: who did not ask for all the power takes little while electricity is dear by its tariff."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select, text

from ohmstead.engines.electricity_prices import ElectricityPrices, electricity_prices
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.tariffs.tables import tariff_snapshot

KIND = "optimised dynamic pricing"
_MOST = 500  # snapshots that are remembered: they never change
_INSTANT = timedelta(seconds=1)

_WANTED = """
COALESCE((SELECT mark.kind FROM charging_mark AS mark
          WHERE mark.session_id = session.id AND mark.kind IN ('boosted', 'optimised') AND mark.at <= :now
          ORDER BY mark.at DESC, mark.id DESC LIMIT 1), 'optimised')"""
_SLOWED = Statement(
    text(f"""
SELECT session.evse_id, session.tariff_snapshot_id
FROM session JOIN tariff_snapshot AS snapshot ON snapshot.id = session.tariff_snapshot_id
WHERE session.evse_id = ANY(CAST(:evses AS bigint[])) AND session.status = 'active'
    AND snapshot.content->'tariff'->>'type' = '{KIND}' AND {_WANTED} = 'optimised'""")
)
_BOOSTED = Statement(text(f"SELECT {_WANTED} = 'boosted' FROM session WHERE id = :session"))
_CONTENT = Statement(
    select(tariff_snapshot.c.content).where(tariff_snapshot.c.id == bindparam("key", type_=BigInteger))
)


class DearHours(Struct, frozen=True):
    """By a tariff: when a kWh costs more than its threshold."""

    threshold: Decimal
    prices: ElectricityPrices
    zone: ZoneInfo

    def at(self, moment: datetime) -> bool:
        return self.prices.billed(moment, moment + _INSTANT, self.zone)[0].per_kwh > self.threshold


_known: dict[int, DearHours | None] = {}


async def slowed_at(tx: Tx, evse_ids: list[int]) -> Mapping[int, DearHours]:
    """Of these EVSEs those where somebody charges who is to be slowed while it is dear."""
    found: dict[int, DearHours] = {}
    for evse_id, snapshot_id in await tx.all(_SLOWED, evses=evse_ids, now=tx.now):
        if (dear := await _dear_hours(tx, snapshot_id)) is not None:
            found[evse_id] = dear
    return found


async def is_boosted(tx: Tx, session_id: int) -> bool:
    """Whether its driver asked for all the power there is."""
    return bool(await tx.value(_BOOSTED, session=session_id, now=tx.now))


async def _dear_hours(tx: Tx, snapshot_id: int) -> DearHours | None:
    if snapshot_id not in _known:
        if len(_known) >= _MOST:
            _known.clear()
        _known[snapshot_id] = _read(await tx.value(_CONTENT, key=snapshot_id))
    return _known[snapshot_id]


def _read(content: Mapping[str, Any]) -> DearHours | None:
    """None where its tariff drew on no electricity rate."""
    threshold, rate = content["tariff"]["pricing"].get("thresholdPriceForEnergy"), content.get("electricityRate")
    if threshold is None or rate is None:
        return None
    return DearHours(Decimal(str(threshold)), electricity_prices(rate), ZoneInfo(content["zone"]))
