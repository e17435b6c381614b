"""The limit of `bench api`: bare Falcon handlers that run the same SQL through asyncpg and return the same bytes.

Reads a pickled (database address, cases) from the file it is given; says its address.
"""

import asyncio
import itertools
import pickle
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
    """One route: `/case/<name>`."""

    def __init__(self, pool: Any, case: dict[str, Any]) -> None:
        self._pool, self._sql, self._answer = pool, case["sql"], case["answer"]
        self._marker, self._numbers = case["marker"], itertools.count()

    async def on_get(self, req: Any, resp: Any) -> None:
        async with self._pool.acquire() as connection:
            for text, arguments in self._sql:
                await connection.fetch(text, *arguments)
        resp.data, resp.content_type = self._answer, falcon.MEDIA_JSON

    async def on_post(self, req: Any, resp: Any) -> None:
        await req.stream.read()
        fresh = f"{self._marker}-bare-{next(self._numbers)}"
        async with self._pool.acquire() as connection, connection.transaction():
            for text, arguments in self._sql:
                await connection.fetch(text, *(fresh if one == self._marker else one for one in arguments))
        resp.status, resp.data, resp.content_type = 201, self._answer, falcon.MEDIA_JSON


async def keep(connection: Any) -> None:
    """As the product does: nothing to undo between two users of a connection."""


async def main(dsn: str, cases: list[dict[str, Any]]) -> None:
    pool = await asyncpg.create_pool(dsn, min_size=1, max_size=16, reset=keep, server_settings={"jit": "off"})
    app = falcon.asgi.App()
    for case in cases:
        app.add_route(f"/case/{case['name']}", Handler(pool, case))
    opened = socket.socket()
    opened.bind(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", server_header=False)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([opened])
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    ticking = asyncio.create_task(server.main_loop())
    print(f"http://127.0.0.1:{opened.getsockname()[1]}", "ready", sep="\n", flush=True)
    await stop.wait()
    server.should_exit = True
    await ticking
    await server.shutdown([opened])
    await pool.close()


dsn, cases = pickle.loads(Path(sys.argv[1]).read_bytes())
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main(dsn, cases))
