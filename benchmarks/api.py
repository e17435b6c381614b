"""API benchmark: requests for each CPU-second of the node, as a share of what a bare handler reaches with the same SQL.

The limit is a bare Falcon handler on the same uvicorn, uvloop and httptools that runs the same statements through
asyncpg and returns the same bytes; both take turns within every round. Run it with `scripts/bench api`.
"""

import argparse
import asyncio
import itertools
import json
import pickle
import statistics
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import uvloop
from parts import deep_pages, partners
from parts.capture import capturing
from parts.http_load import load, request
from parts.processes import HERE, Burst, Rounds, Server, answered, data_folder, median, metered, node, serving

from ohmstead.app.api_client import ApiClient

API = "/public-api"
CHARGE_POINTS, ID_TAGS = "/resources/charge-points/v2.0", "/resources/id-tags/v2.0"
MARKER = "bench-marker"
ROWS = 100
STARTS = 5
LISTINGS, LISTING, DEEP = 60, "partner-list", "deep-list"


@dataclass(frozen=True)
class Case:
    """A request, and the share of the limit it should reach. In a body MARKER stands for what must be unique."""

    name: str
    method: str
    target: str
    floor: float
    body: str = ""

    @property
    def status(self) -> int:
        return 201 if self.body else 200

    def requests(self, url: str, token: str, prefix: str) -> Iterator[bytes]:
        """Requests without end, every body with a marker of its own."""
        if not self.body:
            return itertools.repeat(request("GET", url, token))
        bodies = (self.body.replace(MARKER, f"{prefix}-{number}") for number in itertools.count())
        return (request("POST", url, token, body.encode()) for body in bodies)


def cases(location: int, charge_point: int, id_tag: int) -> list[Case]:
    """What is measured."""
    pages = f"cursor=&per_page={ROWS}"
    station = {
        "name": "Bay 1", "type": "public", "status": "enabled", "locationId": location, "tags": ["bench"],
        "communicationMode": "direct_ocpp", "network": {"id": MARKER, "protocol": "ocpp 1.6"},
    }  # fmt: skip
    card = {"idTagUid": MARKER, "status": "enabled", "type": "rfid"}
    return [
        Case("charge-point-read", "GET", f"{API}{CHARGE_POINTS}/{charge_point}", 0.35),
        Case("charge-point-list", "GET", f"{API}{CHARGE_POINTS}?{pages}", 0.5),
        Case("charge-point-create", "POST", API + CHARGE_POINTS, 0.3, json.dumps(station)),
        Case("id-tag-read", "GET", f"{API}{ID_TAGS}/{id_tag}", 0.35),
        Case("id-tag-list", "GET", f"{API}{ID_TAGS}?{pages}", 0.5),
        Case("id-tag-create", "POST", API + ID_TAGS, 0.3, json.dumps(card)),
    ]


async def furnish(api: ApiClient) -> list[Case]:
    """A location with a hundred charge points, and as many tags."""
    name = [{"locale": "en", "translation": "Car park"}]
    location = (await api.make("/resources/locations/v2.0", {"name": name, "country": "AT"}))["id"]
    for number in range(ROWS):
        body = {
            "name": f"Bay {number}", "type": "public", "locationId": location, "externalId": f"ext-{number}",
            "tags": ["bench"], "network": {"id": f"CP-{number}", "protocol": "ocpp 1.6"},
        }  # fmt: skip
        charge_point = await api.make(CHARGE_POINTS, body)
        tag = await api.make(ID_TAGS, {"idTagUid": f"TAG-{number:04}", "status": "enabled", "type": "rfid"})
    return cases(location, charge_point["id"], tag["id"])


async def bare(folder: Path, dsn: str, token: str, measured: list[Case], stack: AsyncExitStack) -> Server:
    """The limit, told what to run and to say for each case."""
    described = []
    async with capturing(folder, dsn, token) as capture:
        for case in measured:
            for number in range(2):  # the first one warms up: it also looks types up
                body = case.body.replace(MARKER, MARKER if number else MARKER + "-warm").encode()
                sql, answer = await capture.statements(case.method, case.target, body)
            described.append({"name": case.name, "sql": sql, "answer": answer, "marker": MARKER})
    path = folder / "cases.pickle"
    path.write_bytes(pickle.dumps((dsn, described)))
    return await stack.enter_async_context(serving(HERE / "bare_http.py", str(path)))


async def measure(case: Case, ours: tuple[Server, str, str], limit: Server, rounds: int, seconds: float) -> Rounds:
    """One case, both sides in turn."""
    server, base, token = ours
    url, bare_url = base + case.target, f"{limit.said[0]}/case/{case.name}"

    async def turn(who: Server, address: str, prefix: str) -> Burst:
        requests = case.requests(address, token, prefix)
        return await metered(who, partial(load, address, requests, case.status, seconds))

    await turn(server, url, f"{case.name}-warm"), await turn(limit, bare_url, "")
    found = Rounds()
    for number in range(rounds):
        found.ours.append(await turn(server, url, f"{case.name}-{number}"))
        found.limit.append(await turn(limit, bare_url, ""))
    return found


def row(case: Case, found: Rounds) -> str:
    """One line of the table."""
    per_cpu, bare_per_cpu = (median(side, Burst.per_cpu_second) for side in (found.ours, found.limit))
    p50, p99 = (median(found.ours, lambda burst: burst.percentile(share)) for share in (0.5, 0.99))  # noqa: B023
    return (
        f"{case.name:<20} {found.ratio():>6.2f} {case.floor:>6.2f} {per_cpu:>10.0f} {bare_per_cpu:>10.0f} "
        f"{median(found.ours, Burst.per_second):>9.0f} {p50:>8.2f} {p99:>8.2f}"
    )


async def warm_start(folder: Path, token: str) -> tuple[float, float]:
    """Seconds from starting the program on existing data to the first answered request, and its CPU-seconds."""
    begun = time.perf_counter()
    async with node(folder) as server:
        await answered(server.said[0] + API + CHARGE_POINTS + "?per_page=1", token)
        return time.perf_counter() - begun, server.cpu_seconds()


async def main(rounds: int, seconds: float, only: str) -> None:
    with data_folder() as folder:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(node(folder))
            base, _, token, dsn = server.said
            print(f"idle memory of the node: {server.resident_mb():.0f} MB (target 120)")
            api = ApiClient(base, token)
            stack.push_async_callback(api.close)
            measured = [case for case in await furnish(api) if only in case.name]
            limit = await bare(folder, dsn, token, measured, stack)
            print(f"{'':<20} {'ratio':>6} {'target':>6} {'ours/CPU-s':>10} {'bare/CPU-s':>10} {'ours/s':>9} "
                  f"{'p50 ms':>8} {'p99 ms':>8}")  # fmt: skip
            for case in measured:
                print(row(case, await measure(case, (server, base, token), limit, rounds, seconds)), flush=True)
            print(f"memory of the node after the load: {server.resident_mb():.0f} MB")
            if only in LISTING:
                await partners.report(base, await partners.fill(folder, dsn, token), LISTINGS)
            if only in DEEP:
                await deep_pages.report(base, token, await deep_pages.fill(api, dsn), LISTINGS)
        starts = [await warm_start(folder, token) for _ in range(STARTS)]
        wall, cpu = (statistics.median(times) for times in zip(*starts, strict=True))
        print(f"warm start to the first answer: {wall:.2f} s, median of {STARTS} (target 3); {cpu:.2f} s of CPU")


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--rounds", type=int, default=7)
    options.add_argument("--seconds", type=float, default=1.5, help="of each burst")
    options.add_argument("--only", default="", help="a part of the names of the cases to run")
    given = options.parse_args()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(given.rounds, given.seconds, given.only))
