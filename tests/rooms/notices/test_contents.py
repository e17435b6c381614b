"""What facts carry: what they happened to, in the transaction that tells them, and only while somebody wants it."""

from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.facts import outbox, wanted
from ohmstead.rooms.people.partners import PartnerChanged
from ohmstead.rooms.people.users import UserChanged
from ohmstead.store.telling import once
from tests.app.test_query_counts import Counted
from tests.client import Client
from tests.given import Given
from tests.notices import everything_wanted

USERS, PARTNERS = "/resources/users/v1.0", "/resources/partners/v2.0"


async def payloads(system: System) -> list[dict[str, Any]]:
    async with system.database.read() as tx:
        return [row[0] for row in await tx.all(select(outbox.c.payload).order_by(outbox.c.id))]


async def counted(monkeypatch: pytest.MonkeyPatch, api: Client, path: str, changes: list[dict[str, Any]]) -> list[int]:
    """How many statements each change takes; the first warms up."""
    counts, found = Counted(monkeypatch), []
    for change in changes:
        counts.statements.clear()
        assert (await api.patch(path, change)).status == 200
        found.append(len(counts.statements))
    return found[1:]


async def test_nobody_subscribed_and_nothing_more_is_asked_of_the_database(
    system: System, given: Given, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await given.partner()
    path = f"{PARTNERS}/{made['id']}"
    assert not wanted
    before = await counted(monkeypatch, api, path, [{"city": "Graz"}, {"city": "Wels"}])
    wanted.add(PartnerChanged.topic)
    try:
        while_wanted = await counted(monkeypatch, api, path, [{"city": "Graz"}, {"city": "Wels"}])
    finally:
        wanted.clear()
    after = await counted(monkeypatch, api, path, [{"city": "Graz"}, {"city": "Wels"}])
    assert (before, while_wanted) == (after, [before[0] + 1])
    carried = ["content" in one for one in await payloads(system)]
    assert carried == [False, False, False, True, True, False, False]


async def test_many_rows_of_a_transaction_are_loaded_at_once(
    system: System, given: Given, api: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = []
    for members in (2, 5):
        group = await given.user_group()
        for _ in range(members):
            await given.user(userGroupIds=[group["id"]])
        counts = Counted(monkeypatch)
        with everything_wanted():
            assert (await api.delete(f"/resources/user-groups/v1.0/{group['id']}")).status == 204
        taken.append(len(counts.statements))
        monkeypatch.undo()
    assert taken[0] == taken[1]
    assert len([one for one in await payloads(system) if "content" in one]) == 7


async def test_of_a_deleted_user_nothing_is_carried(system: System, given: Given, api: Client) -> None:
    made = await given.user(first_name="Georgius")
    with everything_wanted():
        assert (await api.delete(f"{USERS}/{made['id']}")).status == 204
    deleted = [one for one in await payloads(system) if one.get("action") == "deleted"]
    assert deleted == [{"id": int(made["id"]), "action": "deleted"}]


def user(action: Any, key: int = 7) -> UserChanged:
    return UserChanged(id=key, action=action)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        (["created", "updated"], ["created"]),
        (["updated", "updated"], ["updated"]),
        (["updated", "deleted"], ["deleted"]),
        (["deleted", "updated"], ["deleted"]),
        (["deleted", "deleted"], ["deleted"]),
    ],
)
def test_of_a_row_one_fact_is_told(told: list[str], written: list[str]) -> None:
    others = [user("updated", key=8), PartnerChanged(id=7, action="updated")]
    facts = once([*(user(action) for action in told), *others])
    assert [one.action for one in facts if (one.topic, one.id) == (UserChanged.topic, 7)] == written
    assert facts[1:] == others


async def test_what_is_written_twice_in_a_transaction_is_told_once(system: System) -> None:
    async with system.database.begin() as tx:
        for _ in range(2):
            tx.tell(user("updated"))
        tx.tell(user("updated", key=8))
    assert [one["id"] for one in await payloads(system)] == [7, 8]
