"""A database of its own: snapshots of each type of tariff, and sessions on them with the readings of their meters."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg

from ohmstead.app import rooms  # noqa: F401 - all tables
from ohmstead.kit.clock import ManualClock
from ohmstead.store.cluster import Cluster
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.migrate import migrate
from ohmstead.store.partitions import ensure
from parts.pricing.tariffs import contents

_SNAPSHOT = """
INSERT INTO tariff_snapshot (hash, tariff_id, content, created_at, updated_at) VALUES ($1, 1, $2, $3, $3)"""
_SESSIONS = """
INSERT INTO session (id, station_id, charge_point_id, evse_id, status, started_at, stopped_at, meter_start_wh,
                     meter_start_at, metered_at, energy_wh, tariff_snapshot_id, currency, tax_id, tax_percentage,
                     created_at, updated_at)
SELECT n, n, n, n, $3, $2::timestamptz, $4::timestamptz, 1000, $2::timestamptz, $4::timestamptz, $5::float8,
       1 + n % (SELECT count(*) FROM tariff_snapshot), 'EUR', 1, 19, $2::timestamptz, $2::timestamptz
FROM generate_series(1, $1::bigint) AS n"""
_READINGS = """
INSERT INTO meter_value (at, station_id, evse_id, session_id, received_at, energy_wh)
SELECT $3::timestamptz, n, n, n, $3::timestamptz, 1000 + $4::float8
FROM generate_series($1::bigint, $2::bigint) AS n"""


@dataclass
class Store:
    """The product's database over it, and a connection that asks no foreign keys."""

    database: PostgresDatabase
    clock: ManualClock
    dsn: str
    line: Any

    async def fill(self, count: int, status: str, started: datetime, stopped: datetime | None, wh: float) -> None:
        """So many sessions, each on an EVSE of its own, tariffs in turn."""
        for _, content in contents():
            text = json.dumps(content, sort_keys=True)
            await self.line.execute(_SNAPSHOT, hashlib.sha256(text.encode()).hexdigest(), text, started)
        await self.line.execute(_SESSIONS, count, started, status, stopped, wh)

    async def read(self, first: int, last: int, at: datetime, wh: float) -> None:
        """The meters of sessions, from one to another, at a moment: Wh since the start."""
        await self.line.execute(_READINGS, first, last, at, wh)

    async def settle(self) -> None:
        """As it lies after a night."""
        await self.line.execute("VACUUM ANALYZE session")
        await self.line.execute("VACUUM ANALYZE meter_value")


@asynccontextmanager
async def store(folder: Path, now: datetime) -> AsyncIterator[Store]:
    """Until the block ends; the clock stands still at `now`."""
    cluster, clock = Cluster(folder, throwaway=True), ManualClock(now)
    dsn = await cluster.start("pricing")
    try:
        await migrate(dsn)
        database, line = await PostgresDatabase.connect(dsn, clock, most=2), await asyncpg.connect(dsn)
        await line.execute("SET session_replication_role = replica")
        async with database.begin() as tx:
            await ensure(tx)
        yield Store(database, clock, dsn, line)
        await line.close()
        await database.close()
    finally:
        await cluster.destroy()
