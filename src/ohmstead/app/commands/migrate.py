"""`ohmstead migrate`: the database's schema, brought to this version's."""

import asyncio
from pathlib import Path

import ohmstead.store.migrate as schema
from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import reached
from ohmstead.app.settings import Settings, load


def migrate(*, data_dir: Path | None = None) -> None:
    """Bring the database to the newest schema; nothing happens where it has it.

    Parameters
    ----------
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    asyncio.run(_migrate(load({"data_dir": data_dir})))


async def _migrate(settings: Settings) -> None:
    async with reached(settings, print_stderr) as dsn:
        done = await schema.migrate(dsn)
    print(f"The database {'is now' if done else 'was already'} at revision {schema.head()}.")
