"""Who may charge where: cards at scripted stations of both versions, and starts through the API, at each type of charge
point, with the same verdict for all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import PASSWORD, Live, live
from tests.rooms.invites import ACCESS, invited, partner
from tests.stations.charger import Charger, plugged
from tests.stations.talker import talker

ROLES = ("owner", "guest", "invited", "member", "neighbour", "stranger")
"""Of a personal one; invited by its partner to private ones, and not to those; by a partner that it is shared with."""
EVERYBODY = {*ROLES}
KINDS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "public": ({"type": "public", "partner": {"accessType": "private_view_private_use"}}, EVERYBODY),
    "personal": ({"type": "personal", "pin": "1234"}, {"owner", "guest"}),
    "nobody's": ({"type": "private"}, set()),
    "private": ({"type": "private", "partner": {}}, {"invited"}),
    "private, private": ({"type": "private", "partner": {"accessType": "private_view_private_use"}}, {"invited"}),
    "private, public": ({"type": "private", "partner": {"accessType": "private_view_public_use"}}, EVERYBODY),
    "public, private": ({"type": "private", "partner": {"accessType": "public_view_private_use"}}, {"invited"}),
    "shared": ({"type": "private", "partner": {"accessType": "private_view_private_use"}}, {"invited", "neighbour"}),
}
"""What the charge point is, and who may charge there: its type, or what its partner lets be seen and used."""


@dataclass
class People:
    """Users by role, each with a card that is called like it, and the charge point they come to."""

    site: Live
    point: dict[str, Any]
    allowed: set[str]
    users: dict[str, int] = field(default_factory=dict)

    async def start(self, role: str) -> Any:
        """What the API says to a start at the EVSE for a user."""
        path = f"/actions/charge-point/v1.0/{self.point['id']}/start/1"
        answer = await self.site.api.post(path, {"userId": self.users[role]})
        assert answer.status == 202, answer.body
        return answer.body

    async def sessions(self) -> list[dict[str, Any]]:
        return (await self.site.api.get("/resources/sessions/v1.0")).data


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock()) as running:
        yield running


async def people(site: Live, kind: str, version: str) -> People:
    given, (fields, allowed) = site.given, KINDS[kind]
    users = {role: int((await given.user())["id"]) for role in ROLES}
    for role, user in users.items():
        await given.id_tag(idTagUid=role.upper(), userId=user)
    ours, theirs = await partner(given), await partner(given)
    for role, who, options in (
        ("invited", ours, ACCESS), ("member", ours, {}), ("neighbour", theirs, ACCESS)
    ):  # fmt: skip
        await invited(given, who, users[role], options)
    if "partner" in fields:
        fields = fields | {"partner": fields["partner"] | {"id": ours}}
    if fields["type"] == "personal":
        fields = fields | {"user": {"id": users["owner"]}}
    network = {"id": "S", "protocol": f"ocpp {version}", "password": PASSWORD}
    point = await given.charge_point(network=network, **fields)
    await given.evse(point)
    path = f"/resources/charge-points/v2.0/{point['id']}"
    if kind == "personal":
        await given.made(f"{path}/shares", {"userId": users["guest"]})
    if kind == "shared":
        assert (await site.api.put(f"{path}/shared-partners", {"partnerIds": [theirs]})).status == 204
    return People(site, point, allowed, users)


async def plug(station: Charger) -> None:
    await station.boots()
    await station.is_in("Available")


@pytest.mark.parametrize("kind", KINDS)
async def test_cards_at_a_station_of_1_6(site: Live, kind: str) -> None:
    there = await people(site, kind, "1.6")
    async with plugged(site, "S") as station:
        await plug(station)
        for role in ROLES:
            wanted = "Accepted" if role in there.allowed else "Blocked"
            assert (await station.ask("Authorize", idTag=role.upper()))["idTagInfo"]["status"] == wanted, role
            began = await station.starts(tag=role.upper())
            assert began["idTagInfo"]["status"] == wanted, role
            await station.stops(began["transactionId"], 1000)


@pytest.mark.parametrize("kind", KINDS)
async def test_cards_at_a_station_of_2_0_1(site: Live, kind: str) -> None:
    there = await people(site, kind, "2.0.1")
    async with talker(site, "S", site.clock.now()) as station:
        await station.says("Available", 0)
        for role in ROLES:
            wanted = "Accepted" if role in there.allowed else "NotAtThisLocation"
            token = {"idToken": role.upper(), "type": "ISO14443"}
            assert (await station.call("Authorize", {"idToken": token}))["idTokenInfo"]["status"] == wanted, role
            told = {"transactionId": f"tx-{role}"}
            began = await station.event("Started", 0, told, evse={"id": 1, "connectorId": 1}, idToken=token)
            assert began["idTokenInfo"]["status"] == wanted, role
            await station.event("Ended", 0, told)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_starts_through_the_api(site: Live, kind: str, version: str) -> None:
    """For a user as by his app; the operator starts where it wants."""
    there = await people(site, kind, version)
    async with connected(site, version):
        for role in ROLES:
            answer = await there.start(role)
            assert answer["success"] is (role in there.allowed), answer
            if not answer["success"]:
                assert answer["errorCode"] == "ACCESS_RESTRICTED"
                assert answer["message"] == "You do not have access to this charge point"
            else:
                await _stop(there, answer["sessionId"])
        anywhere = await site.api.post(f"/actions/charge-point/v1.0/{there.point['id']}/start")
        assert anywhere.body["success"] is True


@pytest.mark.parametrize("kind", KINDS)
async def test_the_local_list_has_those_who_may(site: Live, kind: str) -> None:
    there = await people(site, kind, "1.6")
    script = {"GetLocalListVersion": {"listVersion": 1}, "GetConfiguration": {}}
    async with plugged(site, "S", script) as station:
        await plug(station)
        sent = await site.api.post(f"/actions/charge-point/v1.0/{there.point['id']}/send-local-list")
        assert sent.body["tags"] == len(there.allowed)
        listed = (await station.hears("SendLocalList")).get("localAuthorizationList", [])
        assert {one["idTag"].lower() for one in listed} == there.allowed


async def test_who_charges_may_end_it_whatever_became_of_his_rights(site: Live) -> None:
    """The share goes while he charges: the charge goes on, his card ends it, and begins no other."""
    there = await people(site, "personal", "1.6")
    path = f"/resources/charge-points/v2.0/{there.point['id']}/shares"
    async with plugged(site, "S") as station:
        await plug(station)
        began = await station.starts(tag="GUEST")
        [share] = (await site.api.get(path)).data
        assert (await site.api.delete(f"{path}/{share['id']}")).status == 204
        assert (await station.ask("Authorize", idTag="GUEST"))["idTagInfo"]["status"] == "Accepted"
        [session, *_] = await there.sessions()
        assert session["status"] == "active"
        stopped = await station.stops(began["transactionId"], 1500, idTag="GUEST")
        assert stopped["idTagInfo"]["status"] == "Accepted"
        assert (await station.ask("Authorize", idTag="GUEST"))["idTagInfo"]["status"] == "Blocked"
        assert (await station.starts(1500, tag="GUEST"))["idTagInfo"]["status"] == "Blocked"


@asynccontextmanager
async def connected(site: Live, version: str) -> AsyncIterator[None]:
    """A station with a free outlet that agrees to all."""
    if version == "1.6":
        async with plugged(site, "S") as station:
            await plug(station)
            yield
    else:
        async with talker(site, "S", site.clock.now()) as station:
            station.answers["RequestStartTransaction"] = {"status": "Accepted"}
            await station.says("Available", 0)
            yield


async def _stop(there: People, session: int) -> None:
    path = f"/actions/charge-point/v1.0/{there.point['id']}/stop/{session}"
    assert (await there.site.api.post(path)).status == 202


async def two_outlets(site: Live, version: str) -> tuple[People, dict[str, Any]]:
    """A public charge point of two EVSEs, of which the second is a personal satellite's."""
    there = await people(site, "public", version)
    second = await site.given.evse(there.point, networkId="2")
    satellite = await site.given.charge_point(
        type="personal", pin="1", user={"id": there.users["owner"]}, network={},
        communicationMode="via_ocpp_connected_charge_point", ocppConnectedChargePointId=there.point["id"],
    )  # fmt: skip
    path = f"/actions/charge-point/v1.0/{there.point['id']}/move-evses-to-satellite"
    moved = await site.api.post(path, {"satelliteChargePointId": satellite["id"], "evseIds": [second["id"]]})
    assert moved.status == 202, moved.body
    return there, satellite


async def test_a_satellite_opens_to_its_owner_alone_1_6(site: Live) -> None:
    there, satellite = await two_outlets(site, "1.6")
    async with plugged(site, "S") as station:
        await plug(station)
        await station.is_in("Available", 2)
        for role, connector, wanted in (
            ("owner", 1, "Accepted"), ("owner", 2, "Accepted"), ("stranger", 1, "Accepted"), ("stranger", 2, "Blocked"),
        ):  # fmt: skip
            assert (await station.ask("Authorize", idTag=role.upper()))["idTagInfo"]["status"] == "Accepted"
            began = await station.starts(tag=role.upper(), connectorId=connector)
            assert began["idTagInfo"]["status"] == wanted, (role, connector)
            await station.stops(began["transactionId"], 1000)
        for point, number, success in ((there.point, 1, True), (satellite, 2, False)):
            path = f"/actions/charge-point/v1.0/{point['id']}/start/{number}"
            answer = (await site.api.post(path, {"userId": there.users["stranger"]})).body
            assert answer["success"] is success, answer


async def test_a_satellite_opens_to_its_owner_alone_2_0_1(site: Live) -> None:
    """The station is told at which EVSEs a card is good (`evseId`)."""
    there, _ = await two_outlets(site, "2.0.1")
    assert there.allowed
    async with talker(site, "S", site.clock.now()) as station:
        for role, evses in (("owner", None), ("stranger", [1])):
            token = {"idToken": role.upper(), "type": "ISO14443"}
            info = (await station.call("Authorize", {"idToken": token}))["idTokenInfo"]
            assert (info["status"], info.get("evseId")) == ("Accepted", evses)
            told = {"transactionId": f"tx-{role}"}
            began = await station.event("Started", 0, told, evse={"id": 2, "connectorId": 1}, idToken=token)
            wanted = "NotAtThisLocation" if evses else "Accepted"
            assert began["idTokenInfo"]["status"] == wanted, role
            await station.event("Ended", 0, told)


async def test_the_local_list_tells_at_which_evses(site: Live) -> None:
    there, _ = await two_outlets(site, "2.0.1")
    async with talker(site, "S", site.clock.now()) as station:
        station.answers |= {"GetLocalListVersion": {"versionNumber": 1}, "SendLocalList": {"status": "Accepted"}}
        sent = await site.api.post(f"/actions/charge-point/v1.0/{there.point['id']}/send-local-list")
        assert sent.status == 202, sent.body
        [listed] = [told["localAuthorizationList"] for action, told in station.told if action == "SendLocalList"]
        found = {one["idToken"]["idToken"]: one["idTokenInfo"].get("evseId") for one in listed}
        assert found == {role.upper(): None if role == "owner" else [1] for role in ROLES}
