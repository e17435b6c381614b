"""The relay: a command goes to the socket of this node, or through the post to the node that holds the socket."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.app.nodes.membership import Membership
from ohmstead.app.nodes.message_bus import MessageBus
from ohmstead.app.nodes.messages import Order, ReleaseSocket, command_of, order, outcome_of
from ohmstead.kit.db import Database, Statement
from ohmstead.ocpp.gateway import Gateway
from ohmstead.ocpp.registry import Registry
from ohmstead.rooms.devices.stations import Command, Outcome, StationOffline, StationSilent
from ohmstead.rooms.network.charge_points import charge_point

LOOK_EVERY_S = 60.0
IN_LINE = 3

_own = charge_point.c
_HOLDER = Statement(select(_own.node_id).where(_own.id == bindparam("station", type_=BigInteger), _own.connected))
_held = select(_own.id, _own.node_id).where(_own.connected, _own.node_id.is_not(None))
_ALL_HELD = Statement(_held)
_HELD = Statement(_held.where(_own.id == any_(bindparam("stations", type_=ARRAY(BigInteger)))))


class Relay:
    """Implements `ohmstead.rooms.devices.stations.Stations` for the charge points of all nodes. As long as there is no
    other node it asks nobody but its own sockets. The other node knows how long its charge point may take (that is
    `call_timeout_s` each, and some may stand in line); should a letter be lost, there is an end here too."""

    def __init__(
        self, registry: Registry, database: Database, members: Membership, post: MessageBus, call_timeout_s: float
    ) -> None:
        self._local, self._registry, self._database = Gateway(registry), registry, database
        self._members, self._post, self._within_s = members, post, IN_LINE * call_timeout_s
        self._elsewhere: dict[int, int] = {}  # charge point -> the other node that holds it, as far as we looked
        self._wake = asyncio.Event()
        post.answers(Order, self._obey)
        post.reads(ReleaseSocket, self._let_go)

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        """See `Stations.call`."""
        if self._local.connected(charge_point_id) or not self._members.others:
            return await self._local.call(charge_point_id, command)
        holder = await self._holder(charge_point_id)
        if holder is None or holder == self._members.id:
            raise StationOffline
        try:
            async with asyncio.timeout(self._within_s):
                answer = await self._post.ask(holder, lambda number: order(number, charge_point_id, command))
        except TimeoutError:
            raise StationSilent(self._within_s) from None
        return outcome_of(answer)

    def connected(self, charge_point_id: int) -> bool:
        """See `Stations.connected`; of the stations of others as of the last `look`."""
        return self._local.connected(charge_point_id) or self._elsewhere.get(charge_point_id) in self._members.others

    async def look(self, charge_points: Iterable[int] | None = None) -> None:
        """Read which stations other nodes hold: of these charge points, or of all."""
        if not self._members.others:
            self._elsewhere.clear()
            return
        known = None if charge_points is None else list(charge_points)
        async with self._database.read() as tx:
            rows = await tx.all(_ALL_HELD) if known is None else await tx.all(_HELD, stations=known)
        for one in list(self._elsewhere) if known is None else known:
            self._elsewhere.pop(one, None)
        self._elsewhere |= {row["id"]: row["node_id"] for row in rows if row["node_id"] != self._members.id}

    def wake(self) -> None:
        """Nodes came or went: look soon."""
        self._wake.set()

    async def run(self) -> None:
        """Look at all once a minute and when woken, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._wake.wait()
            self._wake.clear()
            await self.look()

    def came(self, charge_point_id: int, held_by: int | None) -> None:
        """A station connected here; whoever held it until now lets it go."""
        self._elsewhere.pop(charge_point_id, None)
        if held_by in self._members.others:
            self._post.send(held_by, ReleaseSocket(charge_point_id))

    def drop_all(self) -> None:
        """Close every socket of ours: others have taken this node for dead."""
        for connection in self._registry:
            self._registry.drop(connection.charge_point_id)

    async def _holder(self, charge_point_id: int) -> int | None:
        async with self._database.read() as tx:
            return await tx.value(_HOLDER, station=charge_point_id)

    async def _obey(self, told: Order) -> Outcome:
        return await self._local.call(told.station_id, command_of(told))

    async def _let_go(self, told: ReleaseSocket) -> None:
        """Unless it has come back to us meanwhile."""
        if await self._holder(told.station_id) != self._members.id:
            self._registry.drop(told.station_id)
