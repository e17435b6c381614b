"""Pages: links that work verbatim, walks both ways, the numbered envelope, bounds (conventions C3 to C6)."""

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given, strategies

from ohmstead.app.system import System
from ohmstead.kit.errors import Invalid
from ohmstead.kit.paging import Pages, parse_page
from ohmstead.kit.queries import Query
from tests.client import Answer, Client
from tests.conftest import served
from tests.kit.conftest import THINGS, Yard, api

EITHER, NUMBERED = "/resources/things/v1.1", "/resources/things/v1.0"


def ids(answer: Answer) -> list[int]:
    return [row["id"] for row in answer.data]


async def test_c3_next_is_a_whole_address_that_keeps_every_wish(yard: Yard) -> None:
    for number in range(3):
        await yard.made(name=f"thing {number}", colour="red", tags=["a+b & é"])
        await yard.made(name=f"other {number}", colour="green")
    wishes = "filter[colour][]=red&filter%5Btag%5D=a%2Bb%20%26%20%C3%A9&include[]=echo&withShout=true&per_page=1"
    first = await yard.client.get(THINGS, wishes)
    following = first.body["links"]["next"]
    assert following.startswith(f"{yard.base}/public-api{THINGS}?")
    asked = parse_qs(urlsplit(following).query)
    assert asked.pop("cursor") == [first.body["meta"]["next_cursor"]]
    assert asked == parse_qs(wishes)
    second = await yard.client.get(following)
    assert second.data[0]["name"] == "thing 1"
    assert {"echo", "shout"} <= second.data[0].keys()
    last = await yard.client.get(second.body["links"]["next"])
    assert (last.data[0]["name"], last.body["links"]["next"]) == ("thing 2", None)


@pytest.mark.parametrize("trusts_proxy", [True, False])
async def test_c3_forwarded_headers_count_only_when_trusted(yard: Yard, system: System, trusts_proxy: bool) -> None:
    await yard.named(2)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cpms.example:444"}
    async with served(api(system, trusts_proxy=trusts_proxy).app) as base:
        client = Client(base, yard.client.token)
        answer = await client.get(THINGS, "per_page=1", headers=headers)
        await client.close()
    origin = "https://cpms.example:444" if trusts_proxy else base
    assert answer.body["links"]["next"].startswith(f"{origin}/public-api{THINGS}?per_page=1&cursor=")
    assert answer.body["meta"]["path"] == f"{origin}/public-api{THINGS}"


@pytest.mark.parametrize("path", [THINGS, EITHER])
async def test_c4_cursors_walk_there_and_back(yard: Yard, path: str) -> None:
    made = await yard.named(5)
    page = await yard.client.get(path, "per_page=2&cursor=null")
    there = [page]
    while cursor := there[-1].body["meta"]["next_cursor"]:
        there.append(await yard.client.get(path, f"per_page=2&cursor={cursor}"))
    assert [ids(one) for one in there] == [made[:2], made[2:4], made[4:]]
    back = [there[-1]]
    while cursor := back[-1].body["meta"]["prev_cursor"]:
        back.append(await yard.client.get(path, f"per_page=2&cursor={cursor}"))
    assert [ids(one) for one in back] == [made[4:], made[2:4], made[:2]]
    assert (there[0].body["meta"]["prev_cursor"], there[0].body["links"]["prev"]) == (None, None)
    middle = await yard.client.get(there[-1].body["links"]["prev"])
    assert ids(await yard.client.get(middle.body["links"]["next"])) == made[4:]


async def test_c4_a_walk_survives_rows_that_come_and_go(yard: Yard) -> None:
    made = await yard.named(4)
    first = await yard.client.get(THINGS, "per_page=2")
    await yard.client.delete(f"{THINGS}/{made[1]}")
    await yard.client.delete(f"{THINGS}/{made[2]}")
    new = (await yard.made(name="new"))["id"]
    assert ids(await yard.client.get(first.body["links"]["next"])) == [made[3], new]


@pytest.mark.parametrize("path", [EITHER, NUMBERED])
async def test_c5_numbered_pages_have_the_full_envelope(yard: Yard, path: str) -> None:
    made = await yard.named(5)
    answer = await yard.client.get(path, "per_page=2&page=2")
    url = f"{yard.base}/public-api{path}"
    assert ids(answer) == made[2:4]
    assert answer.body["links"] == {
        "first": f"{url}?per_page=2&page=1",
        "last": f"{url}?per_page=2&page=3",
        "prev": f"{url}?per_page=2&page=1",
        "next": f"{url}?per_page=2&page=3",
    }
    meta = answer.body["meta"]
    links = meta.pop("links")
    assert meta == {"current_page": 2, "from": 3, "last_page": 3, "path": url, "per_page": 2, "to": 4, "total": 5}
    assert [(one["label"], one["active"]) for one in links] == [
        ("&laquo; Previous", False), ("1", False), ("2", True), ("3", False), ("Next &raquo;", False)
    ]  # fmt: skip
    assert ids(await yard.client.get(links[-1]["url"])) == made[4:]
    newest = await yard.client.get(answer.body["links"]["last"])
    assert (ids(newest), newest.body["links"]["next"]) == (made[4:], None)


async def test_c5_an_empty_list_is_one_empty_page(yard: Yard) -> None:
    for path in (EITHER, NUMBERED):
        meta = (await yard.client.get(path)).body["meta"]
        assert (meta["current_page"], meta["last_page"], meta["from"], meta["to"], meta["total"]) == (
            1,
            1,
            None,
            None,
            0,
        )
        beyond = await yard.client.get(path, "page=9")
        assert (beyond.data, beyond.body["links"]["next"]) == ([], None)


async def test_c5_a_long_list_shows_its_ends_and_the_neighbours(yard: Yard) -> None:
    await yard.named(30)
    links = (await yard.client.get(NUMBERED, "per_page=1&page=15")).body["meta"]["links"]
    assert [one["label"] for one in links[1:-1]] == [str(n) for n in (1, 2, *range(12, 19), 29, 30)]


async def test_c5_dual_listings_page_unless_a_cursor_came(yard: Yard) -> None:
    await yard.named(1)
    for query, by_page in {"": True, "page=1": True, "page=1&cursor=null": True, "cursor": False, "cursor=null": False,
                           "page=&cursor=": False}.items():  # fmt: skip
        assert ("current_page" in (await yard.client.get(EITHER, query)).body["meta"]) is by_page, query


@pytest.mark.parametrize("path", [THINGS, EITHER, NUMBERED])
async def test_c6_per_page_is_1_to_100_and_100_by_default(yard: Yard, path: str) -> None:
    for text in ("", "&per_page=", "&per_page=100"):
        assert (await yard.client.get(path, "x=1" + text)).body["meta"]["per_page"] == 100
    assert (await yard.client.get(path, "per_page=1")).body["meta"]["per_page"] == 1
    for text in ("0", "101", "-1", "1.5", "many", "1e2"):
        answer = await yard.client.get(path, f"per_page={text}")
        assert (answer.status, list(answer.body["errors"])) == (422, ["per_page"])


async def test_a_whole_list_has_no_pages(yard: Yard) -> None:
    for name in ("low", "high"):
        await yard.client.post("/resources/shelves/v1.0", {"name": name})
    answer = await yard.client.get("/resources/shelves/v1.0", "per_page=1&cursor=null")
    assert answer.body.keys() == {"data"}
    assert [row["name"] for row in answer.data] == ["low", "high"]


@given(strategies.text() | strategies.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@example("eyJpZCI6MWU5OTl9")  # {"id":1e999}
@example("eyJpZCI6IjEifQ")  # {"id":"1"}
@example("eyJpZCI6W119")  # {"id":[]}
@example("eyJpZCI6MTAwMDAwMDAwMDAwMDAwMDAwMDAwMDB9")  # {"id":10000000000000000000000}
@example("eyJpZCI6LTF9")  # {"id":-1}
def test_a_foreign_cursor_is_read_or_refused_by_name(cursor: str) -> None:
    refused = None
    try:
        page = parse_page(Query(cursor=cursor), Pages.CURSOR)
    except Invalid as error:
        refused = error
    if refused is None:
        assert page.after is None or -(2**63) <= page.after < 2**63
    else:
        assert (refused.errors or {}).keys() == {"cursor"}
