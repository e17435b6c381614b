"""Partners that a private charge point is shared with: how they are set, what they see, and what ends it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.client import Client
from tests.given import Given
from tests.rooms.invites import partner

POINTS = "/resources/charge-points/v2.0"


@dataclass
class Shared:
    """A private charge point of a partner, and two others with a token each."""

    api: Client
    point: dict[str, Any]
    owner: int
    others: list[int]
    clients: list[Client]

    @property
    def path(self) -> str:
        return f"{POINTS}/{self.point['id']}"

    async def share(self, *partners: int) -> Any:
        return await self.api.put(f"{self.path}/shared-partners", {"partnerIds": list(partners)})

    async def listed(self) -> list[int]:
        return [one["id"] for one in (await self.api.get(f"{self.path}/shared-partners")).data]


@pytest.fixture
async def shared(api: Client, given: Given) -> AsyncIterator[Shared]:
    owner, *others = [await partner(given) for _ in range(3)]
    point = await given.charge_point(type="private", partner={"id": owner})
    await given.evse(point)
    clients = [await given.client("*", partner_id=one) for one in (owner, *others)]
    yield Shared(api, point, owner, others, clients)
    for client in clients:
        await client.close()


async def test_partners_are_set_as_a_whole(shared: Shared) -> None:
    first, second = shared.others
    assert await shared.listed() == []
    assert (await shared.share(first, first)).status == 204
    before = (await shared.api.get(f"{shared.path}/shared-partners")).data
    assert (await shared.share(first, second)).status == 204
    now = (await shared.api.get(f"{shared.path}/shared-partners")).data
    assert [one["id"] for one in now] == [first, second]
    assert now[0] == before[0]
    assert (await shared.share(second)).status == 204
    assert await shared.listed() == [second]
    assert (await shared.share()).status == 204
    assert await shared.listed() == []


async def test_only_a_private_one_of_a_partner_is_shared(shared: Shared, given: Given) -> None:
    wrong = (
        await given.charge_point(partner={"id": shared.owner}),
        await given.charge_point(type="private"),
        await given.charge_point(type="personal", pin="1", partner={"id": shared.owner}),
    )
    for point in wrong:
        answer = await shared.api.put(f"{POINTS}/{point['id']}/shared-partners", {"partnerIds": shared.others})
        assert (answer.status, list(answer.body["errors"])) == (422, ["partnerIds"])
    assert (await shared.share(shared.owner)).body["errors"].keys() == {"partnerIds"}
    for body in ({}, {"partnerIds": None}, {"partnerIds": ["x"]}, {"partnerIds": [999]}):
        assert (await shared.api.put(f"{shared.path}/shared-partners", body)).status == 422
    assert (await shared.api.put(f"{POINTS}/999/shared-partners", {"partnerIds": []})).status == 404


async def test_a_shared_partner_sees_it_and_changes_nothing(shared: Shared) -> None:
    _, friend, stranger = shared.clients
    outlet = (await shared.api.get(f"{shared.path}/evses")).data[0]["id"]
    seen = [shared.path, f"{shared.path}/evses/{outlet}", f"/resources/evses/v2.1/{outlet}",
            f"/resources/locations/v2.0/{shared.point['locationId']}"]  # fmt: skip
    for path in seen:
        assert (await friend.get(path)).status == 404, path
    await shared.share(shared.others[0])
    for path in seen:
        assert [(await one.get(path)).status for one in (friend, stranger)] == [200, 404], path
    assert [row["id"] for row in (await friend.get(POINTS)).data] == [shared.point["id"]]
    assert [row["id"] for row in (await friend.get("/resources/evses/v2.1")).data] == [outlet]
    for path in seen:
        assert (await friend.patch(path, {})).status == 403, path
        assert (await friend.delete(path)).status == 403, path
    at = f"/actions/charge-point/v1.0/{shared.point['id']}"
    for action, body in (
        ("start/1", {}), ("stop/1", {}), ("unlock/1", None), ("reset/soft", None),
        ("change-availability", {"type": "Operative"}), ("trigger-message", {"type": "Heartbeat"}),
    ):  # fmt: skip
        assert (await friend.post(f"{at}/{action}", body)).status == 403, action
        assert (await stranger.post(f"{at}/{action}", body)).status == 404, action
    assert (await friend.put(f"{shared.path}/shared-partners", {"partnerIds": []})).status == 403


async def test_a_partner_reads_with_whom_its_own_is_shared(shared: Shared) -> None:
    """The others are none of a shared partner's business."""
    await shared.share(*shared.others)
    found = [[row["id"] for row in (await one.get(f"{shared.path}/shared-partners")).data] for one in shared.clients]
    assert found == [shared.others, shared.others[:1], shared.others[1:]]


@pytest.mark.parametrize("change", ["type", "partner", "nobody", "deleted"])
async def test_it_ends_with_what_it_depends_on(shared: Shared, given: Given, change: str) -> None:
    _, friend, _ = shared.clients
    await shared.share(shared.others[0])
    body = {"type": {"type": "public"}, "partner": {"partner": {"id": await partner(given)}},
            "nobody": {"partner": None}}  # fmt: skip
    if change == "deleted":
        assert (await shared.api.delete(shared.path)).status == 204
    else:
        assert (await shared.api.patch(shared.path, {"name": "New"})).status == 200
        assert await shared.listed() == shared.others[:1]
        assert (await shared.api.patch(shared.path, body[change])).status == 200
        assert await shared.listed() == []
    assert (await friend.get(shared.path)).status == 404


async def test_a_deleted_partner_shares_nothing(shared: Shared) -> None:
    await shared.share(*shared.others)
    assert (await shared.api.delete(f"/resources/partners/v2.0/{shared.others[0]}")).status == 204
    assert await shared.listed() == shared.others[1:]
