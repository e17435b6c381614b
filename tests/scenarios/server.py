"""The product as its operator runs it: `ohmstead serve` in a process of its own, which may be killed and come back."""

import asyncio
import os
import random
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ohmstead.store.cluster import Cluster
from tests.prepared import prepare

STARTS_WITHIN_S = 60.0


class Server:
    """Over one data folder, on the same two ports each time. `token` is what the first start printed. One that is but
    a part of several shares their `database`."""

    def __init__(
        self, folder: Path, role: str = "all", database: str | None = None, options: Sequence[str] = ()
    ) -> None:
        self.folder, self.role, self.database, self.options = folder, role, database, options
        self.port, self.ocpp_port = free_port(), free_port()
        self.token: str | None = None
        self._process: Process | None = None

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ocpp_url(self) -> str:
        return f"ws://127.0.0.1:{self.ocpp_port}/ocpp"

    @property
    def runs(self) -> bool:
        """Whether it was started, and neither stopped nor killed."""
        return self._process is not None

    async def start(self) -> None:
        """Return once it says that it is ready."""
        if self.role == "all" and self.database is None:
            await prepare(self.folder)
        ports = ("--port", str(self.port), "--ocpp-port", str(self.ocpp_port))
        arguments = ("serve", "--role", self.role, *ports, "--data-dir", self.folder, *self.options)
        shared = {"OHMSTEAD_DATABASE_URL": self.database} if self.database else {}
        environment = os.environ | {"OHMSTEAD_LOG_LEVEL": "error"} | shared
        program = Path(sys.executable).with_name("ohmstead")
        self._process = await asyncio.create_subprocess_exec(program, *arguments, env=environment, stdout=PIPE)
        async with asyncio.timeout(STARTS_WITHIN_S):
            while not (line := await self._line(self._process)).startswith("Ctrl-C"):
                if line.startswith("Token"):
                    self.token = line.split()[1]

    async def kill(self) -> None:
        """Without any warning; its database is left behind."""
        process, self._process = self._process, None
        assert process is not None
        process.kill()
        await process.wait()

    def send(self, number: int) -> None:
        """Send it a signal: SIGSTOP lets it hang, SIGCONT go on."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self) -> None:
        """In good order, and with it the database, whoever started that."""
        if self._process is not None:
            process, self._process = self._process, None
            process.send_signal(signal.SIGCONT)
            process.terminate()
            await process.communicate()
        elif self.role == "all" and self.database is None:
            cluster = Cluster(self.folder / "postgres")
            await cluster.start()
            await cluster.stop()

    async def _line(self, process: Process) -> str:
        assert process.stdout is not None
        line = await process.stdout.readline()
        assert line, f"the server ended: {await process.wait()}"
        return line.decode()


def free_port() -> int:
    """A port that nobody listens on, and none of those the system gives to who asks for any: it may be taken later."""
    while True:
        port = random.randrange(10_240, 32_000)
        with socket.socket() as found, suppress(OSError):
            found.bind(("127.0.0.1", port))
            return port
