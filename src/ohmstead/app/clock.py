"""Which clock a process goes by: the machine's, or the one that was set for its database."""

from datetime import UTC, datetime

from ohmstead.app.settings import Settings, SettingsError
from ohmstead.kit.clock import Clock, SetClock, SystemClock
from ohmstead.kit.db import Database, Row, Tx
from ohmstead.rooms.devices.presence import nodes
from ohmstead.store import set_clock


async def of_database(database: Database) -> Clock:
    """The clock of a database, for who does not set it."""
    async with database.read() as tx:
        row = await set_clock.known(tx)
    return SystemClock() if row is None else set_clock.going(row)


async def chosen(database: Database, settings: Settings, name: str) -> Clock:
    """The clock of a node. It is set as `settings` say unless it was set so before, then it goes on from there.

    SettingsError where other nodes go by another one, and where rows are of a later moment.
    """
    async with database.begin() as tx:
        await set_clock.locked(tx)
        row = await set_clock.known(tx)
        if not _is_new(row, settings):
            return SystemClock() if row is None else set_clock.going(row)
        return await _set(tx, row, settings, name)


def _is_new(row: Row | None, settings: Settings) -> bool:
    """Whether the settings ask for another clock than there is."""
    if settings.clock is None and settings.speed is None:
        return False
    if row is None:
        return True
    start, speed = _asked(settings)
    return start not in (None, row["start_at"]) or speed != row["speed"]


def _asked(settings: Settings) -> tuple[datetime | None, float]:
    return settings.clock, 1.0 if settings.speed is None else settings.speed


async def _set(tx: Tx, row: Row | None, settings: Settings, name: str) -> Clock:
    if others := await nodes.living(tx, name):
        raise SettingsError(
            f"the clock cannot be set while others run on this database ({', '.join(others)}): start without --clock"
            " and --speed to go by theirs, or stop them"
        )
    start, speed = _asked(settings)
    start = start or (SystemClock() if row is None else set_clock.going(row)).now()
    latest = await set_clock.latest(tx)
    if settings.clock is not None and latest is not None and latest > start:
        raise SettingsError(
            f"--clock {told(start)} lies before what the database holds, rows of {told(latest)}: give a later moment,"
            " or another --data-dir for the rehearsal"
        )
    await set_clock.put(tx, start, speed)
    return SetClock(start, speed)


def told(moment: datetime) -> str:
    """A moment for a person, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
