"""Balancing by third parties: each circuit that one owns is told to it again and again, and its answers are kept."""

import asyncio
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.power.circuits.loads import lines
from ohmstead.rooms.power.circuits.table import circuit, circuit_load
from ohmstead.rooms.power.integrations.interface import (
    BalancingFailed,
    CircuitState,
    EvseState,
    Limits,
    LineState,
    LoadBalancer,
    SessionState,
)
from ohmstead.rooms.power.integrations.registry import NAMES, balancer_of
from ohmstead.rooms.power.integrations.stored_limits import store
from ohmstead.rooms.power.management.snapshot import Outlet, Snapshot, take

log = structlog.get_logger("ohmstead.power")
EVERY_S, LEAST_PAUSE_S = 30.0, 0.2  # the second in real s, however fast a clock was set to go
ANSWERS_WITHIN_S = 10.0  # real s, whatever a balancer's own patience is
LONGEST = timedelta(hours=24)  # for which limits are believed
AT_ONCE = 20

_own = circuit.c
_GIVEN_AWAY = Statement(
    select(_own.id, _own.load_balancing_integration).where(_own.load_balancing_integration.is_not(None))
)
_LOADS = Statement(select(circuit_load).where(circuit_load.c.circuit_id == bindparam("here", type_=BigInteger)))


class Balancing:
    """Asks one third party after the other's circuits, all of them at once; one that fails is told of once."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._few = asyncio.Semaphore(AT_ONCE)
        self._failing: set[int] = set()

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.ask_all()
            except Exception as error:
                log_failure(log, "load balancers not asked", error)
            await self._clock.real.sleep(LEAST_PAUSE_S)
            await self._clock.sleep(EVERY_S)

    async def ask_all(self) -> None:
        """Each circuit once."""
        async with self._database.read() as tx:
            rows = await tx.all(_GIVEN_AWAY)
        today = self._clock.now().date()
        asked = [(row, balancer) for row in rows if (balancer := _asked_now(row, today)) is not None]
        self._failing &= {row["id"] for row, _ in asked}
        await asyncio.gather(*(self._try(row, balancer) for row, balancer in asked))

    async def _try(self, row: Row, balancer: LoadBalancer) -> None:
        """What it said last holds where it does not say anything now."""
        about = {"circuit": row["id"], "integration": NAMES[row["load_balancing_integration"]["id"]]}
        try:
            async with self._few:
                await self._ask(row, balancer)
        except Exception as error:
            if row["id"] not in self._failing:
                log.warning("load balancer not heeded", why=str(error) or type(error).__name__, **about)
            self._failing.add(row["id"])
        else:
            if row["id"] in self._failing:
                log.info("load balancer heeded again", **about)
            self._failing.discard(row["id"])

    async def _ask(self, row: Row, balancer: LoadBalancer) -> None:
        async with self._database.read() as tx:
            snapshot = await take(tx, row["id"])
            if snapshot is None:
                return
            state = await _state(tx, row, snapshot, self._clock.now())
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            answer = await balancer.limits(state)
        _check(answer, state, self._clock.now())
        async with self._database.begin() as tx:
            await store(tx, row["id"], row["load_balancing_integration"]["id"], answer)


def _asked_now(row: Row, today: date) -> LoadBalancer | None:
    """Who is to be asked of a circuit; nobody before the day from which DREEV's schedules apply."""
    chosen: dict[str, Any] = row["load_balancing_integration"]
    begins = (chosen.get("fields") or {}).get("startDate")
    return None if begins and date.fromisoformat(begins) > today else balancer_of(chosen["id"])


async def _state(tx: Tx, row: Row, snapshot: Snapshot, now: datetime) -> CircuitState:
    own = snapshot.circuits[row["id"]]
    flows = {load["line"]: load for load in await tx.all(_LOADS, here=row["id"])}
    return CircuitState(
        circuit_id=row["id"],
        at=now,
        integration=row["load_balancing_integration"],
        max_current=own["max_current"],
        lines=[_line(line, flows.get(line)) for line in lines(own)],
        evses=[_evse(outlet) for outlet in snapshot.outlets.values() if outlet.apart is None],
    )


def _line(line: int, load: Row | None) -> LineState:
    return LineState(line=line, managed=load["managed"] if load else 0.0, unmanaged=load["unmanaged"] if load else 0.0)


def _evse(outlet: Outlet) -> EvseState:
    charge = outlet.charge
    session = charge and SessionState(id=charge.id, started_at=charge.started_at, energy_wh=charge.energy_wh)
    return EvseState(
        evse_id=outlet.id,
        charge_point_id=outlet.charge_point_id,
        lines=[line + 1 for line in outlet.wiring.lines],
        min_current=outlet.least,
        max_current=outlet.rating,
        session=session,
    )


def _check(answer: Limits, state: CircuitState, now: datetime) -> None:
    """Raises BalancingFailed where an answer makes no sense: nothing of it is taken then."""
    if answer.valid_until.tzinfo is None or not now < answer.valid_until <= now + LONGEST:
        raise BalancingFailed(f"limits that are valid until {answer.valid_until.isoformat()}")
    for what, named, known in (
        ("EVSE", (one.evse_id for one in answer.evses), {one.evse_id for one in state.evses}),
        ("charge point", (one.charge_point_id for one in answer.charge_points),
         {one.charge_point_id for one in state.evses}),
    ):  # fmt: skip
        if strange := _strange(named, known):
            raise BalancingFailed(f"a limit of the {what} {strange}, which is not on the circuit")


def _strange(named: Iterable[int], known: set[int]) -> int | None:
    return next((id for id in named if id not in known), None)
