"""The very statements that the product ran, with their arguments, run bare: nothing is decided, nobody is asked."""

import time
from typing import Any

import asyncpg

from ohmstead.store import engine


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
    """Run them one after the other on as many connections, without foreign keys; the seconds of the clock on the wall,
    and of CPU of this process."""
    lines: list[Any] = []
    for _ in {number for number, _, _ in log.seen}:
        line = await asyncpg.connect(dsn, server_settings={"jit": "off", "session_replication_role": "replica"})
        await _prepare(line)
        lines.append(line)
    wall, cpu = time.perf_counter(), time.process_time()
    for number, query, arguments in log.seen:
        if arguments:
            await lines[number].fetch(query, *arguments)
        else:
            await lines[number].execute(query)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    for line in lines:
        await line.close()
    return wall, cpu
