"""Rendering: rows as the API answers them, where nobody asked by HTTP."""

from typing import Any

import msgspec
import pytest

from ohmstead.kit.errors import Forbidden, Invalid
from ohmstead.kit.operations import Actor, RenderContext, encoder
from ohmstead.kit.rendering import rendered
from tests.kit.conftest import THINGS, Yard
from tests.kit.things import parts, shelves, things

OPERATOR = Actor(1, 1, frozenset({"*"}))


def partner(partner_id: int, *scopes: str) -> Actor:
    return Actor(1, 1, frozenset(scopes or ("*",)), partner_id)


async def told(yard: Yard, ids: list[int], context: RenderContext, version: str = "v2.0", of: Any = things) -> Any:
    async with yard.system.database.read() as tx:
        answers = await rendered(of, version, ids, tx, context)
    return {key: msgspec.json.decode(encoder.encode(answer)) for key, answer in answers.items()}


async def test_it_is_what_a_get_answers(yard: Yard) -> None:
    made = [await yard.made(name=name, size=2, at="2026-11-01T08:00:00Z") for name in ("a", "b")]
    ids = [one["id"] for one in made]
    asks = RenderContext(OPERATOR, yard.base, include=["echo"], flags={"withShout": "true"})
    got = {key: (await yard.client.get(f"{THINGS}/{key}", "include[]=echo&withShout=true")).data for key in ids}
    assert got[ids[0]]["shout"] == f"SHOUT {ids[0]}"
    assert await told(yard, [*ids, 999], asks) == got
    assert await told(yard, ids[:1], RenderContext(OPERATOR)) == {
        ids[0]: (await yard.client.get(f"{THINGS}/{ids[0]}")).data
    }
    assert await told(yard, [], asks) == {}


async def test_an_older_version_has_its_own_words(yard: Yard) -> None:
    key = (await yard.made(name="a"))["id"]
    assert await told(yard, [key], RenderContext(OPERATOR), "v1.0") == {key: {"id": key, "title": "a"}}


async def test_it_shows_what_the_actor_may_see(yard: Yard) -> None:
    [own, foreign, nobodys] = [(await yard.made(name=f"of {one}", partnerId=one))["id"] for one in (7, 8, None)]
    seen = await told(yard, [own, foreign, nobodys], RenderContext(partner(7)))
    assert list(seen) == [own]
    assert list(await told(yard, [own, foreign, nobodys], RenderContext(OPERATOR))) == [own, foreign, nobodys]
    for actor in (partner(7, "shelves.read"), Actor(1, 1, frozenset({"things.write"}))):
        with pytest.raises(Forbidden):
            await told(yard, [own], RenderContext(actor))


async def test_a_child_is_seen_with_its_parent(yard: Yard) -> None:
    [own, foreign] = [(await yard.made(name=f"of {one}", partnerId=one))["id"] for one in (7, 8)]
    ids = [(await yard.client.post(f"{THINGS}/{key}/parts", {"name": "p"})).data["id"] for key in (own, foreign)]
    assert list(await told(yard, ids, RenderContext(partner(7)), of=parts)) == ids[:1]
    assert list(await told(yard, ids, RenderContext(OPERATOR), of=parts)) == ids


async def test_what_it_does_not_know_it_says(yard: Yard) -> None:
    key = (await yard.made(name="a"))["id"]
    with pytest.raises(Invalid):
        await told(yard, [key], RenderContext(OPERATOR, include=["nonsense"]))
    assert await told(yard, [key], RenderContext(partner(7, "shelves.read")), "v1.0", shelves) == {}
