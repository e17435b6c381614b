"""The wishes of tariffs: while electricity is dear by the tariff of a session whose driver did not ask for boost, it
has the least that it can charge with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ohmstead.kit.db import Tx
from ohmstead.rooms.charging.pricing.optimised import DearHours, slowed_at
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, Wish, wish_sources

_NOTHING = Wanted()


@dataclass(frozen=True, slots=True)
class SlowedWish:
    """To charge slowly in these hours."""

    dear: DearHours
    source: str = "tariff"
    by_surplus: bool = False

    def at(self, now: datetime, session: SessionState) -> Wanted:
        return Wanted(cap=session.least) if self.dear.at(now) else _NOTHING


@wish_sources.load
async def tariffs_wishes(tx: Tx, evses: list[int]) -> Mapping[int, Wish]:
    """By EVSE, where a charge is going on under a tariff of optimised charging."""
    return {id: SlowedWish(dear) for id, dear in (await slowed_at(tx, evses)).items()}
