"""Migrations lead to the very tables that the code declares."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlalchemy import Connection, pool
from sqlalchemy.ext.asyncio import create_async_engine

import ohmstead.app.system  # noqa: F401 - every table
from ohmstead.kit.db import metadata
from ohmstead.store import migrate as migrations
from ohmstead.store.cluster import Cluster
from ohmstead.store.migrate import head, migrate, ours


def difference(connection: Connection) -> str:
    options: dict[str, Any] = {"compare_type": True, "target_metadata": metadata, "include_object": ours}
    context = MigrationContext.configure(connection, opts=options)
    upgrade = produce_migrations(context, metadata).upgrade_ops
    assert upgrade is not None
    return "" if upgrade.is_empty() else str(render_python_code(upgrade, migration_context=context))


async def test_a_migrated_database_is_what_the_code_declares(dsn: str) -> None:
    engine = create_async_engine(
        "postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=pool.NullPool
    )
    async with engine.connect() as connection:
        assert await connection.run_sync(difference) == ""
    await engine.dispose()


def test_branches_are_told_to_merge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "FOLDER", tmp_path)
    (tmp_path / "versions").mkdir()

    def revision(name: str, after: object) -> None:
        text = f'revision = "{name}"\ndown_revision = {after!r}\n'
        (tmp_path / "versions" / f"{name}_x.py").write_text(text)

    revision("0001", None)
    for name in ("20270101_aaaaaa", "20270101_bbbbbb"):
        revision(name, "0001")
    assert migrations.heads() == ["20270101_aaaaaa", "20270101_bbbbbb"]
    with pytest.raises(RuntimeError, match="scripts/new-migration --merge"):
        migrations.head()
    revision("20270102_cccccc", ("20270101_aaaaaa", "20270101_bbbbbb"))
    assert migrations.head() == "20270102_cccccc"


@pytest.fixture
async def empty(tmp_path: Path) -> Any:
    cluster = Cluster(tmp_path, throwaway=True)
    yield await cluster.start("empty")
    await cluster.destroy()


async def test_of_many_that_start_at_once_one_migrates(empty: str) -> None:
    done = await asyncio.gather(*(migrate(empty) for _ in range(3)))
    assert sorted(done) == [False, False, True]
    connection = await asyncpg.connect(empty)
    assert await connection.fetchval("SELECT version_num FROM alembic_version") == head()
    await connection.close()
