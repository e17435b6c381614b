"""Which connection holds which charge point on this node."""

import asyncio
from collections.abc import Iterator
from weakref import WeakValueDictionary

import structlog
from websockets.frames import CloseCode

from ohmstead.kit.clock import Clock
from ohmstead.ocpp.connection import Connection
from ohmstead.ocpp.fact_intake import Rooms
from ohmstead.rooms.devices.facts import Connected, Disconnected, Proof

logger = structlog.get_logger()


class Registry:
    """The newest connection of a charge point is the one; an older one's end changes nothing.

    A station that lost power leaves a half-open socket behind, so a second connection is never refused.
    """

    def __init__(self, rooms: Rooms, clock: Clock) -> None:
        self._rooms = rooms
        self._clock = clock
        self._held: dict[int, Connection] = {}
        self._telling: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()
        self._closing: set[asyncio.Task[None]] = set()

    def __iter__(self) -> Iterator[Connection]:
        return iter(tuple(self._held.values()))

    def __len__(self) -> int:
        return len(self._held)

    def get(self, charge_point_id: int) -> Connection | None:
        return self._held.get(charge_point_id)

    async def enter(self, connection: Connection, remote_ip: str, proof: Proof) -> None:
        """Hold this connection from now on, and tell the rooms how it came in."""
        charge_point_id = connection.charge_point_id
        replaced = self._held.get(charge_point_id)
        self._held[charge_point_id] = connection
        if replaced is not None:
            logger.info("connection replaced", charge_point_id=charge_point_id)
            self._close(replaced, CloseCode.NORMAL_CLOSURE, "replaced by a newer connection")
        async with self._in_order(charge_point_id):
            version = connection.version.dialect.version
            await self._rooms.connected(
                Connected(
                    charge_point_id=charge_point_id,
                    version=version,
                    remote_ip=remote_ip,
                    at=self._clock.now(),
                    proof=proof,
                )
            )

    async def leave(self, connection: Connection) -> None:
        """Let go of this connection and tell the rooms, unless a newer one has taken its place."""
        charge_point_id = connection.charge_point_id
        if self._held.get(charge_point_id) is not connection:
            return
        del self._held[charge_point_id]
        async with self._in_order(charge_point_id):
            if charge_point_id not in self._held:
                await self._rooms.disconnected(Disconnected(charge_point_id=charge_point_id, at=self._clock.now()))

    async def look_again(self, connection: Connection) -> None:
        """Treat a station as its model says by now. One that speaks what an earlier model said has to come anew."""
        settings = await self._rooms.connection_settings(connection.charge_point_id)
        if settings is None:
            return
        connection.reconfigure(settings)
        if connection.assumed and connection.version.dialect.version != settings.assume_version:
            self.dismiss(connection, "its model says that it speaks another version")

    def dismiss(self, connection: Connection, reason: str) -> None:
        """Close a connection whose station may not stay; it may come again as it can prove itself then."""
        logger.info("connection dismissed", charge_point_id=connection.charge_point_id, reason=reason)
        self._close(connection, CloseCode.POLICY_VIOLATION, reason)

    def drop(self, charge_point_id: int) -> None:
        """Close its connection without telling anybody: it is held elsewhere by now."""
        connection = self._held.pop(charge_point_id, None)
        if connection is not None:
            self._close(connection, CloseCode.NORMAL_CLOSURE, "replaced by a newer connection")

    def _in_order(self, charge_point_id: int) -> asyncio.Lock:
        """A charge point's comings and goings are told one after the other."""
        return self._telling.setdefault(charge_point_id, asyncio.Lock())

    def _close(self, connection: Connection, code: int, reason: str) -> None:
        """In the background: the other end may be dead and take its time."""
        closing = asyncio.create_task(_closed(connection, code, reason))
        self._closing.add(closing)
        closing.add_done_callback(self._closing.discard)


async def _closed(connection: Connection, code: int, reason: str) -> None:
    try:
        await connection.close(code, reason)
    except Exception:
        logger.exception("connection not closed", charge_point_id=connection.charge_point_id)
