"""The HTTP server of the API's port: uvicorn in our loop, its connections within bounds."""

import asyncio
import socket
from contextlib import nullcontext, suppress
from functools import partial
from typing import Any

import uvicorn

from ohmstead.app.http_bounds import Bounds, Count, Port
from ohmstead.app.http_protocol import BoundedProtocol

TICKS_A_SECOND = 10  # of uvicorn's main loop
LAST_ANSWERS_S = 30  # who does not read his answer does not keep us from stopping
GOING_S = 0.01  # in which connections without a request under way are closed


class HttpServer(uvicorn.Server):
    """Serves `app` on a socket that is bound: `start`, then `stop` once every answer is out."""

    def __init__(self, app: Any, bound: socket.socket, bounds: Bounds, count: Count = lambda reason: None) -> None:
        self.port, self._bound = Port(bounds, count), bound
        super().__init__(
            uvicorn.Config(
                app,
                http=partial(BoundedProtocol, self.port),  # pyright: ignore[reportArgumentType]
                ws="none",
                log_config=None,
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # whether a proxy is to be believed is our own setting
                timeout_keep_alive=bounds.idle_s,
            )
        )

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self.server_state.connections)

    def capture_signals(self) -> Any:
        """Signals are ours."""
        return nullcontext()

    async def on_tick(self, counter: int) -> bool:
        if counter % TICKS_A_SECOND == 0:
            self.port.look(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    async def start(self) -> None:
        """Listen."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.startup([self._bound])
        self._ticking = asyncio.create_task(self.main_loop())

    async def stop(self) -> None:
        """Take no more, and wait for the answers under way. As uvicorn does it, but for its two pauses of 0.1 s."""
        self.should_exit = True
        self._ticking.cancel()
        with suppress(asyncio.CancelledError):
            await self._ticking
        for server in self.servers:
            server.close()
        self._bound.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(GOING_S)
        try:
            async with asyncio.timeout(LAST_ANSWERS_S):
                await self._wait_tasks_to_complete()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()
