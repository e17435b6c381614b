"""What a request makes the product ask of the database: the very statements and arguments, seen by the driver's log."""

import datetime
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from falcon.testing import ASGIConductor
from msgspec import Struct

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock

FRAME = ("BEGIN", "COMMIT", "ROLLBACK")  # the bare server has a transaction of its own around a write
Sql = list[tuple[str, list[Any]]]


class Capture:
    """A system in this process over a node's database, its requests answered one at a time."""

    def __init__(self, client: ASGIConductor, token: str) -> None:
        self._client, self._headers = client, {"Authorization": f"Bearer {token}"}
        self.seen: Sql = []

    async def statements(self, method: str, target: str, body: bytes = b"") -> tuple[Sql, bytes]:
        """The statements of a warm request, and its answer."""
        self.seen.clear()
        path, _, query = target.partition("?")
        headers = self._headers | ({"Content-Type": "application/json"} if body else {})
        answer = await self._client.simulate_request(method, path, query_string=query, headers=headers, body=body)
        assert answer.status_code < 300, answer.text
        return list(self.seen), answer.content

    def note(self, record: Any) -> None:
        """The driver executed something."""
        if not record.query.startswith(FRAME):
            self.seen.append((record.query, [_plain(value) for value in record.args]))


@asynccontextmanager
async def capturing(folder: Path, dsn: str, token: str) -> AsyncIterator[Capture]:
    """A capture over the database at `dsn`; `folder` keeps what the system wants to keep."""
    system = await System(Settings(data_dir=folder), dsn, SystemClock()).start()
    try:
        async with ASGIConductor(system.api.app) as client:
            capture = Capture(client, token)
            async with system.database.read() as tx:  # its pool has one connection as long as one is enough
                tx._connection.add_query_logger(capture.note)
            yield capture
    finally:
        await system.stop()


def _plain(value: Any) -> Any:
    """An argument for a connection without our JSON codec, which takes JSON as text."""
    if isinstance(value, Struct):
        return msgspec.json.encode(value).decode()
    if isinstance(value, dict):
        return json.dumps(value, default=datetime.datetime.isoformat)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
