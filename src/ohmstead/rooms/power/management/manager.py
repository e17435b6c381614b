"""Load management: keeps a loop for every circuit tree and tells each what happens below it."""

import asyncio
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.dlm.tree import Amps
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.faults import log_failure
from ohmstead.kit.signals import Signal
from ohmstead.rooms.charging.signals import (
    LoadSample,
    limits_changed,
    metered_now,
    schedule_awaited,
    session_changed,
)
from ohmstead.rooms.devices.stations import Stations
from ohmstead.rooms.energy.meters import meter_reported
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged, ChargePointModelChanged, EvseChanged
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.signals import (
    evse_status_changed,
    outside_limit_changed,
    presence_changed,
    station_booted,
)
from ohmstead.rooms.power.circuits.resource import circuit_changed, member_changed
from ohmstead.rooms.power.circuits.table import circuit_charge_point
from ohmstead.rooms.power.management.explanation.ask import Kind, explanations
from ohmstead.rooms.power.management.layout import Layout
from ohmstead.rooms.power.management.loop import Loop
from ohmstead.rooms.power.management.ownership import NodeGroup, Trees
from ohmstead.rooms.power.management.release import Release, limits_undone
from ohmstead.rooms.power.management.site import Site
from ohmstead.rooms.power.management.start_admission import admission
from ohmstead.rooms.power.management.tuning import Tuning

log = structlog.get_logger("ohmstead.power")
_POINT_OF = Statement(select(evse.c.charge_point_id).where(evse.c.id == bindparam("evse", type_=BigInteger)))
_OF_MODEL = Statement(
    select(circuit_charge_point.c.charge_point_id)
    .join(charge_point, charge_point.c.id == circuit_charge_point.c.charge_point_id)
    .where(charge_point.c.model_id == bindparam("model", type_=BigInteger))
)
AGAIN_S = 60.0  # everything is read anew so often, whatever was or was not told


@on(ChargePointChanged)
async def a_charge_point_changed(tx: Tx, fact: ChargePointChanged) -> None:
    """Its model, its place or its smart-charging details may have changed."""
    tx.after_commit(lambda: member_changed.send(fact.id))


@on(EvseChanged)
async def an_evse_changed(tx: Tx, fact: EvseChanged) -> None:
    """Its rating or its wiring may have changed, or it came or went."""
    point = await tx.value(_POINT_OF, evse=fact.id)
    if point is not None:
        tx.after_commit(lambda: member_changed.send(point))


@on(ChargePointModelChanged)
async def a_model_changed(tx: Tx, fact: ChargePointModelChanged) -> None:
    """Its charge points may take other profiles."""
    for row in await tx.all(_OF_MODEL, model=fact.id):
        tx.after_commit(partial(member_changed.send, row[0]))


class LoadManagement:
    """Owns the loops of the trees that this node steers: all, or its share in a `node_group`. `run` until cancelled.

    What happens at other nodes is told by calling the methods that the signals of this one call.
    """

    def __init__(
        self,
        database: Database,
        stations: Stations,
        clock: Clock,
        tuning: Tuning | None = None,
        node_group: NodeGroup | None = None,
    ) -> None:
        self._database, self._stations, self._clock = database, stations, clock
        self._trees = Trees(database, node_group)
        self._owner: int | None = None  # as whom our loops were taken
        self.gave_away = Signal()  # (): trees were left to others
        self.tuning = tuning or Tuning()
        self.loops: dict[int, Loop] = {}
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._layout = Layout()
        self._changed, self._all = set[int](), True  # circuits whose trees are to be read anew, or all of them are
        self._otherwise: set[int] = set()  # trees that are to look again
        self._rearrange, self._arranging = asyncio.Event(), False
        self._release = Release(
            database,
            stations,
            lambda charge_point_id: charge_point_id in self._layout.root_of,
            lambda: node_group is None or node_group.leads,
        )

    async def run(self) -> None:
        """Listen, arrange the loops, and rearrange them when circuits change."""
        hearing = [
            circuit_changed.connect(self.circuit_changed),
            presence_changed.connect(self.came_or_went),
            station_booted.connect(self.booted),
            limits_changed.connect(self.stale),
            limits_undone.connect(self.doubt),
            outside_limit_changed.connect(self.stale),
            evse_status_changed.connect(lambda charge_point_id, _: self.stale(charge_point_id)),
            session_changed.connect(lambda _, charge_point_id, __: self.stale(charge_point_id)),
            schedule_awaited.connect(self.awaits),
            member_changed.connect(self.stale),
            metered_now.connect(self.drew),
            meter_reported.connect(self.metered),
        ]
        beside = [asyncio.create_task(self._tick()), asyncio.create_task(self._release.run())]
        admission.open(self)
        explanations.open(self)
        self._all = True
        try:
            while True:
                self._arranging = True
                await self._arrange()
                self._arranging = False
                await self._rearrange.wait()
        finally:
            admission.open(None)
            explanations.open(None)
            for end in hearing:
                end()
            for task in beside:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await self._end(*self._tasks)

    @property
    def busy(self) -> bool:
        """Whether anything is still being looked at or sent."""
        return self._rearrange.is_set() or self._arranging or any(loop.busy for loop in self.loops.values())

    def loop_of(self, charge_point_id: int) -> Loop | None:
        """The loop of the tree a charge point hangs on."""
        return self.loops.get(self._layout.root_of.get(charge_point_id, 0))

    def site_of(self, charge_point_id: int) -> Site | None:
        """The site a charge point belongs to; None where it hangs on no circuit of ours, as far as is known here."""
        loop = self.loop_of(charge_point_id)
        return loop.site if loop else None

    def site_with(self, kind: Kind, id: int) -> Site | None:
        """The site of ours that a circuit or an EVSE belongs to."""
        for site in (loop.site for loop in self.loops.values()):
            if site is not None and id in (site.snapshot.circuits if kind == "circuit" else site.outlets):
                return site
        return None

    async def _tick(self) -> None:
        since = 0.0
        while True:
            await self._clock.sleep(self.tuning.tick)
            since += self.tuning.tick
            for loop in self.loops.values():
                loop.wake(stale=since >= AGAIN_S)
            if since >= AGAIN_S:
                since = 0.0
                self.rearrange()

    async def _arrange(self) -> None:
        """One loop for each root of ours; trees look again that changed, or whose makeup did. Where circuits alone have
        changed nothing but their trees is read."""
        self._rearrange.clear()
        changed, self._changed = self._changed, set[int]()
        every, self._all = self._all, False
        try:
            async with self._database.read() as tx:
                news = await self._layout.read(tx, changed, every)
            self._otherwise |= news.otherwise
            if every or news.came_or_went:
                await self._take(set(self._layout.trees))
        except Exception as error:
            self._changed, self._all = self._changed | changed, True
            log_failure(log, "circuits could not be read", error)
            return
        otherwise, self._otherwise = self._otherwise, set[int]()
        for root in otherwise & self.loops.keys():
            self.loops[root].wake(stale=True)
        self._release.wake(None if every else news.left)

    async def _take(self, roots: set[int]) -> None:
        """Run the loops of our share of the roots, and no other. A tree is let alone before it is given away."""
        await self._end(*(root for root, task in list(self._tasks.items()) if task.done()))  # and begin anew
        if self._owner != self._trees.owner:
            await self._end(*self._tasks)
        self._owner = self._trees.owner
        if surplus := await self._trees.surplus(roots):
            await self._end(*surplus & self._tasks.keys())
            await self._trees.give(surplus)
            self.gave_away.send()
        ours = await self._trees.ours(roots)
        await self._end(*self._tasks.keys() - ours)
        for root in ours - self._tasks.keys():
            self.loops[root] = Loop(root, self._database, self._stations, self._clock, self.tuning, self._surely)
            self._tasks[root] = asyncio.create_task(self.loops[root].run())

    def _surely(self) -> bool:
        return self._trees.surely(self._owner)

    async def _end(self, *roots: int) -> None:
        for root in roots:
            task = self._tasks.pop(root)
            self.loops.pop(root)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def rearrange(self) -> None:
        """Nodes came or went, or it has been a while."""
        self._all = True
        self._rearrange.set()

    def circuit_changed(self, circuit_id: int) -> None:
        """A circuit came, went or changed, or what hangs on it."""
        self._changed.add(circuit_id)
        self._rearrange.set()

    def came_or_went(self, charge_point_id: int) -> None:
        """A charge point came or went."""
        self.stale(charge_point_id)
        if charge_point_id not in self._layout.root_of:
            self._release.wake({charge_point_id})

    def stale(self, charge_point_id: int) -> None:
        """Something changed at a charge point."""
        if loop := self.loop_of(charge_point_id):
            loop.wake(stale=True)

    def doubt(self, charge_point_id: int) -> None:
        """What a charge point was told may be gone; a loop of ours tells it anew, as after a silence."""
        if (loop := self.loop_of(charge_point_id)) and loop.site is not None:
            for outlet in loop.site.outlets.values():
                if outlet.charge_point_id == charge_point_id:
                    loop.site.reachable(outlet.id, False, self._clock.now().timestamp())
            loop.wake(stale=True)

    def awaits(self, charge_point_id: int, evse_id: int) -> None:
        """A vehicle waits for its limit: it is told once more, whether it changes or not."""
        if (loop := self.loop_of(charge_point_id)) and loop.site is not None and evse_id in loop.site.outlets:
            loop.site.envelope.tell_again(evse_id)
            loop.wake(stale=True)

    def booted(self, station_id: int) -> None:
        """A station started anew, maybe while its line held: what it was told before may be gone."""
        for loop in self.loops.values():
            if loop.site is not None and any(one.station_id == station_id for one in loop.site.outlets.values()):
                loop.site.trust.booted(station_id, self._clock.now().timestamp())
                loop.wake()

    def drew(self, draws: list[LoadSample]) -> None:
        """EVSEs draw so much now, by our own clock: those of stations may be anywhere."""
        now = self._clock.now().timestamp()
        for loop in self.loops.values():
            site = loop.site
            for draw in draws:
                if site is not None and draw.evse_id in site.outlets and self._heard(site, draw, now):
                    loop.wake()

    def _heard(self, site: Site, draw: LoadSample, now: float) -> bool:
        """Whether a draw is worth a look at once; what is not waits for the next tick."""
        try:
            return site.drew(draw.evse_id, now, draw.currents, draw.power_w, draw.soc, draw.at.timestamp())
        except Exception:
            log.exception("draw not taken in", circuit=site.root, evse=draw.evse_id)
            return True

    def metered(self, meter_id: int, at: datetime, amps: Amps) -> None:
        """A meter reports A on its own lines."""
        at = min(at, self._clock.now())
        for loop in self.loops.values():
            try:
                if loop.site is not None and loop.site.metered(meter_id, at.timestamp(), amps):
                    loop.wake()
            except Exception:
                log.exception("meter reading not taken in", circuit=loop.root, meter=meter_id)
