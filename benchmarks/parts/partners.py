"""What a partner's listing of a long table takes, beside the operator's: latencies of single requests, in turn."""

import statistics
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.operator.admins import Vault, create_token
from ohmstead.store.engine import PostgresDatabase
from parts.http_load import once, request

TARGET = "/public-api/resources/authorizations/v2.0"
STYLES = {"cursor": "cursor=&per_page=100", "page": "page=1&per_page=100"}
ROWS = 300_000
MOST, FEW = 1, 2  # partners: nearly all rows are the first one's, the other has one in 300
EACH = 300
MOST_RATIO = 1.5
FILL = f"""
INSERT INTO charging_authorization (method, status, charge_point_id, partner_id, created_at, updated_at)
SELECT 'id_tag', 'accepted', $1, CASE WHEN number % {EACH} = 0 THEN {FEW} ELSE {MOST} END, now(), now()
FROM generate_series(1, {ROWS}) AS number
"""


@dataclass(frozen=True)
class Callers:
    """Tokens of the operator and of the two partners."""

    operator: str
    most: str
    few: str


async def fill(folder: Path, dsn: str, operator: str) -> Callers:
    """Write the rows, and make tokens for the partners, of the node on `folder`."""
    connection = await asyncpg.connect(dsn)
    charge_point = await connection.fetchval("SELECT min(id) FROM charge_point")
    await connection.execute(FILL, charge_point)
    await connection.execute("VACUUM ANALYZE charging_authorization")
    await connection.close()
    database, vault = await PostgresDatabase.connect(dsn, SystemClock(), 1), Vault.at(folder / "secret.key")
    async with database.begin() as tx:
        most, few = [await create_token(tx, vault, f"partner {id}", ["*"], partner_id=id) for id in (MOST, FEW)]
    await database.close()
    return Callers(operator, most, few)


async def report(base: str, callers: Callers, rounds: int) -> None:
    """Print the medians of both styles. Who is asked first changes with each round; the first round warms up."""
    names = {f"{ROWS:,} rows": callers.operator, f"{ROWS - ROWS // EACH:,} of them": callers.most,
             f"{ROWS // EACH:,} of them": callers.few}  # fmt: skip
    for style, query in STYLES.items():
        url = f"{base}{TARGET}?{query}"
        found: dict[str, list[float]] = {name: [] for name in names}
        turns = list(names.items())
        for _ in range(rounds + 1):
            turns.append(turns.pop(0))
            for name, token in turns:
                burst = await once(url, [request("GET", url, token)], 200, b'"data":[{')
                found[name].append(1e3 * burst.latencies[0])
        (_, operator), *partners = ((name, statistics.median(times[1:])) for name, times in found.items())
        told = ", ".join(f"a partner with {name} {ms:.1f} ms ({ms / operator:.2f})" for name, ms in partners)
        print(f"a {style} of {ROWS:,} authorizations: operator {operator:.1f} ms, {told} (target {MOST_RATIO})")
