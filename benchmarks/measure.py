"""What the benchmarks share: a server in a process of its own, and its CPU time."""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, s."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mb(pid: int) -> float:
    """Memory of a process in RAM, MB."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@contextlib.asynccontextmanager
async def process(*arguments: str, **environment: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, list[str]]]:
    """`python <arguments>` until it has printed a line "ready"; the lines before that."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, env=os.environ | environment
    )
    assert child.stdout is not None
    lines: list[str] = []
    try:
        while (line := (await child.stdout.readline()).decode().strip()) != "ready":
            if child.returncode is not None or not line:
                raise RuntimeError(f"{arguments} did not start: {lines}")
            lines.append(line)
        draining = asyncio.create_task(child.stdout.read())
        yield child, lines
        draining.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        await child.wait()


@contextlib.contextmanager
def data_folder() -> "contextlib.AbstractContextManager[Path]":  # type: ignore[misc]
    """A folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-bench-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def median(values: list[float]) -> float:
    """The middle one."""
    ordered = sorted(values)
    return ordered[len(ordered) // 2]
