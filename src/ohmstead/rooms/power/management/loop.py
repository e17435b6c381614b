"""The loop of one site: woken by whatever happens below its circuits, it looks again and sends what follows."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from ohmstead.engines.dlm.planning import Send
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Tx
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.devices.stations import Stations
from ohmstead.rooms.power.circuits.trees import Version
from ohmstead.rooms.power.management.consumption import Consumption
from ohmstead.rooms.power.management.delivery import Applied, Delivery, keep
from ohmstead.rooms.power.management.figures import LineLoad
from ohmstead.rooms.power.management.learned_hours import EVERY_S, keep_hours, known_hours
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import take
from ohmstead.rooms.power.management.stored_loads import MINUTE_S, keep_currents, last_loads, store_loads
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.rooms.power.management.verification import Verification

log = structlog.get_logger("ohmstead.power")
LOADS_EVERY_S = 2.0


class Loop:
    """Runs one site until it is cancelled."""

    def __init__(
        self,
        root: int,
        database: Database,
        stations: Stations,
        clock: Clock,
        tuning: Tuning,
        is_ours: Callable[[], bool],
    ) -> None:
        self.root, self._database, self._stations, self._clock, self._tuning = root, database, stations, clock, tuning
        self._is_ours = is_ours
        self._delivery = Delivery(stations, clock, is_ours)
        self._verification = Verification(stations, clock, self.wake)
        self.site: Site | None = None
        self._wake, self._stale, self._turning = asyncio.Event(), True, False
        self._unsaved: set[int] = set()
        self._applied: list[Applied] = []
        self._deliveries: set[asyncio.Task[None]] = set()
        self._loads_at, self._shown, self._hours_at = 0.0, (), 0.0
        self._consumption = Consumption()
        self._overloaded = False

    def wake(self, stale: bool = False) -> None:
        """Look again; `stale`: the database says something new of the tree, its stations or its sessions."""
        self._stale = self._stale or stale
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Whether something is still to be looked at or on its way."""
        return self._wake.is_set() or self._turning or bool(self._deliveries)

    async def run(self) -> None:
        """Turn after turn; a turn that fails (the database is away) is made up for at the next tick."""
        self.wake()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._turning = True
                await self._try_a_turn()
                self._turning = False
        finally:
            for delivery in self._deliveries:
                delivery.cancel()
            self._verification.end()

    async def _try_a_turn(self) -> None:
        try:
            await self._turn()
        except Exception as error:
            self._stale = True
            log_failure(log, "load management stumbled", error, circuit=self.root)

    async def _turn(self) -> None:
        if self._stale:
            await self._look()
        if self.site is None or not self._is_ours():
            return
        now = self._clock.now()
        self._mark_presence(self.site, now.timestamp())
        sends = self.site.step(now)
        await self._write_down(self.site, sends)
        for send in sends:
            self._spawn(self._send(self.site, send))
        self._verification.begin(self.site)
        await self._show_loads(self.site, now.timestamp())
        await self._keep_hours(self.site, now.timestamp())
        self._complain(self.site)

    async def _look(self) -> None:
        """Take a new snapshot."""
        self._stale = False
        async with self._database.read() as tx:
            await self._look_through(tx)

    async def site_as_of(self, tx: Tx, version: Version, evse_id: int) -> Site | None:
        """The site, which somebody wants to ask of an EVSE, as of this version of the tree or a later one; None where
        there is none. News of the tree may not have come here yet, so `tx` reads it, and the loop does so again."""
        if self.site is None or self.site.snapshot.version != version or evse_id not in self.site.outlets:
            self.wake(stale=True)
            try:
                await self._look_through(tx)
            except DatabaseUnavailable:
                raise
            except Exception as error:  # a start is not to fail of it
                log_failure(log, "load management stumbled", error, circuit=self.root)
            if self.site is not None:
                self._mark_presence(self.site, self._clock.now().timestamp())
        return self.site

    async def _look_through(self, tx: Tx) -> None:
        snapshot = await take(tx, self.root)
        if snapshot is not None and self.site is None:
            loads, hours = await last_loads(tx, snapshot.circuits), await known_hours(tx, snapshot.circuits)
            if self.site is None:  # nobody was quicker
                self.site = Site(self.root, snapshot, self._tuning, loads, hours)
                return
        if snapshot is None:
            self.site = None
        elif self.site is not None:
            self.site.refresh(snapshot)

    def _mark_presence(self, site: Site, now: float) -> None:
        for outlet in site.outlets.values():
            site.reachable(outlet.id, self._stations.connected(outlet.station_id), now)

    async def _write_down(self, site: Site, sends: list[Send]) -> None:
        """Before a frame goes out. Where that fails nothing is sent, and the envelope is told so."""
        self._unsaved |= site.trust.changed
        site.trust.changed = set()
        evses = {int(send.evse) for send in sends} | {id for id in self._unsaved if id in site.outlets}
        if not evses and not self._applied:
            return
        applied, self._applied = self._applied, []
        try:
            async with self._database.begin() as tx:
                await keep(tx, site, evses, applied)
        except BaseException:
            for send in sends:
                site.envelope.withdrawn(send.seq)
            self._applied = applied + self._applied
            raise
        self._unsaved -= evses

    async def _send(self, site: Site, send: Send) -> None:
        try:
            self._applied += await self._delivery.deliver(site, send)
        except Exception as error:
            log_failure(log, "limit not delivered", error, evse=send.evse)
            site.envelope.lost(send.seq)
        self._unsaved.add(int(send.evse))
        self.wake()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._deliveries.add(task)
        task.add_done_callback(self._deliveries.discard)

    async def _show_loads(self, site: Site, now: float) -> None:
        if now - self._loads_at < LOADS_EVERY_S:
            return
        rows = tuple(site.loads(now))
        shown = tuple(_rounded(row) for row in rows)
        is_kept = now // MINUTE_S == self._loads_at // MINUTE_S
        told = self._consumption.due(site.snapshot.circuits, rows, now)
        if shown == self._shown and is_kept and not told:
            return
        async with self._database.begin() as tx:
            await store_loads(tx, rows)
            if not is_kept:
                limits = site.capacities.caps.of_all(site.snapshot.tree.limits)
                await keep_currents(tx, rows, {int(id): max(amps) for id, amps in limits.items()}, now)
            for fact in told:
                tx.tell(fact)
        self._loads_at, self._shown = now, shown
        self._consumption.told(told, now)

    async def _keep_hours(self, site: Site, now: float) -> None:
        if now - self._hours_at < EVERY_S:
            return
        self._hours_at = now
        if hours := site.learned_hours():
            try:
                async with self._database.begin() as tx:
                    await keep_hours(tx, hours)
            except BaseException:
                site.learn_again(hours)
                raise

    def _complain(self, site: Site) -> None:
        """Say once when cables carry more than they may by what was measured, and once when it is over. What may be
        drawn beyond a limit is no cause for alarm while nobody draws it: a figure shows it."""
        over = site.overloads.now
        if bool(over) != self._overloaded:
            self._overloaded = bool(over)
            if over:
                where = [f"circuit {at.circuit} L{at.line + 1}: {amps:.1f} A" for at, amps in over.items()]
                log.warning("overloaded", circuit=self.root, where=where)
            else:
                log.info("no longer overloaded", circuit=self.root)


def _rounded(row: LineLoad) -> tuple[float | bool, ...]:
    """What of a line is worth telling at once: not that the same was measured again."""
    measured = row.managed_is_measured, row.unmanaged_is_measured
    return row.circuit_id, row.line, round(row.managed, 1), round(row.unmanaged, 1), *measured
