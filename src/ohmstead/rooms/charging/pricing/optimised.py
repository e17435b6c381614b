"""Optimised charging: who did not ask for all the power takes little while electricity is dear by its tariff."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import text

from ohmstead.engines.electricity_prices import ElectricityPrices
from ohmstead.engines.pricing import Terms
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.tariffs.snapshot_terms import terms_of_snapshots

KIND = "optimised dynamic pricing"
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


class DearHours(Struct, frozen=True):
    """By a tariff: when a kWh costs more than its threshold."""

    threshold: Decimal
    prices: ElectricityPrices
    zone: ZoneInfo

    def at(self, moment: datetime) -> bool:
        return self.prices.billed(moment, moment + _INSTANT, self.zone)[0].per_kwh > self.threshold


async def slowed_at(tx: Tx, evse_ids: list[int]) -> Mapping[int, DearHours]:
    """Of these EVSEs those where somebody charges who is to be slowed while it is dear."""
    rows = await tx.all(_SLOWED, evses=evse_ids, now=tx.now)
    tariffs = await terms_of_snapshots(tx, {row["tariff_snapshot_id"] for row in rows}) if rows else {}
    told = {row["evse_id"]: _dear_hours(tariffs[row["tariff_snapshot_id"]].terms) for row in rows}
    return {evse_id: dear for evse_id, dear in told.items() if dear is not None}


async def is_boosted(tx: Tx, session_id: int) -> bool:
    """Whether its driver asked for all the power there is."""
    return bool(await tx.value(_BOOSTED, session=session_id, now=tx.now))


def _dear_hours(terms: Terms) -> DearHours | None:
    """None where the tariff drew on no electricity rate."""
    threshold = terms.pricing.threshold_price_for_energy
    return None if threshold is None or terms.rate is None else DearHours(threshold, terms.rate, terms.zone)
