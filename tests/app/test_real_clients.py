"""What client programs send (C1 to C16), replayed over every listing of the product."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, get_args, get_origin
from urllib.parse import quote

from ohmstead.kit.filters import Filter
from ohmstead.kit.operations import Operation
from ohmstead.kit.paging import Pages
from ohmstead.kit.views import alternatives
from tests.client import Answer, Client
from tests.fuzz import Rows
from tests.fuzz_world import FuzzWorld
from tests.listings import API, FEW, FEWER, LISTINGS, grown

NUMBERED = {"current_page", "from", "last_page", "links", "path", "per_page", "to", "total"}
OTHER_WORDS = {"/resources/rfid-tags/v1.0": {"status"}}
"""Filters whose words are not those of the rows: the published API says `active` of a tag that is `enabled`."""
BESIDE_ANOTHER = {("/resources/tariffs/v1.0", "userId")}
"""Filters that want another one beside, and then are of one row: see test_tariff_resolution."""
BY_CURSOR, BY_NUMBER = (Pages.CURSOR, Pages.EITHER), (Pages.NUMBER, Pages.EITHER)


def named(answer: Answer) -> list[Any]:
    """The rows by their ids, or what they are where they have none."""
    assert answer.status == 200, answer.body
    return [row.get("id", row) if isinstance(row, dict) else row for row in answer.data]


class Listing:
    """A listing with a few rows, and a client that has every right."""

    def __init__(self, api: Client, anonymous: Client, operation: Operation, path: str) -> None:
        self.api, self.anonymous, self.operation, self.path = api, anonymous, operation, path

    async def get(self, query: str = "", **options: Any) -> Answer:
        return await self.api.get(self.path, query, **options)

    async def walked(self, query: str) -> list[Any]:
        """The rows of all pages, each reached by the link on the one before, as it is."""
        answer, found = await self.get(query), []
        for _ in range(100):
            rows, following = named(answer), answer.body["links"]["next"]
            assert len(rows) <= 2
            found += rows
            if following is None:
                return found
            assert following.startswith(self.api.base + API)
            assert "per_page=2" in following
            answer = await self.api.get(following)
        raise AssertionError("the pages have no end")

    async def check(self) -> None:
        """All that holds for it."""
        pages = self.operation.pages
        everything = named(await self.get())
        assert len(everything) >= FEW, everything
        await self.first_pages(everything)
        if pages in BY_CURSOR:
            await self.by_cursor(everything)
        if pages in BY_NUMBER:
            await self.by_number(everything)
        await self.includes()
        for one in self.operation.filters:
            if (self.operation.path.removeprefix(API), one.name) not in BESIDE_ANOTHER:
                await self.filtered(one, everything)
        await self.forms()

    async def first_pages(self, everything: list[Any]) -> None:
        """C1, C6: no cursor by any spelling; a hundred rows."""
        for query in ("cursor=null", "cursor=", "cursor", "per_page=100&cursor=null&cursor=", "nonsense=1"):
            answer = await self.get(query)
            assert named(answer) == everything, query
            if self.operation.pages is not Pages.WHOLE:
                assert answer.body["meta"]["per_page"] == 100
        if self.operation.pages is not Pages.WHOLE:
            assert [(await self.get(f"per_page={number}")).status for number in (0, 1, 100, 101)] == [
                422,
                200,
                200,
                422,
            ]

    async def by_cursor(self, everything: list[Any]) -> None:
        """C1 to C4."""
        assert await self.walked("per_page=2&cursor=null") == everything
        first = await self.get("per_page=2&cursor=")
        cursor, link = first.body["meta"]["next_cursor"], first.body["links"]["next"]
        for again in (f"per_page=2&cursor={cursor}&cursor=null", f"cursor=null&cursor={cursor}&per_page=2"):
            assert named(await self.get(again)) == everything[2:4]
        assert named(await self.api.get(link + "&cursor=null")) == everything[2:4]
        last = await self.get("cursor=null")
        assert (last.body["meta"]["next_cursor"], last.body["meta"]["prev_cursor"]) == (None, None)

    async def by_number(self, everything: list[Any]) -> None:
        """C2, C5."""
        assert await self.walked("per_page=2&page=1") == everything
        second = await self.get("page=2&per_page=2&cursor=null")
        meta = second.body["meta"]
        assert named(second) == everything[2:4]
        assert meta.keys() == NUMBERED
        assert (meta["current_page"], meta["total"]) == (2, len(everything))
        assert meta["last_page"] == -(-len(everything) // 2)

    async def includes(self) -> None:
        """C7: an include by each spelling, kept by the next link."""
        for name in self.operation.includes:
            plain = (await self.get(f"include[]={name}")).data
            spelled = (f"include[0]={name}", f"include={name}", f"include%5B%5D={name}", f"include={name},{name}")
            for query in spelled:
                assert [row.keys() for row in (await self.get(query)).data] == [row.keys() for row in plain], query
        if self.operation.includes and self.operation.pages is not Pages.WHOLE:
            following = (await self.get(f"per_page=2&include[]={self.operation.includes[0]}")).body["links"]["next"]
            assert f"include[]={self.operation.includes[0]}" in following

    async def filtered(self, one: Filter, everything: list[Any]) -> None:
        """C7, C8: a filter by each spelling, alone and twice; what a row says of itself finds the row."""
        value = quote(str(example(one)))
        names = [f"filter[{one.name}]", f"filter[{one.name}][]", f"filter[{one.name}][0]", f"filter%5B{one.name}%5D"]
        if "." in one.name:
            names.append("filter" + "".join(f"[{part}]" for part in one.name.split(".")))
        found = [named(await self.get(f"{name}={value}")) for name in names]
        found.append(named(await self.get(f"{names[0]}={value}&{names[0]}={value}")))
        assert all(rows == found[0] for rows in found), (one.name, found)
        for text in spellings(one.type):
            assert (await self.get(f"filter[{one.name}]={text}")).status == 200, (one.name, text)
        alike = one.name not in OTHER_WORDS.get(self.operation.path.removeprefix(API), ())
        for row in (await self.get()).data[: 1 if alike else 0]:
            told = said(row, one.name)
            if isinstance(told, str | int | bool) and one.type is not datetime:
                text = quote(str(told).lower() if isinstance(told, bool) else str(told))
                assert row.get("id", row) in named(await self.get(f"filter[{one.name}]={text}")), (one.name, told)

    async def forms(self) -> None:
        """C9, C12, C15, C16: a slash more, headers and tokens in each form, and errors that are JSON."""
        slash = await self.api.get(self.path + "/")
        assert slash.status == 200
        for name in ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-Req-Trace-Id", "X-App-Version"):
            assert name in slash.headers
        token = self.api.token
        for form in ({"authorization": f"bearer {token}"}, {"AUTHORIZATION": f"Bearer {token}:a.b.c"}):
            assert (await self.anonymous.get(self.path, headers=form)).status == 200, form
        unknown = await self.get("filter[nonsense]=1")
        assert (unknown.status, *unknown.body.get("errors", ())) == (422, "filter.nonsense")
        wrong = await self.api.request("PATCH", self.path)
        assert (wrong.status, wrong.body.keys()) == (405, {"message"})


def example(one: Filter) -> Any:
    """A text that the filter reads."""
    for kind in alternatives(get_args(one.type)[0] if get_origin(one.type) is list else one.type):
        if isinstance(kind, str):
            return kind  # a word of a list
        if kind in (datetime, date):
            return "2026-01-02"
        if kind in (int, float):
            return 1
        if kind is bool:
            return "true"
    return "xxx"


def spellings(kind: Any) -> Iterator[str]:
    """C8: what else means a truth or a moment."""
    if kind is bool:
        yield from ("true", "false", "1", "0")
    elif kind is datetime:
        yield from (
            "2026-01-02T03:04:05Z",
            "2026-01-02T03:04:05+00:00",
            "2026-01-02T03:04:05.1234567Z",
            "2026-01-02T03:04:05",
        )


def said(row: Any, name: str) -> Any:
    """What a row says under the name of a filter."""
    for part in name.split("."):
        row = row.get(part) if isinstance(row, dict) else None
    return row


async def test_every_listing_serves_what_clients_send(api: Client, world: FuzzWorld) -> None:
    rows, anonymous, wrong = await Rows.kept(world.given.system.dsn), Client(api.base, None), {}
    for operation in LISTINGS:
        if (path := operation.path.removeprefix(API)) in FEWER:
            continue
        await rows.back()
        await grown(api, world, operation, FEW - 1)
        try:
            await Listing(api, anonymous, operation, world.path(operation)).check()
        except AssertionError as error:
            wrong[path] = str(error)[:400]
    await anonymous.close()
    await rows.dropped()
    assert not wrong, "\n".join(f"{path}: {what}" for path, what in wrong.items())
