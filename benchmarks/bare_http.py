"""The limit of `bench api`: bare Falcon handlers that run the same SQL through asyncpg and return the same bytes.

usage: bare_http.py CASES.json, a list of {method, path, sql: [[text, arguments]], bytes}
"""

import asyncio
import json
import signal
import socket
import sys
from pathlib import Path
from typing import Any

import asyncpg
import falcon.asgi
import uvicorn
import uvloop


class Handler:
    """One route."""

    def __init__(self, pool: Any, case: dict[str, Any]) -> None:
        self._pool, self._sql, self._answer = pool, case["sql"], case["answer"].encode()
        setattr(self, "on_" + case["method"].lower(), self._write if case["method"] == "POST" else self._read)

    async def _read(self, req: Any, resp: Any, **_: str) -> None:
        async with self._pool.acquire() as connection:
            for text, arguments in self._sql:
                await connection.fetch(text, *arguments)
        resp.data, resp.content_type = self._answer, falcon.MEDIA_JSON

    async def _write(self, req: Any, resp: Any, **_: str) -> None:
        await req.stream.read()
        async with self._pool.acquire() as connection, connection.transaction():
            for text, arguments in self._sql:
                await connection.fetch(text, *arguments)
        resp.status, resp.data, resp.content_type = 201, self._answer, falcon.MEDIA_JSON


async def keep(connection: Any) -> None:
    """As the product does: nothing to undo between two users of a connection."""


async def main(dsn: str, cases: list[dict[str, Any]]) -> None:
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=16, reset=keep, server_settings={"jit": "off"})
    app = falcon.asgi.App()
    for number, case in enumerate(cases):
        app.add_route(f"/case{number}/{{key}}", Handler(pool, case))
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    server = uvicorn.Server(config)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: setattr(server, "should_exit", True))
    print(f"http://127.0.0.1:{opened.getsockname()[1]}")
    print("ready", flush=True)
    await server._serve([opened])


description = json.loads(Path(sys.argv[1]).read_text())
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main(description["dsn"], description["cases"]))
