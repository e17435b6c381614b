"""Operations without a token: nobody's rights, so many calls a minute of an address, and an entry in the audit."""

from datetime import UTC, datetime

from sqlalchemy import text

from ohmstead.app.open_calls import OpenCalls
from ohmstead.kit.clock import ManualClock
from ohmstead.web.openapi import document
from tests.client import Client
from tests.conftest import served
from tests.kit.conftest import THINGS, Yard, api
from tests.kit.things import OPERATIONS

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)
DOOR = "/actions/front-door/v1.0"


async def test_they_ask_for_no_token_and_open_nothing_else(yard: Yard) -> None:
    stranger = Client(yard.base, None)
    rung = await stranger.get(f"{DOOR}/bell")
    assert (rung.status, rung.body) == (200, {"force": 0})
    signed = await stranger.request("GET", f"{DOOR}/bell", headers={"X-Force": "7"})
    assert signed.body == {"force": 7}  # a signature comes in a header
    assert (await stranger.get(THINGS)).status == 401
    known = await yard.client.get(f"{DOOR}/bell")
    assert (known.status, known.body) == (200, {"force": 0})  # a token gives no more
    await stranger.close()


async def test_what_they_change_is_audited_without_a_name(yard: Yard) -> None:
    stranger = Client(yard.base, None)
    assert (await stranger.post(f"{DOOR}/knock", {"force": 3})).status == 202
    assert (await stranger.post(f"{DOOR}/knock", {"force": "x"})).status == 422
    async with yard.system.database.read() as tx:
        rows = await tx.all(text("SELECT admin_id, token_id, changes FROM audit WHERE target LIKE '%knock'"))
    assert [tuple(row) for row in rows] == [(None, None, {"force": 3})]
    await stranger.close()


async def test_an_address_has_so_many_a_minute(yard: Yard) -> None:
    clock = ManualClock(NOW)
    async with served(api(yard.system, admit_address=OpenCalls(clock, 3).admit).app) as base:
        stranger = Client(base, None)
        paths = (f"{DOOR}/bell", f"{DOOR}/knock", f"{DOOR}/bell", f"{DOOR}/bell")
        statuses = [(await stranger.request("GET" if "bell" in one else "POST", one)).status for one in paths]
        refused = await stranger.get(f"{DOOR}/bell")
        assert (statuses, refused.status, refused.headers["Retry-After"]) == ([200, 422, 200, 429], 429, "60")
        await clock.advance(60)
        assert (await stranger.get(f"{DOOR}/bell")).status == 200
        await stranger.close()


def test_the_document_says_so() -> None:
    bell = document(OPERATIONS, "1")["paths"][f"/public-api{DOOR}/bell"]["get"]
    assert (bell["security"], "x-scope" in bell, sorted(bell["responses"])) == ([], False, ["200", "404", "429"])
