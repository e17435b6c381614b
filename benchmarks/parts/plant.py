"""What a benchmark needs to be there: charge points, made through the public API, and a look into the database."""

import asyncio
from typing import Any

import asyncpg

from ohmstead.app.api_client import ApiClient

AT_ONCE = 8


async def furnish(api: ApiClient, site: str, count: int, protocol: str = "ocpp 1.6", **fields: Any) -> dict[str, int]:
    """Charge points that charge whoever comes: their ids by their OCPP identities."""
    name = [{"locale": "en", "translation": "Car park"}]
    location = (await api.make("/resources/locations/v2.0", {"name": name, "country": "AT"}))["id"]
    room = asyncio.Semaphore(AT_ONCE)

    async def one(identity: str) -> tuple[str, int]:
        body = {
            "name": identity, "type": "public", "locationId": location, "autoStartWithoutAuthorization": True,
            "network": {"id": identity, "protocol": protocol},
        }  # fmt: skip
        async with room:
            return identity, (await api.make("/resources/charge-points/v2.0", body | fields))["id"]

    return dict(await asyncio.gather(*(one(f"{site}-{number}") for number in range(count))))


async def row(dsn: str, sql: str, *arguments: Any) -> Any:
    """The first row."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchrow(sql, *arguments)
    finally:
        await connection.close()


async def asked(dsn: str, sql: str, *arguments: Any) -> Any:
    """The first column of the first row."""
    return (await row(dsn, sql, *arguments))[0]


async def stored(dsn: str) -> int:
    """Rows of meter values: each message tells of one moment."""
    return await asked(dsn, "SELECT count(*) FROM meter_value")
