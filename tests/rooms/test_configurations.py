"""Configuration: fetched after each boot and on request, shown in both versions, written through the station."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.facts import outbox
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.configuration import BootSync, configuration_sync
from ohmstead.rooms.devices.configuration.variable_store import keep_told
from ohmstead.rooms.devices.facts import Booted
from ohmstead.rooms.devices.stations import (
    ChangeConfiguration,
    Command,
    GetConfiguration,
    Outcome,
    Setting,
    StationError,
    StationOffline,
    StationSilent,
    stations,
)
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.charge_points.passwords import matches
from tests.client import Client
from tests.given import Given
from tests.live import Live, live
from tests.rooms.charges import Site, site
from tests.scenarios.waiting import shows, until

ACTIONS = "/actions/charge-point"


@dataclass
class Box:
    """A station with settings: `refusal` is what it answers to changes, or why it answers nothing."""

    settings: dict[str, Setting] = field(default_factory=dict)
    refusal: str | StationError | None = None
    commands: list[Command] = field(default_factory=list)
    report: str = "Accepted"

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.commands.append(command)
        if isinstance(self.refusal, StationError):
            raise self.refusal
        if isinstance(command, GetConfiguration):
            wanted = command.keys or tuple(self.settings)
            known = tuple(self.settings[key] for key in wanted if key in self.settings)
            return Outcome(status=self.report, settings=known, unknown_keys=tuple(set(wanted) - set(self.settings)))
        return Outcome(status=self.refusal or "Accepted")

    def connected(self, charge_point_id: int) -> bool:
        return True


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    found = Box({one.key: one for one in (
        Setting("HeartbeatInterval", "60", False),
        Setting("NumberOfConnectors", "2", True),
        Setting("VendorTweak", None, False),
        Setting("AuthorizationKey", "0123456789abcdef", False),
    )})  # fmt: skip
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def here(given: Given, box: Box) -> Site:
    return await site(given)


def path(here: Site, version: str = "v2.0", key: str = "") -> str:
    return f"/resources/charge-points/{version}/{here.id}/configurations" + (f"/{key}" if key else "")


async def boot(here: Site) -> None:
    fact = Booted(charge_point_id=here.id, vendor="V", model="M", received_at=here.system.clock.now())
    await here.tells(partial(presence.booted, interval_s=60), fact)
    await here.system.outbox.drain()


async def synced(here: Site) -> None:
    """What waits is due at once, for the clock of this sync is ahead."""
    sync = BootSync(here.system.database, Ahead())
    await sync.start_due()
    await sync.settled()


class Ahead(SystemClock):
    def now(self) -> Any:
        return super().now().replace(year=super().now().year + 1)


async def told(system: System, topic: str) -> list[Any]:
    async with system.database.read() as tx:
        rows = await tx.all(select(outbox.c.payload).where(outbox.c.topic == topic).order_by(outbox.c.id))
        return [row[0] for row in rows]


async def test_each_boot_fetches_everything(api: Client, here: Site, box: Box) -> None:
    await boot(here)
    await boot(here)
    assert box.commands == []  # the answer to the boot comes first
    await synced(here)
    assert box.commands == [GetConfiguration()]
    listed = (await api.get(path(here))).data
    assert [one["key"] for one in listed] == [
        {"name": "HeartbeatInterval", "value": "60"},
        {"name": "NumberOfConnectors", "value": "2"},
        {"name": "VendorTweak", "value": ""},
        {"name": "AuthorizationKey", "value": ""},  # a password is not kept, even of a station that tells it
    ]
    assert [(one["readonly"], one["required"]) for one in listed] == [
        (False, True), (True, True), (False, False), (False, False),
    ]  # fmt: skip
    del box.settings["VendorTweak"]
    box.settings["HeartbeatInterval"] = Setting("HeartbeatInterval", "90", False)
    await boot(here)
    await synced(here)
    after = {one["key"]["name"]: one for one in (await api.get(path(here))).data}
    assert set(after) == set(box.settings)
    assert after["HeartbeatInterval"]["key"]["value"] == "90"
    assert after["NumberOfConnectors"]["lastUpdatedAt"] == listed[1]["lastUpdatedAt"]


async def test_a_silent_station_is_asked_once_a_boot(here: Site, box: Box) -> None:
    await boot(here)
    box.refusal = StationSilent(60)
    await synced(here)
    await synced(here)
    assert len(box.commands) == 1


async def test_a_report_that_comes_later_or_never_takes_nothing_away(api: Client, here: Site, box: Box) -> None:
    sync = f"{ACTIONS}/v1.0/{here.id}/sync-configuration"
    await api.post(sync)
    box.settings = {}  # as a 2.0.1 station agrees to report
    assert (await api.post(sync)).status == 202
    box.report = "NotSupported"
    answer = await api.post(sync)
    assert (answer.status, "NotSupported" in answer.body["message"]) == (406, True)
    assert len((await api.get(path(here))).data) == 4


async def test_what_cannot_be_kept_is_not_asked_for_ever(here: Site, box: Box) -> None:
    box.settings = {"Odd": Setting("Odd", "\ud800", False)}  # no text that a database takes
    await boot(here)
    await synced(here)
    await synced(here)
    assert len(box.commands) == 1
    await boot(here)
    await synced(here)
    assert len(box.commands) == 2
    async with here.system.database.read() as tx:
        [row] = await tx.all(select(configuration_sync.c.error))
    assert row[0] is not None


async def test_a_sync_on_request(api: Client, here: Site, box: Box) -> None:
    sync = f"{ACTIONS}/v1.0/{here.id}/sync-configuration"
    answer = await api.post(sync)
    assert answer.status == 202
    assert answer.body["success"] is True
    box.settings["HeartbeatInterval"] = Setting("HeartbeatInterval", "30", False)
    del box.settings["VendorTweak"]
    keys = ["HeartbeatInterval", "VendorTweak"]
    second = await api.post(sync, {"keys": keys})
    assert box.commands == [GetConfiguration(), GetConfiguration(keys=tuple(keys))]
    assert second.body["requestId"] != answer.body["requestId"]
    assert [fact["request_id"] for fact in await told(here.system, "chargePoint.configurationSynced")] == [
        answer.body["requestId"], second.body["requestId"],
    ]  # fmt: skip
    values = {one["key"]["name"]: one["key"]["value"] for one in (await api.get(path(here))).data}
    assert values == {"HeartbeatInterval": "30", "NumberOfConnectors": "2", "AuthorizationKey": ""}
    for refusal, words in ((StationOffline(), "not connected"), (StationSilent(60), "did not answer")):
        box.refusal = refusal
        answer = await api.post(sync)
        assert (answer.status, words in answer.body["message"]) == (406, True)
    assert (await api.post(sync, {"keys": ["K" * 51]})).status == 422
    assert (await api.post(f"{ACTIONS}/v1.0/999/sync-configuration")).status == 404


async def test_a_station_is_asked_for_no_more_keys_than_it_takes(api: Client, here: Site, box: Box) -> None:
    box.settings["GetConfigurationMaxKeys"] = Setting("GetConfigurationMaxKeys", "2", True)
    sync = f"{ACTIONS}/v1.0/{here.id}/sync-configuration"
    await api.post(sync)
    assert (await api.post(sync, {"keys": ["A", "B", "C"]})).status == 202
    assert box.commands[1:] == [GetConfiguration(keys=("A", "B")), GetConfiguration(keys=("C",))]


async def test_variables_are_filtered_and_read_in_both_versions(api: Client, here: Site) -> None:
    await api.post(f"{ACTIONS}/v1.0/{here.id}/sync-configuration")
    for query, count in (("filter[name]=NumberOfConnectors", 1), ("filter[componentName]=OCPPCommCtrlr", 0),
                         ("filter[evseId]=1", 0), ("filter[instance]=x", 0)):  # fmt: skip
        assert len((await api.get(path(here), query)).data) == count
    assert (await api.get(path(here), "filter[nonsense]=1")).status == 422
    newest = (await api.get(path(here, key="HeartbeatInterval"))).data
    older = (await api.get(path(here, "v1.0", "HeartbeatInterval"))).data
    assert (
        (older["key"], older["value"]) == ("HeartbeatInterval", newest["key"]["value"]) == ("HeartbeatInterval", "60")
    )
    assert older["timestamp"] == newest["timestamp"]
    assert len((await api.get(path(here, "v1.0"))).data) == 4
    assert (await api.get(path(here, key="Nothing"))).status == 404
    assert (await api.get("/resources/charge-points/v2.0/999/configurations")).status == 404


async def test_a_variable_is_written_through_the_station(api: Client, here: Site, box: Box) -> None:
    await api.post(f"{ACTIONS}/v1.0/{here.id}/sync-configuration")
    box.commands.clear()
    for version in ("v2.0", "v1.0"):
        answer = await api.patch(path(here, version, "HeartbeatInterval"), {"value": version})
        assert answer.status == 200
        assert (await api.get(path(here, key="HeartbeatInterval"))).data["key"]["value"] == version
    assert box.commands[0] == ChangeConfiguration(key="HeartbeatInterval", value="v2.0")
    assert (await api.patch(path(here, key="VendorTweak"), {})).status == 200
    assert (await api.patch(path(here, key="HeartbeatInterval"), {})).status == 422
    assert (await api.patch(path(here, key="Nothing"), {"value": "1"})).status == 404
    for refusal, words in (("Rejected", "Rejected"), ("NotSupported", "NotSupported"), (StationOffline(), "connected")):
        box.refusal = refusal
        answer = await api.patch(path(here, key="HeartbeatInterval"), {"value": "7"})
        assert (answer.status, words in answer.body["message"]) == (406, True)
    assert (await api.get(path(here, key="HeartbeatInterval"))).data["key"]["value"] == "v1.0"


async def test_set_configuration(api: Client, here: Site, box: Box) -> None:
    set_one = f"{ACTIONS}/v2.0/{here.id}/set-configuration"
    box.refusal = "RebootRequired"
    answer = await api.post(set_one, {"name": "LightIntensity", "value": "50", "componentName": "Ignored"})
    assert (answer.status, answer.body) == (202, None)
    assert box.commands == [ChangeConfiguration(key="LightIntensity", value="50")]
    assert (await api.get(path(here, key="LightIntensity"))).data["rebootRequired"] is True
    [fact] = await told(here.system, "chargePoint.configurationChanged")
    assert (fact["name"], fact["reboot_required"]) == ("LightIntensity", True)
    for refusal in ("Rejected", "NotSupported", StationOffline(), StationSilent(1)):
        box.refusal = refusal
        assert (await api.post(set_one, {"name": "LightIntensity", "value": "1"})).status == 406
    assert set((await api.post(set_one, {})).body["errors"]) == {"name", "value"}
    assert (await api.post(f"{ACTIONS}/v2.0/999/set-configuration", {"name": "A", "value": "1"})).status == 404


async def test_a_new_password_is_the_one_the_station_will_present(api: Client, here: Site, box: Box) -> None:
    secret = "00112233445566778899aabbccddeeff"
    answer = await api.post(
        f"{ACTIONS}/v2.0/{here.id}/set-configuration", {"name": "AuthorizationKey", "value": secret}
    )
    assert answer.status == 202
    async with here.system.database.read() as tx:
        stored = await tx.value(select(charge_point.c.network_password).where(charge_point.c.id == here.id))
        kept = await tx.value(select(func.count()).select_from(outbox).where(outbox.c.payload["value"].is_not(None)))
    assert matches(bytes.fromhex(secret), stored)
    assert kept == 0
    assert (await api.get(path(here, key="AuthorizationKey"))).status == 404


async def test_a_report_from_before_a_change_does_not_undo_it(api: Client, here: Site) -> None:
    """The parts of a 2.0.1 station's report come beside whatever else goes on."""
    received_at = here.system.clock.now()
    change = f"{ACTIONS}/v2.0/{here.id}/set-configuration"
    assert (await api.post(change, {"name": "LightIntensity", "value": "50"})).status == 202
    told = [Outcome(status="Accepted", settings=(Setting("LightIntensity", "100", False), Setting("New", "1", False)))]
    await here.tells(keep_told, here.id, told, False, received_at)
    values = {one["key"]["name"]: one["key"]["value"] for one in (await api.get(path(here))).data}
    assert values == {"LightIntensity": "50", "New": "1"}
    await here.tells(keep_told, here.id, told, False)
    assert (await api.get(path(here, key="LightIntensity"))).data["key"]["value"] == "100"


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(20.0)) as running:
        yield running


async def test_a_simulated_station(place: Live) -> None:
    point = await place.charge_point("CONFIG")
    station = await place.station("CONFIG")
    base = f"/resources/charge-points/v2.0/{point['id']}/configurations"

    assert await shows(place.api, base, bool)
    answer = await place.api.patch(f"{base}/MeterValueSampleInterval", {"value": "17"})
    assert (answer.status, station.settings.sample_s) == (200, 17)
    refused = await place.api.patch(f"{base}/NumberOfConnectors", {"value": "9"})
    assert (refused.status, "Rejected" in refused.body["message"]) == (406, True)
    password = "ffeeddccbbaa99887766554433221100"
    gone = asyncio.create_task(until(station, lambda machine: not machine.online))  # which may be over with the answer
    await place.api.post(
        f"{ACTIONS}/v2.0/{point['id']}/set-configuration", {"name": "AuthorizationKey", "value": password}
    )
    await gone
    await until(station, lambda machine: machine.online)  # with the new one


@pytest.mark.parametrize(
    ("told", "learned"),
    [
        ([("1", None)], 1),
        ([("2", None), ("1", None)], 2),  # it was lowered by hand: it can do what it did
        ([("1", 3)], 3),
        ([("3", None), ("1", 2)], 2),  # its own word on its limit counts
        ([("4", None), ("", None), ("x", 99)], None),
    ],
)
async def test_the_security_profile_that_the_machine_can_use_is_learned(
    api: Client, here: Site, told: list[tuple[str, int | None]], learned: int | None
) -> None:
    for value, limit in told:
        settings = (
            Setting("SecurityProfile", value, False, "SecurityCtrlr" if limit else None, max_limit=limit),
            Setting("SecurityProfile", "3", False, "AnotherCtrlr"),
        )
        await here.tells(keep_told, here.id, [Outcome(status="Accepted", settings=settings)], False)
    shown = (await api.get(f"/resources/charge-points/v2.0/{here.id}")).data.get("security", {})
    assert shown.get("hardwareEnabledProfile") == learned
