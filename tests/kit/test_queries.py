"""Query strings as clients really write them (conventions C1, C2, C7, C8)."""

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, strategies

from ohmstead.kit.queries import parse
from tests.kit.conftest import THINGS, Yard


@pytest.mark.parametrize("query", ["", "cursor", "cursor=", "cursor=null", "cursor=null&cursor=&cursor=null"])
async def test_c1_no_cursor_by_any_spelling_is_the_first_page(yard: Yard, query: str) -> None:
    ids = await yard.named(3)
    answer = await yard.client.get(THINGS, query)
    assert [row["id"] for row in answer.data] == ids
    assert answer.body["links"] == {"first": None, "last": None, "prev": None, "next": None}


async def test_c1_unknown_parameters_do_no_harm_to_any_method(yard: Yard) -> None:
    odd = "cursor=null&nonsense=1&filter=&page[x]=&include="
    made = await yard.client.post(THINGS, {"name": "x"}, query=odd)
    path = f"{THINGS}/{made.data['id']}"
    statuses = [
        made.status,
        (await yard.client.get(THINGS, odd)).status,
        (await yard.client.get(path, odd)).status,
        (await yard.client.patch(path, {"name": "y"}, query=odd)).status,
        (await yard.client.post(f"/actions/thing/v1.0/{made.data['id']}/push", query=odd)).status,
        (await yard.client.delete(path, query=odd)).status,
    ]
    assert statuses == [201, 200, 200, 200, 202, 204]


@pytest.mark.parametrize("after", ["&cursor=null", "&cursor=", "&cursor", "&cursor=null&cursor=null"])
async def test_c2_the_first_real_cursor_counts(yard: Yard, after: str) -> None:
    ids = await yard.named(5)
    first = await yard.client.get(THINGS, "per_page=2")
    second = await yard.client.get(first.body["links"]["next"] + after)
    assert [row["id"] for row in second.data] == ids[2:4]
    cursor = first.body["meta"]["next_cursor"]
    again = await yard.client.get(THINGS, f"cursor=null&per_page=2&cursor={cursor}{after}&cursor=other")
    assert [row["id"] for row in again.data] == ids[2:4]


@pytest.mark.parametrize("version", ["v1.0", "v1.1"])
async def test_c2_a_page_beside_a_null_cursor_is_that_page(yard: Yard, version: str) -> None:
    ids = await yard.named(5)
    answer = await yard.client.get(f"/resources/things/{version}", "page=2&per_page=2&cursor=null")
    assert [row["id"] for row in answer.data] == ids[2:4]
    assert answer.body["meta"]["current_page"] == 2


@pytest.mark.parametrize(
    "query",
    [
        "filter[colour]=red",
        "filter[colour][]=red",
        "filter[colour][0]=red",
        "filter%5Bcolour%5D=red",
        "filter%5Bcolour%5D%5B%5D=red",
        "filter[colour]=red&filter[shelf.id]=SHELF",
        "filter[colour]=red&filter[shelf][id]=SHELF",
        "filter%5Bshelf%5D%5Bid%5D=SHELF",
        "filter[name]=a%2Bb%20%26%20%C3%A9",
    ],
)
async def test_c7_filters_in_every_spelling(yard: Yard, query: str) -> None:
    shelf = (await yard.client.post("/resources/shelves/v1.0", {"name": "top"})).data
    wanted = await yard.made(name="a+b & é", colour="red", shelfId=shelf["id"])
    await yard.made(name="other", colour="green")
    found = await yard.client.get(THINGS, query.replace("SHELF", str(shelf["id"])))
    assert [row["id"] for row in found.data] == [wanted["id"]]


async def test_c7_a_repeated_filter_means_any_of_them(yard: Yard) -> None:
    red, green = await yard.made(name="r", colour="red"), await yard.made(name="g", colour="green")
    await yard.made(name="none")
    for query in ("filter[colour][]=red&filter[colour][]=green", "filter[colour][0]=red&filter[colour][1]=green"):
        assert [row["id"] for row in (await yard.client.get(THINGS, query)).data] == [red["id"], green["id"]]


@pytest.mark.parametrize("query", ["include[]=echo", "include[0]=echo", "include=echo", "include%5B%5D=echo"])
async def test_c7_includes_in_every_spelling(yard: Yard, query: str) -> None:
    made = await yard.made(name="a")
    assert (await yard.client.get(THINGS, query)).data[0]["echo"] == f"echo {made['id']}"
    assert (await yard.client.get(f"{THINGS}/{made['id']}", query)).data["echo"] == f"echo {made['id']}"
    assert (await yard.client.patch(f"{THINGS}/{made['id']}", {}, query=query)).data["echo"] == f"echo {made['id']}"


@pytest.mark.parametrize(
    ("text", "loud"), [("true", True), ("1", True), ("True", True), ("false", False), ("0", False), ("False", False)]
)
async def test_c8_booleans(yard: Yard, text: str, loud: bool) -> None:
    made = await yard.made(name="a", loud=loud)
    await yard.made(name="b", loud=not loud)
    assert [row["id"] for row in (await yard.client.get(THINGS, f"filter[loud]={text}")).data] == [made["id"]]
    shouted = (await yard.client.get(THINGS, f"withShout={text}")).data
    assert all(("shout" in row) is loud for row in shouted)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01T10:00:00Z",
        "2026-03-01T10:00:00+00:00",
        "2026-03-01T12:00:00%2B02:00",
        "2026-03-01T10:00:00.0000000Z",
        "2026-03-01T10:00:00.0000000+00:00",
        "2026-03-01T10:00:00",
        "2026-03-01%2010:00:00",
        "2026-03-01",
    ],
)
async def test_c8_moments(yard: Yard, text: str) -> None:
    exact = "2026-03-01T00:00:00Z" if len(text) == 10 else "2026-03-01T10:00:00Z"
    made = await yard.made(name="on", at=exact)
    await yard.made(name="before", at="2026-02-28T23:59:59Z")
    found = await yard.client.get(THINGS, f"filter[at]={text}")
    assert [row["id"] for row in found.data] == [made["id"]], found.body


@pytest.mark.parametrize(
    "text", ["2026-03-01T10:00:00.1234567Z", "2026-03-01T10:00:00.123456", "2026-03-01T12:00:00+02:00"]
)
async def test_c8_moments_in_a_body(yard: Yard, text: str) -> None:
    assert (await yard.made(name="a", at=text))["at"] == "2026-03-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("filter[size]=many", "filter.size"),
        ("filter[size]=9223372036854775808", "filter.size"),
        ("filter[name]=a%00b", "filter.name"),
        ("filter[tags][]=%00", "filter.tags"),
        ("filter[loud]=perhaps", "filter.loud"),
        ("filter[at]=yesterday", "filter.at"),
        ("filter[at]=2026-13-01", "filter.at"),
        ("filter[x.y]=1", "filter.x.y"),
        ("include[]=nonsense", "include"),
    ],
)
async def test_what_cannot_be_read_is_named(yard: Yard, query: str, field: str) -> None:
    answer = await yard.client.get(THINGS, query)
    assert answer.status == 422
    assert answer.body["errors"].keys() == {field}


@pytest.mark.parametrize(
    "query",
    ["filter[name]=%00", "filter[size]=" + "9" * 40, "per_page=" + "9" * 5_000, "page=" + "9" * 5_000, "cursor=%ff%00"],
)
async def test_no_query_brings_the_server_down(yard: Yard, query: str) -> None:
    for version in ("v1.0", "v1.1", "v2.0"):
        answer = await yard.client.get(f"/resources/things/{version}", query)
        assert answer.status in (200, 422), answer.body


@given(strategies.text())
def test_any_text_is_read_as_some_query(text: str) -> None:
    query = parse(text)
    assert query.cursor is None or query.cursor not in ("null", " null")
    assert parse("&".join(f"{quote(name)}={quote(value)}" for name, value in query.kept)).kept == query.kept


def test_a_query_keeps_what_a_following_page_needs() -> None:
    query: Any = parse("filter[a][b]=1&per_page=5&page=3&cursor=x&include[]=y&withZ=true")
    assert query.filters == {"a.b": ["1"]}
    assert (query.per_page, query.page, query.cursor, query.include) == ("5", "3", "x", ["y"])
    assert [name for name, _ in query.kept] == ["filter[a][b]", "per_page", "include[]", "withZ"]
