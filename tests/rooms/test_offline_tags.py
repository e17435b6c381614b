"""The local list and the cache of stations: which tags go there, in how many parts, and what comes back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import update

from ohmstead.rooms.network.stations import (
    ClearCache,
    Command,
    GetConfiguration,
    GetLocalListVersion,
    Outcome,
    SendLocalList,
    Setting,
    StationOffline,
    StationRefused,
    stations,
)
from ohmstead.rooms.people.users import ev_user
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag

PATH = "/actions/charge-point/v1.0"


class Listing(Gateway):
    """A station that keeps a list of version 4, with room as it says."""

    version = 4
    settings: tuple[Setting, ...] = ()

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        outcome = await super().call(charge_point_id, command)
        if isinstance(command, GetLocalListVersion):
            return Outcome(status="Accepted", list_version=self.version)
        return Outcome(status="Accepted", settings=self.settings) if isinstance(command, GetConfiguration) else outcome

    @property
    def lists(self) -> list[SendLocalList]:
        return [command for _, command in self.commands if isinstance(command, SendLocalList)]


@pytest.fixture
async def gateway() -> AsyncIterator[Listing]:
    found = Listing()
    stations.open(found)
    yield found
    stations.open(None)


@pytest.fixture
async def here(given: Given, gateway: Listing) -> Site:
    return await site(given)


async def test_the_cache_is_cleared(api: Client, here: Site, gateway: Listing) -> None:
    answer = await api.post(f"{PATH}/{here.id}/clear-cache")
    assert (answer.status, gateway.commands) == (202, [(here.id, ClearCache())])
    for refusal in ("Rejected", StationOffline(), StationRefused("NotImplemented")):
        gateway.answer = refusal
        assert (await api.post(f"{PATH}/{here.id}/clear-cache")).status == 406
    assert (await api.post(f"{PATH}/999/clear-cache")).status == 404


async def test_the_version_of_the_list(api: Client, here: Site, gateway: Listing) -> None:
    answer = await api.post(f"{PATH}/{here.id}/get-local-list-version")
    assert (answer.status, answer.body) == (202, {"listVersion": 4})
    gateway.answer = StationRefused("NotSupported")
    answer = await api.post(f"{PATH}/{here.id}/get-local-list-version")
    assert (answer.status, "NotSupported" in answer.body["message"]) == (406, True)


async def test_the_list_holds_the_tags_that_are_accepted(
    api: Client, here: Site, given: Given, gateway: Listing
) -> None:
    user = int((await given.user())["id"])
    blocked = int((await given.user())["id"])
    async with here.system.database.begin() as tx:
        await tx.run(update(ev_user).where(ev_user.c.id == blocked).values(status="disabled"))
    await given.id_tag(idTagUid="GOOD", userId=user)
    await given.id_tag(idTagUid="UNTIL", userId=user, expireAt="2099-01-01T00:00:00Z")
    for wrong in (
        {"userId": user, "status": "disabled"}, {"userId": user, "expireAt": "2020-01-01T00:00:00Z"}, {},
        {"userId": blocked}, {"userId": user, "type": "mac_address"}, {"userId": user, "idTagUid": "X" * 21},
    ):  # fmt: skip
        await given.id_tag(**wrong)
    answer = await api.post(f"{PATH}/{here.id}/send-local-list")
    assert (answer.status, answer.body) == (202, {"listVersion": 5, "tags": 2})
    [sent] = gateway.lists
    assert (sent.version, sent.adds) == (5, False)
    assert {(one.id_tag, one.parent, one.expires_at is None) for one in sent.tags} == {
        ("GOOD", f"user{user}", True), ("UNTIL", f"user{user}", False),
    }  # fmt: skip


async def test_a_long_list_goes_in_parts(api: Client, here: Site, given: Given, gateway: Listing) -> None:
    gateway.settings = (Setting("SendLocalListMaxLength", "2", True), Setting("LocalAuthListMaxLength", "3", True))
    tags = [await tag(given) for _ in range(4)]
    await here.starts(tags[0])
    answer = await api.post(f"{PATH}/{here.id}/send-local-list")
    assert answer.body == {"listVersion": 6, "tags": 3}
    first, second = gateway.lists
    assert [one.id_tag for one in first.tags] == [tags[0], tags[3]]
    assert [one.id_tag for one in second.tags] == [tags[2]]
    assert ((first.version, first.adds), (second.version, second.adds)) == ((5, False), (6, True))


@pytest.mark.parametrize("answer", ["Failed", "NotSupported", "VersionMismatch", StationOffline()])
async def test_a_list_that_is_not_taken(api: Client, here: Site, gateway: Listing, answer: Any) -> None:
    gateway.answer = answer
    assert (await api.post(f"{PATH}/{here.id}/send-local-list")).status == 406


async def test_a_station_without_a_list(api: Client, here: Site, gateway: Listing) -> None:
    gateway.version = -1
    answer = await api.post(f"{PATH}/{here.id}/send-local-list")
    assert (answer.status, "no local list" in answer.body["message"], gateway.lists) == (406, True, [])


async def test_an_empty_list_is_sent_too(api: Client, here: Site, gateway: Listing) -> None:
    assert (await api.post(f"{PATH}/{here.id}/send-local-list")).body == {"listVersion": 5, "tags": 0}
    assert gateway.lists == [SendLocalList(version=5, tags=())]
