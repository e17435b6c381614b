"""The database at another moment than the machine's: for work that falls due, and what is kept of weeks."""

from dataclasses import dataclass

from ohmstead.kit.clock import ManualClock
from ohmstead.store.engine import PostgresDatabase


@dataclass
class Later:
    """A clock that a test moves, and the database by it."""

    clock: ManualClock
    database: PostgresDatabase
