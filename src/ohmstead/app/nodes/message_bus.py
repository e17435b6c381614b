"""The post between nodes: letters lie in a table and NOTIFY rings; those to one node arrive in the order sent."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog
from msgspec import Raw, Struct

from ohmstead.app.nodes.membership import Membership
from ohmstead.app.nodes.messages import Answer, Letter, answered, error_of, failed, read, written
from ohmstead.kit.db import Database, Row
from ohmstead.rooms.devices.presence import nodes
from ohmstead.rooms.devices.stations import StationOffline

log = structlog.get_logger("ohmstead.nodes")

AGAIN_S = 1.0


class Outgoing(Struct, frozen=True):
    """A letter to be written, as the answer to an ask or with the number of one of ours (0: neither)."""

    to: int
    body: bytes
    ask: int = 0
    answers: bool = False


class MessageBus:
    """Sends, asks and takes in.

    A letter that cannot be written at once is given up, never sent late: a limit that an earlier owner of a circuit
    tree meant must not arrive after those of the next. Answers alone are tried again, for somebody waits for them.
    """

    def __init__(self, database: Database, members: Membership) -> None:
        self._database, self._members = database, members
        self._readers: dict[type, Callable[[Any], Awaitable[None]]] = {Answer: self._settle}
        self._answerers: dict[type, Callable[[Any], Awaitable[object]]] = {}
        self._numbers = itertools.count(1)
        self._waiting: dict[int, tuple[int, asyncio.Future[Raw]]] = {}  # ask -> whom, what comes back
        self._outgoing: list[Outgoing] = []
        self._flushing = False
        self._rung = asyncio.Event()
        self._busy: set[asyncio.Task[None]] = set()
        members.rung.connect(self._rung.set)
        members.changed.connect(self._went)

    def reads(self, kind: type, reader: Callable[[Any], Awaitable[None]]) -> None:
        """Hand letters of this type to `reader`, one after the other; it must not take long."""
        self._readers[kind] = reader

    def answers(self, kind: type, answerer: Callable[[Any], Awaitable[object]]) -> None:
        """Answer letters of this type with what `answerer` returns or raises, however long it takes."""
        self._answerers[kind] = answerer

    def send(self, to: int, letter: Letter) -> None:
        """Have a letter delivered, soon."""
        self._put(Outgoing(to, written(letter), answers=isinstance(letter, Answer)))

    async def ask(self, to: int, letter: Callable[[int], Letter]) -> Raw:
        """Send the letter made for a number and wait for what is answered, as long as that takes and its reader lives.
        Raises a `StationError`: what the other side met, or StationOffline where it is no more."""
        if to not in self._members.others:
            await self._members.refresh()
        if to not in self._members.others:
            raise StationOffline
        number = next(self._numbers)
        answer: asyncio.Future[Raw] = asyncio.get_running_loop().create_future()
        self._waiting[number] = to, answer
        try:
            self._put(Outgoing(to, written(letter(number)), number))
            return await answer
        finally:
            del self._waiting[number]

    async def run(self) -> None:
        """Take letters in, for ever."""
        while True:
            await self._rung.wait()
            self._rung.clear()
            if self._members.id is not None:
                async with self._database.begin() as tx:
                    found = await nodes.take(tx, self._members.id)
                for row in found:
                    await self._take(row)

    async def stop(self) -> None:
        """Leave everything; who waits for our answers learns that we are gone."""
        for task in tuple(self._busy):
            task.cancel()

    async def _take(self, row: Row) -> None:
        try:
            letter = read(row["body"])
            if type(letter) in self._answerers:
                self._spawn(self._respond(row["sender_id"], letter))
            elif type(letter) in self._readers:
                await self._readers[type(letter)](letter)
        except Exception:  # from a node of another version, maybe
            log.exception("letter not understood", sender=row["sender_id"])

    async def _respond(self, sender: int, letter: Any) -> None:
        try:
            answer = answered(letter.ask, await self._answerers[type(letter)](letter))
        except Exception as error:
            answer = failed(letter.ask, error)
        self.send(sender, answer)

    async def _settle(self, answer: Answer) -> None:
        if answer.ask not in self._waiting:
            return
        future = self._waiting[answer.ask][1]
        if future.done():
            return
        if answer.failure is None:
            future.set_result(answer.value)
        else:
            future.set_exception(error_of(answer.failure))

    def _put(self, letter: Outgoing) -> None:
        self._outgoing.append(letter)
        if not self._flushing:
            self._flushing = True
            self._spawn(self._flush())

    async def _flush(self) -> None:
        """Write what waits, and what comes meanwhile, in order."""
        try:
            while self._outgoing:
                batch, self._outgoing = self._outgoing, []
                try:
                    await self._write(batch)
                except Exception as error:
                    log.warning("letters not sent", letters=len(batch), why=repr(error))
                    self._give_up(batch)
                    self._outgoing = [one for one in batch if one.answers] + self._outgoing
                    await asyncio.sleep(AGAIN_S)
        finally:
            self._flushing = False

    async def _write(self, batch: list[Outgoing]) -> None:
        """To whoever takes us for dead, nothing that we say counts."""
        me, said = self._members.id, False
        if me is not None:
            async with self._database.begin() as tx:
                said = await nodes.write(tx, me, [(one.to, one.body) for one in batch])
        if not said:
            self._give_up(batch)

    def _give_up(self, batch: list[Outgoing]) -> None:
        asks = {one.ask for one in batch}
        self._fail(lambda number, _: number in asks)

    def _went(self, gone: set[int]) -> None:
        """Nobody waits for the dead."""
        self._fail(lambda _, whom: whom in gone)

    def _fail(self, concerned: Callable[[int, int], bool]) -> None:
        for number, (whom, answer) in self._waiting.items():
            if concerned(number, whom) and not answer.done():
                answer.set_exception(StationOffline())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)
