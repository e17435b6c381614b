"""A database that is made and migrated already, to begin with: first starts are tried by themselves, and the servers of
the other tests need not take seconds for one each."""

import asyncio
import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from ohmstead.app.database import NAME
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import FOLDER, migrate

_TEMP = Path(tempfile.gettempdir())


async def prepare(folder: Path) -> None:
    """Put a copy of it where a server on this data folder looks for its own, unless there is one."""
    await asyncio.to_thread(_prepare, folder)


def _prepare(folder: Path) -> None:
    if not (folder / "postgres").exists():
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-a", _template(), folder / "postgres"], check=True)


def _template() -> Path:
    """Made by whoever comes first, once for these migrations; the other processes of the tests wait for it."""
    told = hashlib.sha256(b"".join(path.read_bytes() for path in sorted((FOLDER / "versions").glob("*.py"))))
    kept = _TEMP / f"ohmstead-prepared-{told.hexdigest()[:16]}"
    with (_TEMP / "ohmstead-prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / "whole").exists():
            for old in _TEMP.glob("ohmstead-prepared-*"):
                shutil.rmtree(old, ignore_errors=True)
            kept.mkdir(mode=0o755)
            asyncio.run(_make(kept / "postgres"))
            (kept / "whole").touch()
    return kept / "postgres"


async def _make(folder: Path) -> None:
    cluster = Cluster(folder)
    try:
        await migrate(await cluster.start(NAME))
    finally:
        await cluster.stop()
