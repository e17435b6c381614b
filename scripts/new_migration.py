"""Writes the next migration: what the tables in the code have and a migrated, throw-away database lacks.

usage: scripts/new-migration "Add what" | --merge

Two branches never take the same revision: it is the day and a random number. `--merge` joins their heads.
"""

import asyncio
import re
import secrets
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import CreateTableOp
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

import ohmstead.app.system  # noqa: F401 - brings every table into the metadata
from ohmstead.kit.db import metadata
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import FOLDER, head, heads, ours, upgrade

TEMPLATE = '''"""{title}."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "{revision}"
down_revision = {previous!r}


def upgrade() -> None:
    {body}
'''


async def difference() -> str:
    """The operations that lead from the newest migration to the tables in the code."""
    cluster = Cluster(Path(tempfile.mkdtemp(prefix="ohmstead-migration-")), throwaway=True)
    dsn = await cluster.start("migration")
    try:
        await asyncio.to_thread(upgrade, dsn)
        engine = create_async_engine(
            "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=pool.NullPool
        )
        async with engine.connect() as connection:
            return await connection.run_sync(_rendered)
    finally:
        await cluster.destroy()


def _rendered(connection: Connection) -> str:
    options: dict[str, Any] = {"compare_type": True, "target_metadata": metadata, "include_object": ours}
    context = MigrationContext.configure(connection, opts=options)
    upgrade_ops = produce_migrations(context, metadata).upgrade_ops
    assert upgrade_ops is not None
    for made in upgrade_ops.ops:
        if isinstance(made, CreateTableOp):
            made.info = {}  # what our own code attaches to a table is not the database's
    return str(render_python_code(upgrade_ops, migration_context=context))


def main() -> None:
    title = " ".join(sys.argv[1:]) or sys.exit(__doc__)
    if title == "--merge":
        previous, body = tuple(heads()), "pass  # the branches change different things"
        if len(previous) < 2:
            sys.exit("There is one head: nothing to merge.")
        title = "Merge branches"
    else:
        previous, body = head(), asyncio.run(difference())
    revision = f"{datetime.now(UTC):%Y%m%d}_{secrets.token_hex(3)}"
    slug = re.sub(r"\W+", "_", title.lower()).strip("_")
    path = FOLDER / "versions" / f"{revision}_{slug}.py"
    path.write_text(TEMPLATE.format(title=title, revision=revision, previous=previous, body=body))
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", path], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "-q", "--fix", path], check=True)
    print(path)


main()
