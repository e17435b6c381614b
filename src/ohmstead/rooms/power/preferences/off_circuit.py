"""Off the circuits: what is charged at a charge point that hangs on none is told its limit by the mode alone, hour by
hour or as its owner wishes. No cable is looked after there: whoever shares one belongs on a circuit."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, select

from ohmstead.engines.dlm.planning import Send
from ohmstead.engines.dlm.tree import Circuit, Tree
from ohmstead.engines.dlm.wiring import Wiring, WiringError
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.charging.sessions import known_as, session
from ohmstead.rooms.devices.profiles.abilities import abilities_of, said
from ohmstead.rooms.devices.stations import SetChargingProfile, StationError, stations
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.management.delivery import Applied, show
from ohmstead.rooms.power.management.profiles import place, setpoint
from ohmstead.rooms.power.management.schedule import ceiling
from ohmstead.rooms.power.management.snapshot import LEAST_A, Charge, Outlet
from ohmstead.rooms.power.management.wishes import SessionState, Wish
from ohmstead.rooms.power.outlets import every_line, wiring
from ohmstead.rooms.power.preferences.rules import MODE
from ohmstead.rooms.power.preferences.wishes import owners_wishes

log = structlog.get_logger("ohmstead.power")
EVERY_S = 30.0
AGAIN = timedelta(minutes=5)  # after a refusal
USUAL_A = 32.0  # at the least, of an EVSE of which nobody says what it can
LEASE = timedelta(minutes=15)
RENEWED = timedelta(minutes=9)
STEP_A = 1.0  # what a limit changes by at the least
VOLTS = 230.0

_on_one = exists().where(circuit_charge_point.c.charge_point_id == charge_point.c.id)
_CHARGES = Statement(
    select(
        evse.c.id, evse.c.charge_point_id, evse.c.station_id, evse.c.network_id, evse.c.max_amperage, evse.c.phases,
        evse.c.phase_rotation, evse.c.connected_phase, charge_point.c.smart_charging, location.c.timezone,
        session.c.id.label("session_id"), known_as.label("transaction_ref"), session.c.started_at, session.c.energy_wh,
        *said(evse.c.station_id),
    )
    .select_from(evse)
    .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
    .join(session, (session.c.evse_id == evse.c.id) & (session.c.status == "active"))
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(charge_point.c.smart_charging["mode"].astext.in_(("tod", MODE)), ~_on_one)
    .order_by(evse.c.id)
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """What an EVSE was told last, in which session, and when to say it again (None: never)."""

    session_id: int
    amps: float
    again: datetime | None


class OffCircuits:
    """Looks every half minute, and tells what has changed. A limit is a lease: who is cut off charges freely after
    it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._told: dict[int, Told] = {}
        self._refused: dict[int, datetime] = {}

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.look()
            except Exception as error:
                log_failure(log, "charges off circuits not steered", error)
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """See to all that charge off the circuits."""
        async with self._database.read() as tx:
            rows = await tx.all(_CHARGES)
            wishes = await owners_wishes(tx, [row["id"] for row in rows]) if rows else {}
        here = {row["id"] for row in rows}
        self._told = {id: told for id, told in self._told.items() if id in here}
        self._refused = {id: until for id, until in self._refused.items() if id in here}
        await asyncio.gather(*(self._see_to(row, wishes.get(row["id"])) for row in rows))

    async def _see_to(self, row: Row, wish: Wish | None) -> None:
        now, id = self._clock.now(), row["id"]
        if self._refused.get(id, now) > now or not stations.current.connected(row["station_id"]):
            return
        try:
            outlet = _outlet(row)
            amps = _amps(outlet, wish, now)
            if outlet.steered_by is not None and self._is_news(outlet, amps, now):
                await self._tell(outlet, amps, now)
        except StationError as error:
            log.info("limit off a circuit not taken", evse=id, why=str(error))
            self._refused[id] = now + AGAIN
        except Exception as error:
            log_failure(log, "charge off a circuit not steered", error, evse=id)

    def _is_news(self, outlet: Outlet, amps: float, now: datetime) -> bool:
        """Whether something else holds at the EVSE, as far as is known, or will soon. What a charge was told of its own
        ends with it."""
        told = self._told.get(outlet.id)
        if told is not None and outlet.steered_by == "transaction" and told.session_id != _charge(outlet).id:
            told = None
        if told is None:
            return amps < outlet.rating
        changed = abs(told.amps - amps) >= STEP_A or (amps == 0) != (told.amps == 0)
        return changed or (told.again is not None and told.again <= now)

    async def _tell(self, outlet: Outlet, amps: float, now: datetime) -> None:
        free = _most(outlet)
        until = None if amps >= free else (now + LEASE).timestamp()
        limit = Send(0, outlet.id, amps, free, now.timestamp(), until, "renewal")
        profile = setpoint(outlet, _charge(outlet), limit)
        command = SetChargingProfile(evse_network_id=place(outlet, profile), profile=profile)
        outcome = await stations.current.call(outlet.station_id, command)
        if not outcome.agreed:
            log.info("limit off a circuit refused", evse=outlet.id, amps=amps, why=outcome.status)
            self._refused[outlet.id] = now + AGAIN
            return
        again = None if until is None else now + RENEWED
        self._told[outlet.id] = Told(_charge(outlet).id, amps, again)
        async with self._database.begin() as tx:
            await show(tx, [Applied(outlet, _charge(outlet).id, profile, now)])


def _most(outlet: Outlet) -> float:
    """A a line that it has where nothing is wished."""
    return min(outlet.rating, outlet.details.get("defaultChargePointMaxCurrent") or outlet.rating)


def _amps(outlet: Outlet, wish: Wish | None, now: datetime) -> float:
    """A a line for its charge: nothing where that is less than a vehicle takes."""
    charge, bounds = _charge(outlet), [outlet.rating]
    if (hourly := ceiling(outlet.details, now, outlet.zone)) is not None:
        bounds.append(hourly)
    if wish is not None:
        state = SessionState(
            charge.id, charge.started_at, charge.energy_wh, None, outlet.rating, outlet.least,
            len(outlet.wiring.lines), VOLTS,
        )  # fmt: skip
        cap = wish.at(now, state).cap
        bounds += [] if cap is None else [cap]
    return min(bounds) if min(bounds) >= LEAST_A else 0.0


def _outlet(row: Row) -> Outlet:
    details: Mapping[str, Any] = row["smart_charging"]
    abilities = abilities_of(row)
    rating = float(row["max_amperage"] or max(USUAL_A, details.get("defaultChargePointMaxCurrent") or 0.0))
    charge = Charge(
        row["session_id"], row["transaction_ref"], row["started_at"], 1.0, (), float(row["energy_wh"] or 0.0)
    )
    return Outlet(
        row["id"], row["charge_point_id"], row["station_id"], row["network_id"], 0, _wiring(row, details, rating),
        rating, max(LEAST_A, float(details.get("minCurrent") or 0.0)), 1.0, 1.0, dict(details),
        ZoneInfo(row["timezone"] or "UTC"), None, None, charge, unit=abilities.unit or "A", abilities=abilities,
    )  # fmt: skip


def _wiring(row: Row, details: Mapping[str, Any], rating: float) -> Wiring:
    tree = Tree([Circuit(0, None, rating)])
    try:
        return wiring(tree, 0, row, details)
    except WiringError:
        return every_line(tree, 0)


def _charge(outlet: Outlet) -> Charge:
    assert outlet.charge is not None, "only charges are looked at"
    return outlet.charge
