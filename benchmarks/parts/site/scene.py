"""One scene from its beginning to its end: the server, killed where the scenario says so, and the stations' process."""

import os
import pickle
import signal
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ohmstead.app.api_client import ApiClient
from parts.faster_clock import FasterClock
from parts.processes import HERE, Server, data_folder, node, serving
from parts.site.furnish import furnish, tell_history
from parts.site.record import Job, Record
from parts.site.scenario import Scenario

LIFE = HERE / "site" / "life.py"
SAID = ("overcommitted", "limit refused", "limit unanswered", "load management stumbled", "limit not delivered")


@dataclass
class Run:
    """A scene that was lived through: its record, and of the server CPU s, memory at the end, and log."""

    scenario: Scenario
    record: Record
    cpu_s: float = 0.0
    memory_mb: float = 0.0
    log: str = ""

    def said(self) -> dict[str, int]:
        """How often the server's log says what concerns load management."""
        counts = {word: self.log.count(word) for word in SAID}
        counts["overcommitted"] -= self.log.count("no longer overcommitted")
        return {word: count for word, count in counts.items() if count}


class Operator:
    """Keeps the server running: the same folder, the same ports, the same clock after a kill."""

    def __init__(self, folder: Path, clock: FasterClock, log: Path) -> None:
        self._folder, self._clock, self._log = folder, clock, log
        self._ports = {"OHMSTEAD_PORT": str(_free_port()), "OHMSTEAD_OCPP_PORT": str(_free_port())}
        self._stack = AsyncExitStack()
        self._server: Server | None = None
        self.cpu_s = 0.0

    @property
    def server(self) -> Server:
        """The one that runs."""
        assert self._server is not None
        return self._server

    async def start(self) -> Server:
        """Start it, for the first time or again."""
        environment = self._ports | self._clock.environment()
        self._server = await self._stack.enter_async_context(node(self._folder, log=self._log, **environment))
        return self._server

    async def kill(self) -> None:
        """kill -9, and start it again at once."""
        self.cpu_s += self.server.cpu_seconds()
        os.kill(self.server.pid, signal.SIGKILL)
        await self._stack.aclose()
        await self.start()

    async def stop(self) -> None:
        """In good order, and the database with it."""
        self.cpu_s += self.server.cpu_seconds()
        await self._stack.aclose()


async def play(scenario: Scenario, speed: float) -> Run:
    """Start everything on a folder of its own, and live through the scenario."""
    with data_folder() as folder:
        clock, log = FasterClock.begun(speed), folder / "server.log"
        operator = Operator(folder, clock, log)
        server = await operator.start()
        try:
            base, ocpp_url, token, _ = server.said
            api = ApiClient(base, token)
            meter = await furnish(api)
            await tell_history(api, meter, scenario, clock.now())
            await api.close()
            job = Job(scenario, base, token, ocpp_url, meter, folder / "record")
            file = folder / "job"
            file.write_bytes(pickle.dumps(job))
            run = await _live(job, operator, clock, file)
            run.memory_mb = operator.server.resident_mb()
        finally:
            await operator.stop()
        run.cpu_s += operator.cpu_s
        run.log = log.read_text()
        return run


async def _live(job: Job, operator: Operator, clock: FasterClock, file: Path) -> Run:
    async with serving(LIFE, str(file), log=None, **clock.environment()) as stations:
        began = datetime.fromisoformat(stations.said[0])
        before = operator.server.cpu_seconds()
        for event in job.scenario.events:
            if event.kind == "kill":
                await clock.sleep(event.at_s - (clock.now() - began).total_seconds())
                await operator.kill()
        await stations.ended()
    return Run(job.scenario, pickle.loads(job.record.read_bytes()), -before)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
