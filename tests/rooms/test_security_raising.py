"""Raising a security profile, step by step: what is said to a station, what counts as a try, and what follows three."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.kit.db import Row
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.configuration.variable_store import keep_told
from ohmstead.rooms.devices.durable_facts import CertificateAccepted
from ohmstead.rooms.devices.facts import Connected, Proof
from ohmstead.rooms.devices.security_profiles import Addresses, SecurityRaises, addresses
from ohmstead.rooms.devices.security_profiles.profile_upgrade import follow_boot, has_a_certificate
from ohmstead.rooms.devices.security_profiles.table import security_raise
from ohmstead.rooms.devices.stations import (
    ChangeConfiguration,
    Command,
    GetConfiguration,
    InstallCertificate,
    Outcome,
    Reset,
    SetNetworkProfile,
    Setting,
    StationOffline,
    StationRefused,
    TriggerMessage,
    stations,
)
from ohmstead.rooms.network.charge_points import charge_point
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import booted

PATH = "/resources/charge-points/v2.0"
ORDER = "NetworkConfigurationPriority"


class Station:
    """Answers each kind of command as told, Accepted otherwise; remembers what it was told."""

    def __init__(self) -> None:
        self.answers: dict[type, Any] = {}
        self.told: list[Command] = []

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.told.append(command)
        answer = self.answers.get(type(command), Outcome(status="Accepted"))
        if isinstance(answer, Exception):
            raise answer
        return answer

    def connected(self, charge_point_id: int) -> bool:
        return True


class Scene:
    """A charge point with a wish, its station, and the work that raises it."""

    def __init__(self, given: Given, point: dict[str, Any]) -> None:
        self.given, self.id, self.station = given, point["id"], Station()
        self.system, self.api = given.system, given.api
        self.upkeep = SecurityRaises(given.system.database, given.system.clock)

    async def connects(self, profile: int, version: str = "1.6") -> None:
        fact = Connected(charge_point_id=self.id, version=version, remote_ip="::1", at=self.system.clock.now(),
                         proof=Proof(profile, password=await self.password()))  # fmt: skip
        async with self.system.database.begin() as tx:
            await presence.connected(tx, fact)

    async def password(self) -> bytes | None:
        async with self.system.database.read() as tx:
            return await tx.value(select(charge_point.c.network_password).where(charge_point.c.id == self.id))

    async def boots(self) -> list[Command]:
        """What it is told after a boot."""
        async with self.system.database.begin() as tx:
            await follow_boot(tx, booted(self.id))
        return await self.goes_on()

    async def goes_on(self) -> list[Command]:
        """What it is told once that is due."""
        self.station.told.clear()
        async with self.system.database.begin() as tx:
            due = security_raise.c.due_at
            await tx.run(update(security_raise).where(due.is_not(None)).values(due_at=tx.now - timedelta(seconds=1)))
        await self.upkeep.start_due()
        await self.upkeep.settled()
        return list(self.station.told)

    async def row(self) -> Row:
        async with self.system.database.read() as tx:
            found = await tx.one(select(security_raise))
        assert found is not None
        return found

    async def shown(self) -> tuple[Any, Any]:
        security = (await self.api.get(f"{PATH}/{self.id}")).data["security"]
        return security.get("currentProfile"), security.get("desiredProfileStatus")


@pytest.fixture
async def scenes(given: Given) -> AsyncIterator[Any]:
    back = addresses.provide(Addresses("ws://here/ocpp", "wss://here/ocpp"))

    async def scene(desired: int, password: str | None = "0123456789abcdef") -> Scene:
        network = {"id": "UP"} | ({"password": password} if password else {})
        made = await given.charge_point(network=network, security={"desiredProfile": desired})
        found = Scene(given, made)
        stations.provide(found.station)
        return found

    yield scene
    stations.provide(None)
    back()


async def test_a_1_6_station_is_given_what_it_lacks_in_order(scenes: Any) -> None:
    scene = await scenes(2, password=None)
    await scene.connects(0)
    [password] = await scene.boots()
    assert (password.key, len(bytes.fromhex(password.value))) == ("AuthorizationKey", 20)
    [root] = await scene.goes_on()
    assert (root.type, root.certificate.startswith("-----BEGIN CERT")) == ("CSMSRootCertificate", True)
    assert await scene.goes_on() == [ChangeConfiguration(key="SecurityProfile", value="2")]
    assert await scene.goes_on() == [], "it was told, and has to come back"
    async with scene.system.database.read() as tx:
        knock = presence.ConnectionAttempt("UP", bytes.fromhex(password.value), True)
        [entry] = await presence.admit(tx, knock)
    assert isinstance(entry, presence.AdmittedChargePoint)
    await scene.connects(2)
    assert await scene.boots() == []
    assert ((await scene.row())["finished_at"] is None, await scene.shown()) == (False, (2, "applied"))


async def test_one_that_must_restart_is_restarted(scenes: Any) -> None:
    scene = await scenes(1, password=None)
    await scene.connects(0)
    await scene.boots()
    scene.station.answers[ChangeConfiguration] = Outcome(status="RebootRequired")
    assert (await scene.goes_on())[1:] == [Reset(kind="soft")]


async def test_a_certificate_is_asked_for_and_waited_for(scenes: Any) -> None:
    scene = await scenes(3)
    await scene.connects(1)
    await scene.boots()
    assert await scene.goes_on() == [TriggerMessage(message="SignChargePointCertificate")]
    assert ((await scene.row())["stage"], await scene.goes_on()) == ("certificate", [])
    async with scene.system.database.begin() as tx:
        await has_a_certificate(tx, CertificateAccepted(charge_point_id=scene.id))
    assert (await scene.row())["stage"] == "waits"
    assert await scene.goes_on() == [TriggerMessage(message="SignChargePointCertificate")], "nothing was issued"


@pytest.mark.parametrize(
    ("slots", "slot", "order"), [("1", 2, "2,1"), ("2,1", 1, "1,2"), ("", 1, "1"), ("1, 3", 2, "2,1,3")]
)
async def test_a_2_0_1_station_keeps_where_it_was_to_fall_back_to(
    scenes: Any, slots: str, slot: int, order: str
) -> None:
    scene = await scenes(2)
    await scene.connects(1, "2.0.1")
    setting = Setting(ORDER, slots, False, component="OCPPCommCtrlr")
    scene.station.answers[GetConfiguration] = Outcome(status="Accepted", settings=(setting,))
    assert isinstance((await scene.boots())[0], InstallCertificate)
    assert await scene.goes_on() == [
        GetConfiguration(keys=(f"OCPPCommCtrlr.{ORDER}",)),
        SetNetworkProfile(slot=slot, url="wss://here/ocpp", security_profile=2),
        ChangeConfiguration(key=ORDER, value=order, component="OCPPCommCtrlr"),
        Reset(kind="soft"),
    ]


async def test_three_refusals_at_boots_reject_it_and_the_next_lower_one_is_tried(scenes: Any, api: Client) -> None:
    scene = await scenes(3, password=None)
    await scene.connects(0)
    scene.station.answers[InstallCertificate] = StationRefused("NotImplemented")
    states = []
    for _ in range(6):
        await scene.boots()
        row = await scene.row()
        states.append((row["trying"], row["attempts"], (await scene.shown())[1]))
    assert states == [(3, 1, "pending"), (3, 2, "pending"), (2, 0, "rejected"), (2, 0, "rejected"),
                      (2, 1, "rejected"), (2, 2, "rejected")]  # fmt: skip
    await scene.boots()
    assert (await scene.row())["trying"] == 1
    [told] = await scene.boots()
    assert told == ChangeConfiguration(key="SecurityProfile", value="1")
    await scene.connects(1)
    assert await scene.boots() == []
    assert ((await scene.row())["finished_at"] is None, await scene.shown()) == (False, (1, "rejected"))
    assert (await api.patch(f"{PATH}/{scene.id}", {"security": {"desiredProfile": 2}})).status == 200
    assert (await scene.shown())[1] == "pending"
    assert [type(told) for told in await scene.boots()] == [InstallCertificate]


async def test_coming_back_as_it_was_is_a_try(scenes: Any) -> None:
    scene = await scenes(2)
    await scene.connects(1)
    await scene.boots()
    for attempts in (0, 1, 2):
        [told] = await scene.goes_on() if attempts == 0 else await scene.boots()
        assert told == ChangeConfiguration(key="SecurityProfile", value="2")
        assert ((await scene.row())["stage"], (await scene.row())["attempts"]) == ("told", attempts)
    assert await scene.boots() == []
    assert await scene.shown() == (1, "rejected")


async def test_who_is_offline_has_refused_nothing(scenes: Any) -> None:
    scene = await scenes(2)
    await scene.connects(1)
    scene.station.answers[InstallCertificate] = StationOffline()
    for _ in range(5):
        await scene.boots()
    row = await scene.row()
    assert (row["attempts"], row["stage"], row["due_at"] is None) == (0, "waits", False)


@pytest.mark.parametrize(("desired", "used"), [(0, 1), (1, 1), (1, 2), (2, 3)])
async def test_nothing_is_lowered(scenes: Any, api: Client, desired: int, used: int) -> None:
    scene = await scenes(3)
    await scene.connects(used)
    wish = await api.patch(f"{PATH}/{scene.id}", {"security": {"desiredProfile": desired}})
    assert wish.data["security"]["desiredProfileStatus"] == ("applied" if desired == used else "rejected")
    assert await scene.boots() == []


async def test_it_may_be_raised_without_a_boot(scenes: Any, api: Client) -> None:
    scene = await scenes(0, password=None)
    await scene.connects(0)
    path = f"/actions/charge-point/v2.0/{scene.id}/set-security-profile"
    begun = await api.post(path, {"setSecurityProfile": 2, "reason": "new rules"})
    assert (begun.status, begun.body) == (202, {"success": True})
    assert await scene.shown() == (0, "pending")
    assert [type(told) for told in await scene.goes_on()] == [ChangeConfiguration]
    for used, wanted in ((2, 1), (2, 2), (3, 1)):
        await scene.connects(used)
        refused = await api.post(path, {"setSecurityProfile": wanted, "reason": "back"})
        said = f"Cannot transition from security profile {used} to {wanted}. Only raising the profile is allowed."
        assert (refused.status, refused.body["message"]) == (406, said)
    too_much, unreasoned = {"setSecurityProfile": 3, "reason": ""}, {"setSecurityProfile": 1}
    for body, field in ((too_much, "setSecurityProfile"), (unreasoned, "reason")):
        wrong = await api.post(path, body)
        assert (wrong.status, list(wrong.body["errors"])) == (422, [field])


async def test_what_the_machine_cannot_is_refused(scenes: Any, api: Client) -> None:
    scene = await scenes(0)
    path = f"/actions/charge-point/v2.0/{scene.id}/set-security-profile"
    refused = await api.post(path, {"setSecurityProfile": 1, "reason": "x"})
    assert (refused.status, "from security profile 1 to 1" in refused.body["message"]) == (406, True)
    told = Setting("SecurityProfile", "1", True, "SecurityCtrlr", max_limit=1)
    async with scene.system.database.begin() as tx:
        await keep_told(tx, scene.id, [Outcome(status="Accepted", settings=(told,))], everything=False)
    refused = await api.post(path, {"setSecurityProfile": 2, "reason": "x"})
    assert (refused.status, "maximum supported level is 1" in refused.body["message"]) == (406, True)


async def test_what_the_machine_has_shown_so_far_is_no_limit(scenes: Any, api: Client) -> None:
    scene = await scenes(0)
    async with scene.system.database.begin() as tx:
        told = [Outcome(status="Accepted", settings=(Setting("SecurityProfile", "1", False),))]
        await keep_told(tx, scene.id, told, everything=False)
    path = f"/actions/charge-point/v2.0/{scene.id}/set-security-profile"
    assert (await api.post(path, {"setSecurityProfile": 2, "reason": "x"})).status == 202


async def test_a_wish_that_is_taken_back_is_followed_no_further(scenes: Any, api: Client) -> None:
    scene = await scenes(2)
    await scene.connects(1)
    scene.station.answers[InstallCertificate] = StationOffline()
    assert len(await scene.boots()) == 1
    assert (await api.patch(f"{PATH}/{scene.id}", {"security": {"desiredProfile": 1}})).status == 200
    assert await scene.boots() == []
    assert ((await scene.row())["finished_at"] is None, await scene.shown()) == (False, (1, "applied"))
