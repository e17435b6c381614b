"""The rate limit: so many successful calls a minute and a day for each token (convention C16)."""

import asyncio

import pytest

from ohmstead.kit.errors import TooManyAttempts
from ohmstead.kit.limits import RateLimit
from tests.client import Client
from tests.kit.conftest import THINGS, Yard

TOO_MANY = {"message": "Too Many Attempts."}


async def test_c16_what_is_left_goes_down_with_each_success(yard: Yard) -> None:
    left = [(await yard.client.get(THINGS)).headers["X-RateLimit-Remaining"] for _ in range(3)]
    assert left == ["999", "998", "997"]
    assert (await yard.client.get(THINGS)).headers["X-RateLimit-Limit"] == "1000"


async def test_c16_only_authenticated_and_successful_calls_count(yard: Yard) -> None:
    made = await yard.made(name="a")
    before = (await yard.client.get(THINGS)).headers["X-RateLimit-Remaining"]
    stranger = Client(yard.base, "nobody")
    narrow = Client(yard.base, await yard.token("shelves.read"))
    failures = [
        await yard.client.get(f"{THINGS}/999"),
        await yard.client.post(THINGS, {}),
        await yard.client.get(THINGS, "filter[x]=1"),
        await yard.client.request("PUT", THINGS),
        await yard.client.get("/nonsense"),
        await yard.client.post(f"/actions/thing/v1.0/{made['id']}/break"),
        await narrow.get(THINGS),
        await stranger.get(THINGS),
    ]
    assert [one.status for one in failures] == [404, 422, 422, 405, 404, 500, 403, 401]
    assert {one.headers["X-RateLimit-Remaining"] for one in failures[-2:]} == {"1000"}
    assert int((await yard.client.get(THINGS)).headers["X-RateLimit-Remaining"]) == int(before) - 1
    await stranger.close()
    await narrow.close()


async def test_c16_a_used_up_minute_says_when_it_ends(yard: Yard) -> None:
    yard.now[0] += 0.25
    await asyncio.gather(*(yard.client.get(THINGS) for _ in range(1_000)))
    yard.now[0] += 20
    refused = await yard.client.get(THINGS)
    assert (refused.status, refused.body) == (429, TOO_MANY)
    wanted = {
        "X-RateLimit-Limit": "1000",
        "X-RateLimit-Remaining": "0",
        "Retry-After": "40",
        "X-RateLimit-Reset": "1000061",
    }
    assert {name: refused.headers[name] for name in wanted} == wanted
    other = Client(yard.base, await yard.token("*"))
    assert (await other.get(THINGS)).status == 200
    await other.close()
    yard.now[0] += 40
    assert (await yard.client.get(THINGS)).headers["X-RateLimit-Remaining"] == "999"


def test_c16_a_used_up_day_outlasts_the_minute() -> None:
    now = [0.0]
    limit = RateLimit(per_minute=2, per_day=3, clock=lambda: now[0])
    for _ in range(3):
        limit.check(1)
        limit.count(1)
        now[0] += 60
    with pytest.raises(TooManyAttempts) as refused:
        limit.check(1)
    assert refused.value.headers == {"Retry-After": str(86_400 - 180), "X-RateLimit-Reset": "86400"}
    limit.check(2)
    now[0] = 86_400
    limit.check(1)


def test_c16_waiting_as_told_is_enough() -> None:
    now = [0.1]
    limit = RateLimit(per_minute=1, per_day=100, clock=lambda: now[0])
    limit.check(1)
    limit.count(1)
    now[0] = 30.7
    with pytest.raises(TooManyAttempts) as refused:
        limit.check(1)
    now[0] += int(refused.value.headers["Retry-After"])
    limit.check(1)
    assert now[0] <= int(refused.value.headers["X-RateLimit-Reset"]) + 1
