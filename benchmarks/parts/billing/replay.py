"""The very statements that the product ran, with their arguments, run bare: nothing is decided, nobody is asked."""

import asyncio
import time
from collections import defaultdict
from typing import Any

import asyncpg

from ohmstead.store import engine

Stream = list[tuple[str, tuple[Any, ...]]]
WITHIN_S = 120.0


class Log:
    """What connections executed, in the order in which it was done: by which of them, the text and the arguments."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, tuple[Any, ...]]] = []
        self._numbers: dict[int, int] = {}

    async def prepare(self, connection: Any) -> None:
        """Prepare a connection of the product as it does, and note what it executes."""
        await _prepare(connection)
        number = self._numbers.setdefault(id(connection), len(self._numbers))
        connection.add_query_logger(lambda record: self._note(number, record))

    def _note(self, number: int, record: Any) -> None:
        if record.exception is None:
            self.seen.append((number, record.query, tuple(record.args)))


_prepare = engine._prepare


async def replayed(dsn: str, log: Log) -> tuple[float, float]:
    """Run what each connection did on one of its own, all at once, without foreign keys; the seconds of the clock on
    the wall, and of CPU of this process."""
    streams: dict[int, Stream] = defaultdict(list)
    for number, query, arguments in log.seen:
        streams[number].append((query, arguments))
    lines: list[Any] = []
    for _ in streams:
        line = await asyncpg.connect(dsn, server_settings={"jit": "off", "session_replication_role": "replica"})
        await _prepare(line)
        lines.append(line)
    wall, cpu = time.perf_counter(), time.process_time()
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(*map(_run, lines, streams.values()))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for line in lines:
        await line.close()
    return wall, cpu


async def _run(line: Any, stream: Stream) -> None:
    """What two connections did one after the other they may do in another order here, and be refused for it (a
    deadlock, a key that is there): then the rest of that transaction is left out."""
    broken = False
    for query, arguments in stream:
        if broken and not query.startswith(("COMMIT", "ROLLBACK")):
            continue
        try:
            await (line.fetch(query, *arguments) if arguments else line.execute("ROLLBACK" if broken else query))
            broken = False
        except asyncpg.PostgresError:
            broken = True
