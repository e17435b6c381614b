"""The local list and the cache of stations: which tags go there, in how many parts, and what comes back."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from sqlalchemy import insert, select, update

from ohmstead.ocpp.v201 import local_list as wire
from ohmstead.rooms.charging.offline_tags.room import Room, parts
from ohmstead.rooms.charging.offline_tags.table import local_list
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.configuration.table import configuration_variable
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import (
    ClearCache,
    Command,
    GetConfiguration,
    GetLocalListVersion,
    GetVariables,
    LocalTag,
    Outcome,
    SendLocalList,
    Setting,
    StationOffline,
    StationRefused,
    VariableName,
    stations,
)
from ohmstead.rooms.people.users import ev_user
from ohmstead.store.outbox import OutboxReader
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag

PATH = "/actions/charge-point/v1.0"


class Listing(Gateway):
    """A station that keeps a list of version 4, with room as it says."""

    version = 4
    settings: tuple[Setting, ...] | Exception = ()

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        outcome = await super().call(charge_point_id, command)
        if isinstance(command, GetLocalListVersion):
            return Outcome(status="Accepted", list_version=self.version)
        if isinstance(command, SendLocalList):
            self.version = command.version
        if isinstance(command, GetConfiguration | GetVariables):
            if isinstance(self.settings, Exception):
                raise self.settings
            return Outcome(status="Accepted", settings=self.settings)
        return outcome

    @property
    def lists(self) -> list[SendLocalList]:
        return [command for _, command in self.commands if isinstance(command, SendLocalList)]


@pytest.fixture
async def gateway() -> AsyncIterator[Listing]:
    found = Listing()
    stations.provide(found)
    yield found
    stations.provide(None)


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


# OCPP 2.0.1


def said(name: str, value: str) -> Setting:
    return Setting(name, value, True, component="LocalAuthListCtrlr")


@pytest.fixture
async def later(here: Site) -> Site:
    """The station, speaking 2.0.1."""
    at = here.system.clock.now()
    await here.tells(
        presence.connected, Connected(charge_point_id=here.id, version="2.0.1", remote_ip="::1", at=at)
    )  # fmt: skip
    return here


async def test_a_station_of_2_0_1_is_asked_in_its_words(
    api: Client, later: Site, given: Given, gateway: Listing
) -> None:
    gateway.settings = (said("ItemsPerMessage", "2"), said("BytesPerMessage", "65000"))
    for _ in range(5):
        await tag(given)
    await given.id_tag(idTagUid="X" * 36, userId=int((await given.user())["id"]))  # longer than 1.6 has room for
    assert (await api.post(f"{PATH}/{later.id}/send-local-list")).body == {"listVersion": 7, "tags": 6}
    assert [(one.version, len(one.tags), one.adds) for one in gateway.lists] == [
        (5, 2, False),
        (6, 2, True),
        (7, 2, True),
    ]
    [asked] = [command for _, command in gateway.commands if isinstance(command, GetVariables)]
    assert asked.variables == tuple(
        VariableName(key=key, component="LocalAuthListCtrlr") for key in ("ItemsPerMessage", "BytesPerMessage")
    )


@pytest.mark.parametrize("settings", [(), StationRefused("NotSupported"), (said("ItemsPerMessage", "many"),)])
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_station_that_does_not_say_gets_the_usual(
    api: Client, here: Site, given: Given, gateway: Listing, settings: Any, version: str
) -> None:
    at = here.system.clock.now()
    await here.tells(presence.connected, Connected(charge_point_id=here.id, version=version, remote_ip="::1", at=at))
    gateway.settings = settings
    await tag(given)
    assert (await api.post(f"{PATH}/{here.id}/send-local-list")).body == {"listVersion": 5, "tags": 1}


async def test_a_station_that_is_gone_when_it_is_asked_for_its_room(api: Client, later: Site, gateway: Listing) -> None:
    gateway.settings = StationOffline()
    assert (await api.post(f"{PATH}/{later.id}/send-local-list")).status == 406
    assert gateway.lists == []


async def test_what_was_reported_bounds_the_list(api: Client, later: Site, given: Given, gateway: Listing) -> None:
    async with later.system.database.begin() as tx:
        facts = {"charge_point_id": later.id, "component_name": "LocalAuthListCtrlr", "name": "Entries", "value": "0"}
        moments = dict.fromkeys(("reported_at", "created_at", "updated_at"), tx.now)
        await tx.run(
            insert(configuration_variable).values(max_limit=2, readonly=True, required=False, **facts, **moments)
        )
    for _ in range(3):
        await tag(given)
    assert (await api.post(f"{PATH}/{later.id}/send-local-list")).body == {"listVersion": 5, "tags": 2}


@pytest.mark.parametrize("most", [500, 1000, 4000, 65_000])
@pytest.mark.parametrize("uid", ["04A1B2C3D4E5F6", 'A"\\B', "äöü€" * 9])
def test_a_part_is_never_larger_than_the_station_takes(most: int, uid: str) -> None:
    expires = datetime(2031, 1, 1, 12, 30, 15, tzinfo=UTC)
    tags = [LocalTag(id_tag=uid, expires_at=expires, parent=f"user{number}") for number in range(60)]
    entries = [*(LocalTag(id_tag=f"GONE{number:02}", admitted=False) for number in range(20)), *tags]
    found = list(parts(entries, Room(at_once=1000, in_all=1000, bytes_at_once=most)))
    assert [one for part in found for one in part] == entries
    for part in found:
        request = wire.send(SendLocalList(version=2**31 - 1, tags=tuple(part), adds=True))
        frame = [2, "0b0dd4a9-6f6c-4a5a-8f5e-0b0dd4a96f6c", "SendLocalList", request]
        assert len(msgspec.json.encode(frame)) <= most


def test_one_tag_that_is_too_large_goes_alone() -> None:
    entries = [LocalTag(id_tag="A"), LocalTag(id_tag="B")]
    assert list(parts(entries, Room(bytes_at_once=50))) == [entries[:1], entries[1:]]


# Only what has changed


async def _send(api: Client, here: Site) -> Any:
    return (await api.post(f"{PATH}/{here.id}/send-local-list", {"updateType": "differential"})).body


async def test_only_changes_are_sent_where_the_station_holds_what_it_was_sent(
    api: Client, here: Site, given: Given, gateway: Listing
) -> None:
    user = int((await given.user())["id"])
    _, blocked, until = [await given.id_tag(idTagUid=uid, userId=user) for uid in ("KEPT", "BLOCKED", "UNTIL")]
    assert await _send(api, here) == {"listVersion": 5, "tags": 3, "updateType": "full"}  # nothing is known yet
    await api.patch(f"/resources/id-tags/v2.0/{blocked['id']}", {"status": "disabled"})
    await api.patch(f"/resources/id-tags/v2.0/{until['id']}", {"expireAt": "2099-01-01T00:00:00Z"})
    await given.id_tag(idTagUid="NEW", userId=user)
    assert await _send(api, here) == {"listVersion": 6, "tags": 3, "updateType": "differential"}
    first, second = gateway.lists
    assert (first.adds, len(first.tags), second.adds) == (False, 3, True)
    assert {(one.id_tag, one.admitted) for one in second.tags} == {("BLOCKED", False), ("UNTIL", True), ("NEW", True)}
    assert await _send(api, here) == {"listVersion": 6, "tags": 3, "updateType": "differential"}
    assert len(gateway.lists) == 2  # there was nothing to send


async def test_all_is_sent_to_a_station_that_holds_another_list(
    api: Client, here: Site, given: Given, gateway: Listing
) -> None:
    await tag(given)
    await _send(api, here)
    gateway.version = 9
    assert (await _send(api, here))["updateType"] == "full"
    gateway.version = 0  # it lost it
    assert (await _send(api, here)) == {"listVersion": 1, "tags": 1, "updateType": "full"}


async def test_a_list_of_which_a_part_was_lost_is_sent_anew(
    api: Client, here: Site, given: Given, gateway: Listing
) -> None:
    await tag(given)
    await _send(api, here)
    await tag(given)
    gateway.answer = "Failed"
    assert (await api.post(f"{PATH}/{here.id}/send-local-list", {"updateType": "differential"})).status == 406
    gateway.answer = "Accepted"
    assert (await _send(api, here))["updateType"] == "full"


async def test_an_update_of_another_kind_is_none(api: Client, here: Site) -> None:
    answer = await api.post(f"{PATH}/{here.id}/send-local-list", {"updateType": "some"})
    assert (answer.status, list(answer.body["errors"])) == (422, ["updateType"])


# Lists that are sent by themselves


async def _due(here: Site) -> bool:
    """Whether the list is to be sent; and it is not any more."""
    async with here.system.database.begin() as tx:
        found = await tx.value(select(local_list.c.due_at).where(local_list.c.station_id == here.id))
        await tx.run(update(local_list).values(due_at=None))
    return found is not None


async def test_a_list_is_due_when_it_holds_what_is_accepted_no_more(api: Client, here: Site, given: Given) -> None:
    user = int((await given.user())["id"])
    one, two, _ = [await given.id_tag(idTagUid=uid, userId=user) for uid in ("ONE", "TWO", "THREE")]
    await _send(api, here)
    tags = "/resources/id-tags/v2.0"
    await given.id_tag(idTagUid="NEW", userId=user)
    await api.patch(f"{tags}/{one['id']}", {"idLabel": "blue"})
    assert not await _due(here)
    await api.patch(f"{tags}/{one['id']}", {"status": "disabled"})
    assert await _due(here)
    await api.delete(f"{tags}/{two['id']}")
    assert await _due(here)
    reason = {"reason": "x"}
    for status, due in (("disabled", True), ("enabled", False)):
        await api.post(f"/actions/users/v1.0/{user}/change-status", {"status": status} | reason)
        await OutboxReader(here.system.database).drain()
        assert await _due(here) == due
    await api.delete(f"/resources/users/v1.0/{user}")
    assert await _due(here)


async def test_a_list_is_due_when_its_charge_point_opens_to_others(api: Client, here: Site, given: Given) -> None:
    owner, guest = [int((await given.user())["id"]) for _ in range(2)]
    await given.id_tag(idTagUid="GUEST", userId=guest)
    path = f"/resources/charge-points/v2.0/{here.id}"
    await _send(api, here)
    assert (await api.patch(path, {"type": "personal", "pin": "1234", "user": {"id": owner}})).status == 200
    assert await _due(here)
    share = await given.made(f"{path}/shares", {"userId": guest})
    await _send(api, here)
    assert not await _due(here)
    assert (await api.delete(f"{path}/shares/{share['id']}")).status == 204
    assert await _due(here)


async def test_a_list_is_due_when_other_partners_share_its_charge_point(api: Client, here: Site, given: Given) -> None:
    owner, other = [await given.partner_of_id(number) for number in (7, 8)]
    path = f"/resources/charge-points/v2.0/{here.id}"
    assert (await api.patch(path, {"type": "private", "partner": {"id": owner}})).status == 200
    await _send(api, here)
    for ids in ([other], []):
        assert (await api.put(f"{path}/shared-partners", {"partnerIds": ids})).status == 204
        await OutboxReader(here.system.database).drain()
        assert await _due(here)
    await api.put(f"{path}/shared-partners", {"partnerIds": [other]})
    await OutboxReader(here.system.database).drain()
    await _due(here)
    assert (await api.delete(f"/resources/partners/v2.0/{other}")).status == 204
    await OutboxReader(here.system.database).drain()
    assert await _due(here)
