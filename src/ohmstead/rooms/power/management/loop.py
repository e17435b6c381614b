"""The loop of one site: woken by whatever happens below its circuits, it looks again and sends what follows."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from sqlalchemy import ARRAY, BigInteger, Double, Integer, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.dlm.planning import Send
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Statement
from ohmstead.rooms.network.stations import Stations
from ohmstead.rooms.power.circuits.table import circuit_load
from ohmstead.rooms.power.management.delivery import Applied, Delivery, keep
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.snapshot import take
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.store.faults import log_failure

log = structlog.get_logger("ohmstead.power")
LOADS_EVERY_S = 2.0
ALARM_AFTER_S = 10.0


def _loads() -> Statement:
    columns = ("circuit_id", BigInteger), ("line", Integer), ("managed", Double), ("unmanaged", Double)
    arrays = [bindparam(name, type_=ARRAY(kind)) for name, kind in columns]
    rows = func.unnest(*arrays).table_valued(*(name for name, _ in columns)).render_derived()
    given = select(*(rows.c[name] for name, _ in columns), bindparam("now", type_=circuit_load.c.at.type))
    own = insert(circuit_load).from_select([*(name for name, _ in columns), "at"], given)
    newer = {name: own.excluded[name] for name in ("managed", "unmanaged", "at")}
    return Statement(own.on_conflict_do_update(index_elements=["circuit_id", "line"], set_=newer))


_LOADS = _loads()


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
        self.site: Site | None = None
        self._wake, self._stale = asyncio.Event(), True
        self._unsaved: set[int] = set()
        self._applied: list[Applied] = []
        self._deliveries: set[asyncio.Task[None]] = set()
        self._loads_at, self._shown = 0.0, ()
        self._overcommitted = False
        self._over_since: float | None = None

    def wake(self, stale: bool = False) -> None:
        """Look again; `stale`: the database says something new of the tree, its stations or its sessions."""
        self._stale = self._stale or stale
        self._wake.set()

    @property
    def busy(self) -> bool:
        """Whether something is still to be looked at or on its way."""
        return self._wake.is_set() or bool(self._deliveries)

    async def run(self) -> None:
        """Turn after turn; a turn that fails (the database is away) is made up for at the next tick."""
        self.wake()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                await self._try_a_turn()
        finally:
            for delivery in self._deliveries:
                delivery.cancel()

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
        self._mark_presence(self.site)
        sends = self.site.step(now)
        await self._write_down(self.site, sends)
        for send in sends:
            self._spawn(self._send(self.site, send))
        await self._show_loads(self.site, now.timestamp())
        self._complain(self.site, now.timestamp())

    async def _look(self) -> None:
        """Take a new snapshot."""
        self._stale = False
        async with self._database.read() as tx:
            snapshot = await take(tx, self.root)
        if snapshot is None:
            self.site = None
        elif self.site is None:
            self.site = Site(self.root, snapshot, self._tuning)
        else:
            self.site.refresh(snapshot)

    def _mark_presence(self, site: Site) -> None:
        for outlet in site.outlets.values():
            site.reachable(outlet.id, self._stations.connected(outlet.station_id))

    async def _write_down(self, site: Site, sends: list[Send]) -> None:
        """Before a frame goes out. Where that fails nothing is sent, and the envelope is told so."""
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
        rounded = tuple((*row[:2], round(row[2], 1), round(row[3], 1)) for row in rows)
        if rounded == self._shown and now - self._loads_at < 60:
            return
        self._loads_at, self._shown = now, rounded
        ids, lines, managed, unmanaged = (list(column) for column in zip(*rows, strict=True))
        async with self._database.begin() as tx:
            await tx.run(_LOADS, circuit_id=ids, line=lines, managed=managed, unmanaged=unmanaged, now=tx.now)

    def _complain(self, site: Site, now: float) -> None:
        """Say once when more may flow than a cable carries and that lasts, and once when it is over.

        An EVSE that was never heard of counts with its rating until it has taken its first limit: no cause for alarm.
        """
        over = site.overcommitted(now)
        self._over_since = (self._over_since or now) if over else None
        lasting = self._over_since is not None and now - self._over_since >= ALARM_AFTER_S
        if lasting != self._overcommitted:
            self._overcommitted = lasting
            if lasting:
                where = [f"circuit {one.conductor.circuit} L{one.conductor.line + 1}: {one.amps:.1f} A" for one in over]
                log.warning("overcommitted", circuit=self.root, where=where, until=over[0].until)
            else:
                log.info("no longer overcommitted", circuit=self.root)
