"""What there is to bill: sessions that ended and have a price, each of a user with a stored card. It is written once,
and each run has a copy of it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg

from ohmstead.app import rooms  # noqa: F401 - all tables
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.charging.pricing.final import price_ended
from ohmstead.store.cluster import Cluster
from ohmstead.store.engine import PostgresDatabase
from ohmstead.store.migrate import migrate
from ohmstead.store.partitions import ensure
from parts.pricing.tariffs import contents

TEMPLATE, TARIFF, PRICE = "billing", "flat rate", "9.90"
_SNAPSHOT = """
INSERT INTO tariff_snapshot (hash, tariff_id, content, created_at, updated_at) VALUES ('h', 1, $1, now(), now())"""
_FILL = (
    """
INSERT INTO currency (name, alphabetic_code, numeric_code, decimal, created_at, updated_at)
VALUES ('Euro', 'EUR', '978', 2, now(), now())""",
    """
INSERT INTO ev_user (id, email, password_hash, created_by, created_at, updated_at) OVERRIDING SYSTEM VALUE
SELECT n, n || '@example.org', '', 'admin', now(), now() FROM generate_series(1, $1::bigint) AS n""",
    """
INSERT INTO embedded_card (token, brand, last4, exp_month, exp_year, behaviour, created_at, updated_at)
SELECT 'card-' || n, 'visa', '4242', 12, 2049, 'accepted', now(), now() FROM generate_series(1, $1::bigint) AS n""",
    """
INSERT INTO payment_method (user_id, gateway, token, kind, brand, last4, exp_month, exp_year, is_default, created_at,
    updated_at)
SELECT n, 'embedded', 'card-' || n, 'card', 'visa', '4242', 12, 2049, true, now(), now()
FROM generate_series(1, $1::bigint) AS n""",
    """
INSERT INTO session (id, station_id, charge_point_id, evse_id, user_id, status, started_at, stopped_at, meter_start_wh,
    meter_start_at, metered_at, energy_wh, tariff_snapshot_id, currency, tax_id, tax_percentage, created_at, updated_at)
OVERRIDING SYSTEM VALUE
SELECT n, n, n, n, n, 'finished', now() - interval '2 hours', now() - interval '1 hour', 0, now() - interval '2 hours',
    now() - interval '1 hour', 20000, 1, 'EUR', 1, 19, now(), now() FROM generate_series(1, $1::bigint) AS n""",
)


class World:
    """Its databases, on one server."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._copies = dsn, 0

    @property
    def dsn(self) -> str:
        """Of the one that is copied: nobody may be connected to it then."""
        return self._dsn

    async def fill(self, sessions: int) -> None:
        """So many of them."""
        await migrate(self._dsn)
        line = await asyncpg.connect(self._dsn)
        await line.execute("SET session_replication_role = replica")
        for statement in _FILL:
            await line.execute(statement, *([sessions] if "$1" in statement else []))
        await line.execute(_SNAPSHOT, json.dumps(dict(contents())[TARIFF]))
        await self._price(sessions)
        await line.execute("DELETE FROM outbox")
        await line.execute("VACUUM ANALYZE")
        await line.close()

    async def _price(self, sessions: int) -> None:
        database = await PostgresDatabase.connect(self._dsn, SystemClock(), most=2)
        async with database.begin() as tx:
            await ensure(tx)
            assert len(await price_ended(tx, range(1, sessions + 1))) == sessions, "all have a price"
        await database.close()

    async def copy(self) -> str:
        """The address of a database of its own with all that; each is the same to the last number."""
        self._copies += 1
        line: Any = await asyncpg.connect(self._dsn.replace(f"/{TEMPLATE}", "/postgres"))
        await line.execute(f"CREATE DATABASE copy_{self._copies} TEMPLATE {TEMPLATE}")
        await line.close()
        return self._dsn.replace(f"/{TEMPLATE}", f"/copy_{self._copies}")


@asynccontextmanager
async def world(folder: Path) -> AsyncIterator[World]:
    """Empty, until the block ends."""
    cluster = Cluster(folder / "postgres", throwaway=True)
    dsn = await cluster.start(TEMPLATE)
    try:
        yield World(dsn)
    finally:
        await cluster.destroy()
