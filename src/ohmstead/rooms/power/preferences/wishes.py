"""The wishes of owners: what their preferences ask of the charge that is going on, at each look of load management."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.engines.charging_goal import AHEAD, Goal, Progress, look
from ohmstead.engines.charging_pace import Pace
from ohmstead.engines.charging_plan import Slot
from ohmstead.engines.solar_surplus import SolarSwitch
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.energy.price_integrations import price_integration
from ohmstead.rooms.energy.prices import prices_of
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.power.management.wishes import SessionState, Wanted, Wish, wish_sources
from ohmstead.rooms.power.preferences.goals import goal_of
from ohmstead.rooms.power.preferences.rules import MODE

_USUAL_A = 16.0  # what most vehicles take of each of three phases
_CAREFUL = 0.9  # of that, or of the rating: what is reckoned with until it is known what the vehicle takes
_KNOWN_AHEAD = AHEAD + timedelta(hours=12)
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_CHARGES = Statement(
    select(
        evse.c.id, session.c.id.label("session_id"), charge_point.c.smart_charging,
        charge_point.c.personal_smart_charging, location.c.timezone,
    )
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .join(session, (session.c.evse_id == evse.c.id) & (session.c.status == "active"))
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(evse.c.id == any_(_ids), charge_point.c.smart_charging["mode"].astext == MODE)
    .where(charge_point.c.personal_smart_charging["enabled"].astext == "true")
)  # fmt: skip
_RATES = Statement(
    select(price_integration.c.id, price_integration.c.electricity_rate_id).where(price_integration.c.id == any_(_ids))
)


@dataclass(slots=True)
class Memory:
    """What is remembered of a charge from look to look."""

    session_id: int
    pace: Pace = field(default_factory=Pace)
    sun: SolarSwitch | None = None


_remembered: dict[int, Memory] = {}
"""By EVSE: of the charge that is going on there."""


@dataclass(frozen=True, slots=True)
class PlannedWish:
    """To charge when it is welcome, or has to be. In a pause the least current keeps the vehicle awake where that is
    wanted and nobody else needs it."""

    goal: Goal
    prices: tuple[Slot, ...]
    keeps_awake: bool
    memory: Memory
    source: str = "preferences"
    by_surplus: bool = False

    def at(self, now: datetime, session: SessionState) -> Wanted:
        """Nothing holds it back while it charges; what is still needed by then is told in any case."""
        pace = self.memory.pace
        progress = Progress(session.started_at, session.energy_wh, pace.power_w or _expected_w(session))
        verdict = look(self.goal, progress, self.prices, now)
        pace.look(now.timestamp(), session.energy_wh, verdict.charges)
        needed = Wanted(departure=verdict.departure, energy_wh=verdict.needed_wh or None)
        if verdict.charges:
            return needed
        if self.keeps_awake and not verdict.done:
            return replace(needed, cap=session.least, least=session.least, weight=0.0)
        return replace(needed, cap=0.0)


def _expected_w(session: SessionState) -> float:
    amps = session.rating if session.lines < 3 else min(session.rating, _USUAL_A)
    return _CAREFUL * amps * session.lines * session.volts


@dataclass(frozen=True, slots=True)
class SolarWish:
    """To charge by what would else flow back to the grid."""

    sun: SolarSwitch
    keeps_awake: bool
    source: str = "sun"
    by_surplus: bool = True

    def at(self, now: datetime, session: SessionState) -> Wanted:
        self.sun.least = session.least
        amps = self.sun.allows(now.timestamp(), session.surplus)
        if not amps and self.keeps_awake:
            return Wanted(cap=session.least, least=session.least, weight=0.0)
        return Wanted(cap=amps)


@wish_sources.load
async def owners_wishes(tx: Tx, evses: list[int]) -> Mapping[int, Wish]:
    """By EVSE, where a charge is going on at a charge point that follows its owner's preferences."""
    rows = await tx.all(_CHARGES, ids=evses)
    if not rows:
        return {}
    rates = await _rates(tx, rows)
    prices: dict[tuple[int, str], tuple[Slot, ...]] = {}
    found: dict[int, Wish] = {}
    for row in rows:
        rate, zone = rates.get(row["id"]), _zone(row)
        if rate is not None and (rate, zone.key) not in prices:
            prices[rate, zone.key] = await _prices(tx, rate, zone)
        wish = _wish(row, zone, () if rate is None else prices[rate, zone.key])
        if wish is not None:
            found[row["id"]] = wish
    return found


def _zone(row: Row) -> ZoneInfo:
    return ZoneInfo(row["timezone"] or "UTC")


async def _rates(tx: Tx, rows: list[Row]) -> dict[int, int]:
    """EVSE -> the electricity rate whose prices count."""
    wanted = {row["id"]: row["personal_smart_charging"] for row in rows}
    named = [one["integrationId"] for one in wanted.values() if one.get("integrationId") is not None]
    of_integration = {row[0]: row[1] for row in await tx.all(_RATES, ids=named)} if named else {}
    found = {
        id: one.get("electricityRateId") or of_integration.get(one.get("integrationId")) for id, one in wanted.items()
    }
    return {id: rate for id, rate in found.items() if rate is not None}


def _wish(row: Row, zone: ZoneInfo, prices: tuple[Slot, ...]) -> Wish | None:
    wanted, details = row["personal_smart_charging"], row["smart_charging"]
    memory, awake = _memory(row), bool(details.get("enableKeepAwake"))
    if wanted["type"] == "solar":
        return SolarWish(_switch(memory, wanted["preferences"]), awake)
    goal = goal_of(wanted, details, zone)
    return None if goal is None else PlannedWish(goal, prices, awake, memory)


async def _prices(tx: Tx, rate_id: int, zone: ZoneInfo) -> tuple[Slot, ...]:
    """What is known; holes stay holes."""
    start, end = tx.now - AHEAD, tx.now + _KNOWN_AHEAD
    found = await prices_of(tx, rate_id, start, end)
    return (
        () if found is None else tuple(Slot(one.start, one.end, one.per_kwh) for one in found.known(start, end, zone))
    )


def _memory(row: Row) -> Memory:
    """Of this charge; at a personal charge point the next vehicle is likely the same, so its pace is handed on."""
    known = _remembered.get(row["id"])
    if known is None or known.session_id != row["session_id"]:
        power = None if known is None else known.pace.power_w
        known = _remembered[row["id"]] = Memory(row["session_id"], Pace(power))
    return known


def _switch(memory: Memory, preferences: Mapping[str, Any]) -> SolarSwitch:
    """The one there is, with what is set now."""
    said = preferences["maxCurrentFromGrid"], preferences["solarStableTime"]
    if memory.sun is None:
        memory.sun = SolarSwitch(*said)
    memory.sun.from_grid, memory.sun.stable_s = said
    return memory.sun
