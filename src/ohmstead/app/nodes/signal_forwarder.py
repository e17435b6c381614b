"""The bridge: what this node signals to load management reaches the nodes that run it, a tenth of a second together."""

import asyncio
import math
from collections.abc import Callable
from datetime import datetime

from ohmstead.app.nodes.membership import Membership
from ohmstead.app.nodes.message_bus import MessageBus
from ohmstead.app.nodes.messages import Reading, StateChanges
from ohmstead.app.nodes.relay import Relay
from ohmstead.engines.dlm.tree import Amps
from ohmstead.rooms.charging.signals import limits_changed, metered_now, schedule_awaited, session_changed
from ohmstead.rooms.energy.meters import meter_reported
from ohmstead.rooms.network.signals import (
    evse_status_changed,
    outside_limit_changed,
    presence_changed,
    station_booted,
)
from ohmstead.rooms.power.circuits.resource import circuit_changed, member_changed
from ohmstead.rooms.power.management.manager import LoadManagement
from ohmstead.rooms.power.management.release import limits_undone

GATHER_S = 0.1


class Bridge:
    """Hears the signals of this node from `open` to `close`. With no other node that runs load management, nothing is
    gathered and nothing sent. The state changes of others go to our load management and set off no signal here."""

    def __init__(self, members: Membership, post: MessageBus, relay: Relay, management: LoadManagement) -> None:
        self._members, self._post, self._relay, self._management = members, post, relay, management
        self._news: StateChanges | None = None
        self._ends: list[Callable[[], None]] = []
        post.reads(StateChanges, self._hear)

    def open(self) -> None:
        """Begin to listen."""
        self._ends = [
            presence_changed.connect(lambda point: self._tell(lambda news: news.presence.add(point))),
            station_booted.connect(lambda point: self._tell(lambda news: news.booted.add(point))),
            limits_changed.connect(self._stale),
            outside_limit_changed.connect(self._stale),
            limits_undone.connect(lambda point: self._tell(lambda news: news.undone.add(point))),
            schedule_awaited.connect(lambda *of: self._tell(lambda news: news.awaiting.add(of))),
            evse_status_changed.connect(lambda point, _: self._stale(point)),
            session_changed.connect(lambda _, point, __: self._stale(point)),
            metered_now.connect(lambda draws: self._tell(lambda news: news.draws.extend(draws))),
            meter_reported.connect(self._read),
            member_changed.connect(self._stale),
            circuit_changed.connect(lambda circuit: self._tell(lambda news: _circuits(news, circuit))),
            self._management.gave_away.connect(lambda: self._tell(_circuits)),
        ]

    def close(self) -> None:
        """Listen no more."""
        for end in self._ends:
            end()
        self._ends = []

    def _stale(self, charge_point_id: int) -> None:
        self._tell(lambda news: news.stale.add(charge_point_id))

    def _read(self, meter_id: int, at: datetime, amps: Amps) -> None:
        first, second, third = (None if math.isnan(line) else line for line in amps)
        self._tell(lambda news: news.readings.append(Reading(meter_id, at, (first, second, third))))

    def _tell(self, note: Callable[[StateChanges], None]) -> None:
        if not self._members.workers:
            return
        if self._news is None:
            self._news = StateChanges()
            asyncio.get_running_loop().call_later(GATHER_S, self._send)
        note(self._news)

    def _send(self) -> None:
        news, self._news = self._news, None
        if news is not None:
            for worker in self._members.workers:
                self._post.send(worker, news)

    async def _hear(self, news: StateChanges) -> None:
        management = self._management
        if news.presence:
            await self._relay.look(news.presence)
        for point in news.presence:
            management.came_or_went(point)
        for point in news.booted:
            management.booted(point)
        for point in news.stale:
            management.stale(point)
        for point in news.undone:
            management.doubt(point)
        for point, outlet in news.awaiting:
            management.awaits(point, outlet)
        for circuit in news.changed:
            management.circuit_changed(circuit)
        if news.circuits:
            management.rearrange()
        if news.draws:
            management.drew(news.draws)
        for one in news.readings:
            first, second, third = (math.nan if line is None else line for line in one.amps)
            management.metered(one.meter_id, one.at, (first, second, third))


def _circuits(news: StateChanges, *changed: int) -> None:
    news.circuits = news.circuits or not changed
    news.changed.update(changed)
