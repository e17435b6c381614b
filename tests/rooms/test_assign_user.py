"""A session of nobody, given to a user once it is billed."""

from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.kit.facts import audit
from ohmstead.rooms.charging.session_table import session
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Site, later, site, tag

PATH = "/actions/session/v1.0/1/assign-user"


@pytest.fixture
async def here(given: Given) -> Site:
    """A session of nobody that has ended, and is billed."""
    await given.currency()
    there = await site(given)
    await there.stops(77, later(60), 5000, samples=())
    while await given.system.outbox.drain():
        pass
    return there


async def shown(api: Client) -> dict[str, Any]:
    return (await api.get("/resources/sessions/v1.0/1")).data


async def test_it_becomes_the_users_once(api: Client, given: Given, here: Site) -> None:
    user, other = [int((await given.user())["id"]) for _ in range(2)]
    before = await shown(api)
    assert (before["userId"], before["billingStatus"]) == (None, "completed")
    assert (await api.post(PATH, {"userId": user})).status == 202
    await given.system.outbox.drain()
    after = await shown(api)
    assert after.pop("userId") == user
    moved = {"userId", "lastUpdatedAt"}
    assert {name: value for name, value in before.items() if name not in moved} == {
        name: value for name, value in after.items() if name not in moved
    }
    again = await api.post(PATH, {"userId": other})
    assert (again.status, again.body["message"]) == (409, "The session is not anonymous.")
    assert (await shown(api))["userId"] == user
    async with given.system.database.read() as tx:
        [row] = await tx.all(select(audit.c.changes).where(audit.c.target.contains("assign-user")))
    assert row[0] == {"id": 1, "userId": user}


async def test_only_what_is_billed(api: Client, given: Given, here: Site) -> None:
    user = int((await given.user())["id"])
    for status in ("suspended", "pending", None):
        async with given.system.database.begin() as tx:
            await tx.run(update(session).values(billing_status=status))
        answer = await api.post(PATH, {"userId": user})
        assert (answer.status, "billing status" in answer.body["message"]) == (409, True)


async def test_the_user_must_be_there(api: Client, here: Site) -> None:
    answer = await api.post(PATH, {"userId": 999})
    assert (answer.status, list(answer.body["errors"])) == (422, ["userId"])
    assert (await api.post(PATH, {})).status == 422
    assert (await api.post(PATH.replace("/1/", "/9/"), {"userId": 1})).status in (404, 422)


async def test_a_partner_assigns_its_own_sessions_to_users_it_knows(given: Given, here: Site) -> None:
    await given.partner_of_id(5)
    await given.partner_of_id(6)
    card = await tag(given)
    assert card
    async with given.system.database.begin() as tx:
        await tx.run(update(session).values(partner_id=5))
    strangers = await given.client("sessions.act", partner_id=6)
    theirs = await given.client("sessions.act", partner_id=5)
    try:
        assert (await strangers.post(PATH, {"userId": 1})).status in (404, 422)
        answer = await theirs.post(PATH, {"userId": 1})
        assert (answer.status, list(answer.body["errors"])) == (422, ["userId"])
    finally:
        await strangers.close()
        await theirs.close()
