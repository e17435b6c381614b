"""The way to the database, for whatever runs: the external one, that of an Ohmstead running here, or our own."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import asyncpg

from ohmstead.app.clock import of_database
from ohmstead.app.settings import Settings, SettingsError
from ohmstead.kit.clock import SystemClock
from ohmstead.store.cluster import Cluster, Occupied
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.migrate import migrate

NAME = "ohmstead"
Say = Callable[[str], None]


def embedded(settings: Settings, say: Say) -> Cluster:
    """The server of our own below the data folder, not yet started."""
    return Cluster(settings.data_dir / "postgres", say=say)


@asynccontextmanager
async def reached(settings: Settings, say: Say) -> AsyncIterator[str]:
    """The address of the database. One that only we started runs as long as the block.

    SettingsError names an external address that does not work; ClusterError says what keeps ours from running.
    """
    if settings.database_url:
        yield await external(settings.database_url)
        return
    cluster = embedded(settings, say)
    try:
        dsn = await cluster.start(NAME)
    except Occupied:
        yield await cluster.join(NAME)
        return
    try:
        yield dsn
    finally:
        await cluster.stop()


async def external(url: str) -> str:
    """The address itself, once somebody answers there; SettingsError otherwise."""
    try:
        await (await asyncpg.connect(url, timeout=10)).close()
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or type(error).__name__
        raise SettingsError(f"database_url does not lead to a PostgreSQL database: {reason}") from None
    return url


@asynccontextmanager
async def opened(settings: Settings, say: Say) -> AsyncIterator[PostgresDatabase]:
    """Transactions on the migrated database, for a command that soon ends."""
    async with reached(settings, say) as dsn:
        if await migrate(dsn):
            say("The database is up to date.")
        database = await PostgresDatabase.connect(dsn, SystemClock(), most=2)
        try:
            database.clock = await of_database(database)
            yield database
        finally:
            await database.close()
