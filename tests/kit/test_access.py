"""Who may do what: tokens, scopes, addresses, partners, and what is written of it (convention C15)."""

import asyncio
import base64
import re
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import insert, select

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.errors import ApiError
from ohmstead.kit.facts import audit, outbox
from ohmstead.rooms.operator import admins
from tests.client import Answer, Client
from tests.conftest import served
from tests.kit.conftest import THINGS, Yard, api
from tests.kit.things import thing

REFUSED = {"message": "Unauthenticated."}
FORBIDDEN = {"message": "This action is unauthorized."}


async def ask(yard: Yard, authorization: str | None, **headers: str) -> Answer:
    client = Client(yard.base, None)
    try:
        sent = {"Authorization": authorization} if authorization is not None else {}
        return await client.get(THINGS, headers=sent | headers)
    finally:
        await client.close()


@pytest.mark.parametrize(
    "form", ["Bearer {}", "bearer {}", "BEARER {}", "Bearer  {} ", "Bearer {}:a.b.c", "Bearer {}:x:y"]
)
async def test_c15_a_token_in_each_of_its_forms(yard: Yard, form: str) -> None:
    assert (await ask(yard, form.format(yard.client.token))).status == 200


@pytest.mark.parametrize(
    "form", [None, "", "Bearer", "Bearer ", "{}", "Basic {}", "Token {}", "Bearer x{}", "Bearer :{}"]
)
async def test_c15_no_token_no_answer(yard: Yard, form: str | None) -> None:
    answer = await ask(yard, None if form is None else form.format(yard.client.token))
    assert (answer.status, answer.body) == (401, REFUSED)


async def test_c15_basic_authentication_with_a_token_is_none(yard: Yard) -> None:
    pair = base64.b64encode(f"{yard.client.token}:".encode()).decode()
    assert (await ask(yard, f"Basic {pair}")).status == 401


async def test_every_answer_carries_version_trace_and_limit(yard: Yard) -> None:
    stranger = Client(yard.base, "nobody")
    answers = [
        await yard.client.get(THINGS),
        await yard.client.post(THINGS, {}),
        await yard.client.get(f"{THINGS}/999"),
        await yard.client.get("/nonsense"),
        await yard.client.request("PUT", THINGS),
        await yard.client.request("OPTIONS", THINGS),
        await yard.client.post(THINGS, data=b"x" * (1 << 21)),
        await yard.client.post(f"/actions/thing/v1.0/{(await yard.made(name='a'))['id']}/break"),
        await stranger.get(THINGS),
    ]
    await stranger.close()
    assert [one.status for one in answers] == [200, 422, 404, 404, 405, 405, 413, 500, 401]
    for one in answers:
        assert one.headers["X-App-Version"] == "9.9"
        assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", one.headers["X-Req-Trace-Id"])
        assert {"X-RateLimit-Limit", "X-RateLimit-Remaining"} <= one.headers.keys()
        assert one.headers["Content-Type"] == "application/json"
    assert len({one.headers["X-Req-Trace-Id"] for one in answers}) == len(answers)


async def test_a_given_trace_is_kept_where_it_is_one(yard: Yard) -> None:
    bearer = f"Bearer {yard.client.token}"
    kept = await ask(yard, bearer, **{"X-Req-Trace-Id": "Root=1-5-7"})
    assert kept.headers["X-Req-Trace-Id"] == "Root=1-5-7"
    for odd in ("ä", "x" * 129, "two words"):
        answer = await ask(yard, bearer, **{"X-Req-Trace-Id": odd})
        assert answer.headers["X-Req-Trace-Id"].startswith("Root=1-")


@pytest.mark.parametrize(
    ("scopes", "reads", "writes", "acts"),
    [
        (["*"], True, True, True),
        (["things.*"], True, True, True),
        (["things.read"], True, False, False),
        (["things.write"], False, True, False),
        (["things.act"], False, False, True),
        (["*.read"], True, False, False),
        (["thing.*", "shelves.*"], False, False, False),
        ([], False, False, False),
    ],
)
async def test_a_token_does_what_its_scopes_say(
    yard: Yard, scopes: list[str], reads: bool, writes: bool, acts: bool
) -> None:
    made = await yard.made(name="a")
    client = Client(yard.base, await yard.token(*scopes))
    for wanted, answer in (
        (reads, await client.get(THINGS)),
        (reads, await client.get(f"{THINGS}/{made['id']}")),
        (writes, await client.post(THINGS, {"name": "b"})),
        (writes, await client.patch(f"{THINGS}/{made['id']}", {"size": 2})),
        (acts, await client.post(f"/actions/thing/v1.0/{made['id']}/push")),
        (acts, await client.post(f"/actions/thing/v1.0/{made['id']}/wait")),
        (writes, await client.delete(f"{THINGS}/{made['id']}")),
    ):
        assert (answer.status < 300) is wanted
        assert wanted or (answer.status, answer.body) == (403, FORBIDDEN)
    await client.close()


@pytest.mark.parametrize(
    ("ips", "allowed"),
    [(["127.0.0.1"], True), (["127.0.0.0/8"], True), (["10.0.0.1", "127.0.0.1"], True), (["10.0.0.0/8"], False),
     (["::1"], False), ([], False), (None, True)],
)  # fmt: skip
async def test_a_token_works_from_its_addresses_only(yard: Yard, ips: list[str] | None, allowed: bool) -> None:
    answer = await ask(yard, f"Bearer {await yard.token('*', ips=ips)}")
    assert answer.status == (200 if allowed else 401)


@pytest.mark.parametrize("trusts_proxy", [True, False])
async def test_the_address_behind_a_trusted_proxy_counts(yard: Yard, system: System, trusts_proxy: bool) -> None:
    inside, outside = await yard.token("*", ips=["10.1.2.3"]), await yard.token("*", ips=["127.0.0.1"])
    async with served(api(system, trusts_proxy=trusts_proxy).app) as base:
        for token, forwarded, with_proxy, without in (
            (inside, "10.1.2.3", 200, 401),
            (inside, "6.6.6.6, 10.1.2.3", 200, 401),
            (inside, "10.1.2.3, 6.6.6.6", 401, 401),  # the caller wrote the first, our proxy the last
            (inside, "nonsense", 401, 401),
            (outside, "10.1.2.3", 401, 200),
        ):
            client = Client(base, token)
            answer = await client.get(THINGS, headers={"X-Forwarded-For": forwarded})
            await client.close()
            assert answer.status == (with_proxy if trusts_proxy else without), forwarded


async def test_a_revoked_token_dies_within_seconds(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = [1_000.0]
    monkeypatch.setattr(admins, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    token = await yard.token("*")
    assert (await ask(yard, f"Bearer {token}")).status == 200
    async with yard.system.database.begin() as tx:
        known = await tx.value(select(admins.api_token.c.id).where(admins.api_token.c.hash == admins.digest(token)))
        assert await admins.revoke_token(tx, known)
        assert not await admins.revoke_token(tx, known)
    seconds[0] += 5.1
    assert (await ask(yard, f"Bearer {token}")).status == 401


async def test_c15_tokens_nobody_knows_are_held_back_and_known_ones_never(yard: Yard) -> None:
    for number in range(30):
        assert (await ask(yard, f"Bearer nobody{number}")).status == 401
    refused = await ask(yard, "Bearer somebody")
    assert (refused.status, refused.body) == (429, {"message": "Too Many Attempts."})
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert (await ask(yard, None)).status == 401, "it names none that could be looked up"
    for token in (yard.client.token, await yard.token("*")):
        assert (await ask(yard, f"Bearer {token}")).status == 200, "whether it was seen before or not"
    assert (await ask(yard, "Bearer nobody")).status == 429


async def test_who_is_held_back_is_looked_up_with_others(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, read, clock = 0, system.database.read, ManualClock(datetime(2026, 3, 1, tzinfo=UTC))

    def counted() -> Any:
        nonlocal looks
        looks += 1
        return read()

    monkeypatch.setattr(system.database, "read", counted)
    authenticator = admins.TokenAuthenticator(system.database, clock, 3)
    async with system.database.begin() as tx:
        known = f"Bearer {await admins.create_token(tx, system.vault, 'test', ['*'])}"

    async def comes(header: str, remote: str = "192.0.2.1") -> Any:
        try:
            return await authenticator(header, remote)
        except ApiError as error:
            return error.status

    assert [await comes(f"Bearer {number}") for number in range(3)] == [401] * 3
    looks = 0
    *strangers, friend = await asyncio.gather(*(comes(f"Bearer {number}") for number in range(200)), comes(known))
    assert (strangers, looks) == ([429] * 200, 1)
    assert friend.scopes == {"*"}
    assert await comes("Bearer nobody", "192.0.2.2") == 401, "another address is not held back"
    await clock.advance(60)
    assert await comes("Bearer nobody") == 401, "the minute is over"


async def test_a_partners_token_sees_and_writes_its_own_rows_only(yard: Yard) -> None:
    shared, foreign = await yard.made(name="shared"), await yard.made(name="foreign", partnerId=8)
    partner = Client(yard.base, await yard.token("*", partner_id=7))
    mine = (await partner.post(THINGS, {"name": "mine", "partnerId": 8})).data
    assert mine["partnerId"] == 7
    for version in ("v1.0", "v1.1", "v2.0"):
        listed = await partner.get(f"/resources/things/{version}")
        assert [row["id"] for row in listed.data] == [mine["id"]]
        assert listed.body["meta"].get("total", 1) == 1
    for other in (shared["id"], foreign["id"]):
        for method in ("GET", "PATCH", "DELETE"):
            assert (await partner.request(method, f"{THINGS}/{other}")).status == 404
        assert (await partner.post(f"/actions/thing/v1.0/{other}/push")).status == 404
        assert (await partner.get(f"{THINGS}/{other}/parts")).status == 404
    given_away = await partner.patch(f"{THINGS}/{mine['id']}", {"partnerId": 8, "size": 3})
    assert (given_away.data["partnerId"], given_away.data["size"]) == (7, 3)
    assert (await partner.delete(f"{THINGS}/{mine['id']}")).status == 204
    await partner.close()


async def test_what_a_partner_writes_is_its_own_whatever_the_rules_say(yard: Yard) -> None:
    partner = Client(yard.base, await yard.token("*", partner_id=7))
    made = (await partner.post(THINGS, {"name": "found", "partnerId": 8})).data
    assert (await yard.client.get(f"{THINGS}/{made['id']}")).data["partnerId"] == 7
    assert (await yard.client.patch(f"{THINGS}/{made['id']}", {"name": "found"})).data["partnerId"] is None
    await partner.close()


async def test_a_partners_token_reads_what_is_everybodys_and_may_not_write_it(yard: Yard) -> None:
    shelf = (await yard.client.post("/resources/shelves/v1.0", {"name": "top"})).data
    partner = Client(yard.base, await yard.token("*", partner_id=7))
    path = f"/resources/shelves/v1.0/{shelf['id']}"
    assert (await partner.get(path)).data == shelf
    for answer in (
        await partner.post("/resources/shelves/v1.0", {"name": "x"}),
        await partner.patch(path, {"name": "x"}),
        await partner.delete(path),
    ):
        assert (answer.status, answer.body) == (403, FORBIDDEN)
    await partner.close()


async def test_every_write_leaves_who_what_and_when(yard: Yard) -> None:
    made = await yard.made(name="a", size=2)
    path = f"{THINGS}/{made['id']}"
    await yard.client.patch(path, {"size": 3}, headers={"X-Req-Trace-Id": "Root=1-a-b"}, query="x=1")
    await yard.client.patch(path, {"size": 0})
    await yard.client.get(path)
    await yard.client.post(f"/actions/thing/v1.0/{made['id']}/wait")
    await yard.client.post(f"/actions/thing/v1.0/{made['id']}/ask")
    await yard.client.delete(path)
    async with yard.system.database.read() as tx:
        rows = await tx.all(select(audit).order_by(audit.c.id))
        token = await tx.one(select(admins.api_token))
    below = f"resources/things/v2.0/{made['id']}"
    assert [(row["action"], row["target"]) for row in rows] == [
        ("POST Thing / Create", "resources/things/v2.0"),
        ("PATCH Thing / Update", below),
        ("POST Wait", f"actions/thing/v1.0/{made['id']}/wait"),
        ("POST Ask", f"actions/thing/v1.0/{made['id']}/ask"),
        ("DELETE Thing / Delete", below),
    ]
    assert {(row["admin_id"], row["token_id"]) for row in rows} == {(token["admin_id"], token["id"])}
    assert [row["refused"] for row in rows] == [None, None, None, "It does not answer.", None]
    assert rows[0]["changes"] == {"id": made["id"], "fields": ["created_at", "name", "size"]}
    assert (rows[1]["changes"], rows[1]["trace_id"]) == ({"id": made["id"], "fields": ["size"]}, "Root=1-a-b")
    assert made["lastUpdatedAt"] == rows[0]["at"].isoformat(timespec="seconds")


async def test_a_write_that_fails_leaves_no_trace(yard: Yard) -> None:
    made = await yard.made(name="a")
    async with yard.system.database.begin() as tx:
        await tx.run(audit.delete())
        await tx.run(outbox.delete())
    await yard.client.post(f"/actions/thing/v1.0/{made['id']}/break")
    await yard.client.post(THINGS, {"name": "a"})
    async with yard.system.database.read() as tx:
        assert (await tx.all(select(audit)), await tx.all(select(outbox))) == ([], [])


async def test_steps_that_fail_after_the_first_leave_who_what_and_why(yard: Yard) -> None:
    """What the first step wrote is there, so it was an act; one that was never committed was none."""
    made = await yard.made(name="a", size=4)
    async with yard.system.database.begin() as tx:
        await tx.run(audit.delete())
    assert (await yard.client.post(f"/actions/thing/v1.0/{made['id']}/halve")).status == 422
    assert (await yard.client.post("/actions/thing/v1.0/999/wait")).status == 404
    assert (await yard.client.get(f"{THINGS}/{made['id']}")).data["size"] == 2
    async with yard.system.database.read() as tx:
        rows = await tx.all(select(audit.c.action, audit.c.refused))
    assert [tuple(row) for row in rows] == [("POST Halve", "The given data was invalid.")]


async def test_a_write_tells_its_fact(yard: Yard) -> None:
    made = await yard.made(name="a")
    await yard.client.patch(f"{THINGS}/{made['id']}", {"size": 2})
    await yard.client.delete(f"{THINGS}/{made['id']}")
    async with yard.system.database.read() as tx:
        told = await tx.all(select(outbox.c.topic, outbox.c.payload).order_by(outbox.c.id))
    assert [(row["topic"], row["payload"]["action"], row["payload"]["id"]) for row in told] == [
        ("test.thing.changed", action, made["id"]) for action in ("created", "updated", "deleted")
    ]


async def test_a_row_written_by_others_is_seen_by_its_owner(yard: Yard) -> None:
    async with yard.system.database.begin() as tx:
        times = {"created_at": tx.now, "updated_at": tx.now}
        key = await tx.value(insert(thing).values(name="given", partner_id=7, **times).returning(thing.c.id))
    partner = Client(yard.base, await yard.token("things.read", partner_id=7))
    assert [row["id"] for row in (await partner.get(THINGS)).data] == [key]
    await partner.close()
