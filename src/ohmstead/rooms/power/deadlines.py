"""Deadlines: when the vehicle of a session leaves and what it wants by then, as wishes in load management."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ohmstead.kit.db import Tx
from ohmstead.rooms.charging.needs import Needs, Source, needs_at
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, Wish, wish_sources


@dataclass(frozen=True, slots=True)
class Deadline:
    """The wish that follows from needs, of the session that they are of."""

    needs: Needs
    by_surplus: bool = False

    @property
    def source(self) -> str:
        return self.needs.source

    def at(self, now: datetime, session: SessionState) -> Wanted:
        """Nothing of a departure that has passed while the vehicle is there yet. What a vehicle says that it can take
        counts where it could charge by it."""
        needs = self.needs
        if needs.session_id != session.session_id:
            return Wanted()
        least = needs.min_current if needs.min_current and needs.min_current <= session.rating else None
        cap = needs.max_current if needs.max_current and needs.max_current >= max(least or 0.0, session.least) else None
        return Wanted(cap, least, needs.departs_at(now), needs.still_wanted(session.energy_wh))


async def _deadlines(tx: Tx, source: Source, evses: list[int]) -> Mapping[int, Wish]:
    return {evse: Deadline(needs) for evse, needs in (await needs_at(tx, source, evses)).items()}


@wish_sources.load
async def by_operators(tx: Tx, evses: list[int]) -> Mapping[int, Wish]:
    return await _deadlines(tx, "operator", evses)


@wish_sources.load
async def by_vehicles(tx: Tx, evses: list[int]) -> Mapping[int, Wish]:
    return await _deadlines(tx, "vehicle", evses)


@wish_sources.load
async def by_bookings(tx: Tx, evses: list[int]) -> Mapping[int, Wish]:
    return await _deadlines(tx, "booking", evses)
