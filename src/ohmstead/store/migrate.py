"""Brings the schema to the newest revision at start; Alembic is loaded only where there is something to do."""

import ast
import asyncio
import importlib
import re
from pathlib import Path
from typing import Any

import asyncpg

import ohmstead
from ohmstead.kit.db import metadata

_BESIDE = Path(ohmstead.__file__).parent / "migrations"  # in a wheel
FOLDER = _BESIDE if _BESIDE.is_dir() else Path(ohmstead.__file__).parents[2] / "migrations"
LOCK = 0x0145EAD  # an advisory lock: of several processes that start at once one migrates, the others wait


_NAMES = re.compile(r"^(revision|down_revision) = (.+)$", re.MULTILINE)


def heads() -> list[str]:
    """The revisions that none follows: one, but for branches that each added one and were not merged yet. Read from the
    files' text, for Alembic takes a second to load."""
    followed: set[str] = set()
    known: list[str] = []
    for path in sorted((FOLDER / "versions").glob("*.py")):
        said = {name: ast.literal_eval(value) for name, value in _NAMES.findall(path.read_text())}
        known.append(said["revision"])
        before = said["down_revision"]
        followed |= {before} if isinstance(before, str) else set(before or ())
    return [one for one in known if one not in followed]


def head() -> str:
    """The newest revision; RuntimeError where there are several, or none."""
    found = heads()
    if len(found) != 1:
        raise RuntimeError(f"migrations end in {found}: merge them with scripts/new-migration --merge")
    return found[0]


def ours(thing: Any, name: str | None, kind: str, reflected: bool, compared: Any) -> bool:
    """Whether Alembic is to compare something: not its own table, and not the partitions, which come and go."""
    if kind != "table":
        return not (reflected and getattr(getattr(thing, "table", None), "name", "") not in metadata.tables)
    return not reflected or name in metadata.tables


async def migrate(dsn: str) -> bool:
    """Migrate the database at `dsn`; True where anything was done."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        if await _revision(connection) == head():
            return False
        await asyncio.to_thread(upgrade, dsn)
        return True
    finally:
        await connection.close()


async def _revision(connection: Any) -> str | None:
    if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
        return None
    return await connection.fetchval("SELECT version_num FROM alembic_version")


def upgrade(dsn: str) -> None:
    """Run Alembic up to the newest revision; blocks."""
    config = importlib.import_module("alembic.config").Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["dsn"] = dsn
    importlib.import_module("alembic.command").upgrade(config, "head")
