"""Server processes: Python files, ready when they say so, measured from outside by what the kernel counts."""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

HERE = Path(__file__).parent
NODE = HERE / "node.py"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    """A running server process and what it said before "ready"."""

    pid: int
    said: list[str]
    process: asyncio.subprocess.Process

    async def ended(self) -> None:
        """Wait until it has ended by itself; RuntimeError where it failed."""
        if code := await self.process.wait():
            raise RuntimeError(f"it ended with {code}")

    def cpu_seconds(self) -> float:
        """User and system time of this process alone, s."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def resident_mb(self) -> float:
        """Memory of this process alone in RAM, MB."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextlib.asynccontextmanager
async def serving(program: Path, *arguments: str, log: Path | None = None, **environment: str) -> AsyncIterator[Server]:
    """Run a Python file until the block ends; it is ready when it has printed the line "ready". What it says of errors
    goes to the file `log`, if there is one."""
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)} | environment
    with log.open("ab") if log else contextlib.nullcontext() as errors:
        child = await asyncio.create_subprocess_exec(
            sys.executable, str(program), *arguments, stdout=asyncio.subprocess.PIPE, stderr=errors, env=environment
        )
    assert child.stdout is not None
    said: list[str] = []
    try:
        async for line in child.stdout:
            if line.strip() == b"ready":
                break
            said.append(line.decode().strip())
        else:
            raise RuntimeError(f"{program.name} did not start: {said}")
        yield Server(child.pid, said, child)
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


@contextlib.asynccontextmanager
async def node(folder: Path, log: Path | None = None, **environment: str) -> AsyncIterator[Server]:
    """The whole product on a data folder, without a rate limit that would matter; see node.py for what it says."""
    async with serving(
        NODE,
        log=log,
        OHMSTEAD_DATA_DIR=str(folder),
        OHMSTEAD_RATE_LIMIT_PER_MINUTE=str(10**9),
        OHMSTEAD_RATE_LIMIT_PER_DAY=str(10**9),
        **environment,
    ) as server:
        yield server


@contextlib.contextmanager
def data_folder() -> Iterator[Path]:
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)  # run by root, the database belongs to another user and has to find its way in
        yield Path(folder)


@dataclass
class Burst:
    """What a load generator got through: answers, their latencies (s), the wall time and, once known, the server's CPU
    time (s)."""

    latencies: list[float] = field(default_factory=list)
    wall: float = 0.0
    cpu: float = 0.0

    def per_cpu_second(self) -> float:
        """Answers for each second of the server's CPU."""
        return len(self.latencies) / self.cpu

    def per_second(self) -> float:
        """Answers for each second of wall time."""
        return len(self.latencies) / self.wall

    def percentile(self, share: float) -> float:
        """The latency that this share of answers stayed below, ms."""
        ordered = sorted(self.latencies)
        return 1e3 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


async def metered(server: Server, load: Callable[[], Awaitable[Burst]]) -> Burst:
    """A burst with the CPU time it cost the server."""
    before, started = server.cpu_seconds(), time.perf_counter()
    burst = await load()
    burst.cpu, burst.wall = server.cpu_seconds() - before, time.perf_counter() - started
    return burst


@dataclass
class Rounds:
    """The bursts of both sides, round by round: neighbours in time share the machine's mood."""

    ours: list[Burst] = field(default_factory=list)
    limit: list[Burst] = field(default_factory=list)

    def ratio(self) -> float:
        """Ours as a share of the limit per CPU-second, the median of the rounds."""
        pairs = zip(self.ours, self.limit, strict=True)
        return statistics.median(mine.per_cpu_second() / bare.per_cpu_second() for mine, bare in pairs)


def median(bursts: list[Burst], figure: Callable[[Burst], float]) -> float:
    """The median of a figure over bursts."""
    return statistics.median(figure(burst) for burst in bursts)


async def answered(url: str, token: str) -> None:
    """One request, which has to succeed."""
    headers = {"Authorization": f"Bearer {token}"}
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        answer.raise_for_status()
        await answer.read()
