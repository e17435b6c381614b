"""The dispatcher: takes subscriptions that no other worker has, up to its share, and runs a sender for each."""

import asyncio
import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import asyncpg
import msgspec
import structlog

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import DatabaseUnavailable, Row, Statement
from ohmstead.kit.faults import Seldom
from ohmstead.kit.signals import Signal
from ohmstead.rooms.notices.circuit_breakers import Endpoints
from ohmstead.rooms.notices.fan_out import CHANNEL
from ohmstead.rooms.notices.living import living
from ohmstead.rooms.notices.results import Results
from ohmstead.rooms.notices.sender import MOST_LOADED, Sender
from ohmstead.rooms.notices.tables import notification_subscription
from ohmstead.rooms.notices.transport import Transport
from ohmstead.rooms.notices.wanted import changed
from ohmstead.rooms.operator.admins import Vault, api_token
from ohmstead.store.commit_notifier import ids_in
from ohmstead.store.engine import PostgresDatabase

log = structlog.get_logger("ohmstead.notices")

LOCKS = 0x4E07 << 32  # session advisory locks: this and the id of the subscription that its holder sends for, 0: of any
LOOK_S = 1.0
ANSWERS_WITHIN_S = 10.0  # the database, on the connection that holds the locks
GRACE_S = 2.0
LEAST_LOADED, ALL_LOADED = 20, 4_000  # deliveries in memory: of one sender, and of all

_SUBSCRIPTIONS = Statement(
    living(notification_subscription, api_token.c.secret).order_by(notification_subscription.c.id)
)  # fmt: skip
_LOCK = "SELECT id FROM unnest($1::bigint[]) AS wanted(id) WHERE pg_try_advisory_lock($2 + id)"
_SENDING = """SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND objid = 0
AND classid = $1 AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_UNLOCK = "SELECT pg_advisory_unlock($2 + id) FROM unnest($1::bigint[]) AS let_go(id)"

Factory = Callable[[Row, str], Transport]
"""Makes the transport of a subscription, of its row and of the token that signs."""


class Dispatcher:
    """Sends what was fanned out. `transports` are by `via`; `share` says how many workers there are, of whom
    those count that are seen to send. `attempted` tells of each attempt: by what it went, and its outcome."""

    def __init__(
        self, database: PostgresDatabase, vault: Vault, clock: Clock, transports: Mapping[str, Factory],
        share: Callable[[], int],
    ) -> None:  # fmt: skip
        self._database, self._vault, self._clock = database, vault, clock
        self._transports, self._share = transports, share
        self.attempted = Signal()
        self._endpoints, self._results = Endpoints(clock), Results(database)
        self._senders: dict[int, Sender] = {}
        self._stopping: dict[int, tuple[Sender, asyncio.Task[None]]] = {}
        self._stopped: list[int] = []
        self._known: set[int] = set()
        self._look_now = asyncio.Event()
        self._seldom: dict[int, Seldom] = {}

    @property
    def subscriptions(self) -> set[int]:
        """Those that are sent for here."""
        return set(self._senders)

    async def run(self) -> None:
        """For ever, on a connection of its own, whose locks say what is sent for here. Where it is lost another worker
        may have them, so all sending stops at once."""
        while True:
            with suppress(DatabaseUnavailable, asyncpg.PostgresError, TimeoutError):
                async with self._database.dedicated() as line:
                    line.add_termination_listener(self._lost)
                    await line.execute(f"SELECT pg_advisory_lock_shared({LOCKS})")
                    await line.add_listener(CHANNEL, lambda *said: self.wake(*ids_in(said[3])))
                    await self._live(line)
            await asyncio.sleep(LOOK_S)

    async def _live(self, line: Any) -> None:
        ends = (
            self._database.notifier_of(CHANNEL).rung.connect(self.wake),
            changed.connect(lambda _: self._look_now.set()),
        )
        try:
            while not line.is_closed():
                self._look_now.clear()
                await self._look(line)
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await self._look_now.wait()
        finally:
            for end in ends:
                end()
            await self._stop_all()

    def wake(self, *ids: int) -> None:
        """There is something new, for these subscriptions or for any."""
        for id in ids or tuple(self._senders):
            if id in self._senders:
                self._senders[id].wake()
            elif id not in self._known:
                self._look_now.set()

    async def _look(self, line: Any) -> None:
        """Let go what is not to be sent for here any more, and take what nobody has."""
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            stopped, self._stopped = self._stopped, []
            await line.fetch(_UNLOCK, stopped, LOCKS)
            sending = await line.fetchval(_SENDING, LOCKS >> 32)  # who died is not among them any more
        with suppress(DatabaseUnavailable):
            rows = await self._living()
            self._known = set(rows)
            most = math.ceil(len(rows) / max(1, min(self._share(), sending)))
            self._let_go(rows, most)
            await self._take(line, rows, most)

    async def _living(self) -> dict[int, Row]:
        """The subscriptions for which there is a transport, by their ids."""
        async with self._database.read() as tx:
            return {row["id"]: row for row in await tx.all(_SUBSCRIPTIONS) if row["via"] in self._transports}

    def _let_go(self, rows: Mapping[int, Row], most: int) -> None:
        for id, sender in tuple(self._senders.items()):
            if id not in rows or rows[id]["updated_at"] != sender.subscription["updated_at"]:
                self._stop(id)
        for id in sorted(self._senders)[most:]:
            self._stop(id)

    def _stop(self, id: int) -> None:
        """Stop a sender; when it has stopped its lock is given back with the next look."""

        def stopped(_: Any) -> None:
            del self._stopping[id]
            self._stopped.append(id)
            self._look_now.set()

        sender = self._senders.pop(id)
        task = asyncio.create_task(self._end(sender))
        self._stopping[id] = sender, task
        task.add_done_callback(stopped)

    async def _end(self, sender: Sender) -> None:
        try:
            await sender.stop(GRACE_S)
        except Exception:
            log.exception("sender not stopped well", subscription=sender.id)
        finally:
            self._endpoints.leave(_address(sender.subscription), sender)

    async def _take(self, line: Any, rows: Mapping[int, Row], most: int) -> None:
        free = list(rows.keys() - self._senders.keys() - self._stopping.keys() - set(self._stopped))
        room = most - len(self._senders) - len(self._stopping)
        taken: list[int] = []
        async with asyncio.timeout(ANSWERS_WITHIN_S):
            while free and len(taken) < room:
                tried, free = free[: room - len(taken)], free[room - len(taken) :]
                taken += [row["id"] for row in await line.fetch(_LOCK, tried, LOCKS)]
        if taken:
            self._stopped += taken
            rows = await self._living()  # as whoever had them left them
            self._start([rows[id] for id in taken if id in rows])
            self._stopped = [id for id in self._stopped if id not in self._senders]

    def _start(self, rows: Sequence[Row]) -> None:
        for row in rows:
            try:
                transport = self._transports[row["via"]](row, self._vault.open(row["secret"]))
            except Exception as error:
                if self._seldom.setdefault(row["id"], Seldom()).passes(repr(error)):
                    log.exception("no transport for a subscription", subscription=row["id"])
                continue
            sender = Sender(
                row, transport, self._database, self._clock, self._results, self.attempted.send, self._look_now.set
            )
            sender.start(self._endpoints.join(_address(row), transport.at_once, sender))
            self._senders[row["id"]] = sender
        most = ALL_LOADED // max(1, len(self._senders))
        for sender in self._senders.values():
            sender.most = max(LEAST_LOADED, min(MOST_LOADED, most))

    def _lost(self, _: Any) -> None:
        """The locks are gone: another worker may send now."""
        for sender in (*self._senders.values(), *(sender for sender, _ in self._stopping.values())):
            sender.break_off()
        self._look_now.set()

    async def _stop_all(self) -> None:
        for id in tuple(self._senders):
            self._stop(id)
        if self._stopping:
            await asyncio.wait([task for _, task in self._stopping.values()])
        self._stopped.clear()


def _address(row: Row) -> Hashable:
    """What its endpoint is known by."""
    return row["via"], row["callback_url"], msgspec.json.encode(row["kafka"])
