"""A database that is made and migrated already, to begin with: first starts are tried by themselves, and neither the
processes of the tests nor their servers need take seconds for one each."""

import asyncio
import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ohmstead.app.database import NAME
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import FOLDER, migrate

_TEMP = Path(tempfile.gettempdir())
UNUSED_S = 24 * 3600  # so long another one is left: other branches have other migrations


@contextmanager
def emptied() -> Iterator[Path]:
    """An empty folder that the database's own user may enter, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="ohmstead-test-", dir="/tmp") as made:
        Path(made).chmod(0o755)
        yield Path(made)


async def prepare(folder: Path) -> None:
    """Put a copy of it where a server on this data folder looks for its own, unless there is one."""
    await asyncio.to_thread(_prepare, folder)


def _prepare(folder: Path) -> None:
    if (folder / "postgres").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    with (_TEMP / "ohmstead-prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(["cp", "-a", _template(), folder / "postgres"], check=True)


def _template() -> Path:
    """Made by whoever comes first, once for these migrations; the other processes of the tests wait for it."""
    told = hashlib.sha256(b"".join(path.read_bytes() for path in sorted((FOLDER / "versions").glob("*.py"))))
    kept = _TEMP / f"ohmstead-prepared-{told.hexdigest()[:16]}"
    if not (kept / "whole").exists():
        for old in _TEMP.glob("ohmstead-prepared-*/"):
            if time.time() - old.stat().st_mtime > UNUSED_S:
                shutil.rmtree(old, ignore_errors=True)
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(mode=0o755)
        asyncio.run(_make(kept / "postgres"))
        (kept / "whole").touch()
    os.utime(kept)
    return kept / "postgres"


async def _make(folder: Path) -> None:
    cluster = Cluster(folder)
    try:
        await migrate(await cluster.start(NAME))
    finally:
        await cluster.stop()
