"""What a page deep in a long listing takes, beside the first one: latencies of single requests, in turn."""

import statistics

import asyncpg

from ohmstead.app.api_client import ApiClient
from ohmstead.kit.paging import encode_cursor
from ohmstead.rooms.people.users import ev_user
from parts.http_load import once, request

USERS = "/resources/users/v1.0"
QUERY = "include[]=externalAppData&include[]=partnerInvites&filter[lastUpdatedAfter]=2020-01-01&per_page=100"
ROWS, PER_PAGE, DEEP = 100_000, 100, 900
MOST_RATIO = 1.3


async def fill(api: ApiClient, dsn: str) -> int:
    """Write the users, copies of one that the API made; the id of the last one on the page before the deep one."""
    body = {"email": "first@example.org", "password": "correct horse", "externalAppData": {"crm": {"id": 7}}}
    first = int((await api.make(USERS, body))["id"])
    copied = ", ".join(column.name for column in ev_user.c if column.name not in ("id", "email"))
    connection = await asyncpg.connect(dsn)
    await connection.execute(
        f"INSERT INTO ev_user (email, {copied}) SELECT 'u' || number || '@example.org', {copied} "
        f"FROM ev_user, generate_series(2, {ROWS}) AS number WHERE ev_user.id = {first}"
    )
    await connection.execute("VACUUM ANALYZE ev_user")
    before = f"SELECT id FROM ev_user ORDER BY id OFFSET {(DEEP - 1) * PER_PAGE - 1} LIMIT 1"
    last = await connection.fetchval(before)
    await connection.close()
    return last


async def report(base: str, token: str, last: int, rounds: int) -> None:
    """Print the medians of both pages. Which is asked first changes with each round; the first round warms up."""
    start = f"{base}/public-api{USERS}?{QUERY}&cursor="
    urls = [(1, start), (DEEP, start + encode_cursor(last, True))]
    found: dict[int, list[float]] = {page: [] for page, _ in urls}
    for _ in range(rounds + 1):
        urls.append(urls.pop(0))
        for page, url in urls:
            burst = await once(url, [request("GET", url, token)], 200, b'"externalAppData":{')
            found[page].append(1e3 * burst.latencies[0])
    first, deep = (statistics.median(times[1:]) for times in found.values())
    print(f"{ROWS:,} users with filters and includes by cursor: page 1 {first:.1f} ms, page {DEEP} {deep:.1f} ms "
          f"({deep / first:.2f}, target {MOST_RATIO})")  # fmt: skip
