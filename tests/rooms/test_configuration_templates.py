"""Configuration templates: their variables, and how they come to charge points and stay there."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import Row
from ohmstead.kit.versions import Version
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.configuration import BootSync
from ohmstead.rooms.devices.configuration.table import template_application
from ohmstead.rooms.devices.facts import Booted, Connected, Disconnected
from ohmstead.rooms.devices.stations import (
    ChangeConfiguration,
    Command,
    GetVariables,
    Outcome,
    Setting,
    StationError,
    StationOffline,
    StationSilent,
    stations,
)
from ohmstead.rooms.devices.templates import TemplateWork, template_variables, templates
from tests.client import Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.live import SAMPLE_S, Live, live
from tests.rooms.charges import Site, site
from tests.scenarios.waiting import TOO_LONG_S, shows

PATH = "/resources/configuration-templates/v1.0"
ACTIONS = "/actions/configuration-template/v1.0"
HEARTBEAT = {"keyName": "HeartbeatInterval", "value": "300"}
CABLE = {"variableName": "Limit", "component": "Connector", "value": "16", "evseId": 1, "connectorId": 2}
_number = itertools.count(1)


async def template(given: Given, version: str = "ocpp 1.6", *variables: dict[str, Any]) -> dict[str, Any]:
    made = await given.made(PATH, {"name": f"Template {next(_number)}", "ocppVersion": version})
    for variable in variables:
        await given.made(f"{PATH}/{made['id']}/variables", variable)
    return made


class TestTemplates(ResourceContract):
    resource = templates
    update = {"name": "Renamed"}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {"name": f"Named {next(_number)}", "ocppVersion": "ocpp 1.6"}


class TestVariables(ResourceContract):
    resource = template_variables
    update = {"value": "60"}

    async def base(self, given: Given, version: Version) -> str:
        return f"{PATH}/{(await template(given))['id']}/variables"

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        return {"keyName": f"Key{next(_number)}", "value": "1"}


async def test_a_name_is_given_once(api: Client, given: Given) -> None:
    first, second = await template(given), await template(given)
    again = await api.post(PATH, {"name": first["name"], "ocppVersion": "ocpp 2.0.1"})
    assert again.status == 409
    answer = await api.patch(f"{PATH}/{second['id']}", {"name": first["name"]})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"name"})


async def test_templates_are_found_by_version(api: Client, given: Given) -> None:
    older, newer = await template(given), await template(given, "ocpp 2.0.1")
    for spelling, wanted in (("ocpp1.6", older), ("ocpp+1.6", older), ("ocpp2.0.1", newer)):
        assert [one["id"] for one in (await api.get(PATH, f"filter[ocppVersion]={spelling}")).data] == [wanted["id"]]
    assert (await api.get(PATH, "filter[ocppVersion]=ocpp1.5")).status == 422


async def test_a_variable_is_shown_as_its_version_has_it(api: Client, given: Given) -> None:
    older = await template(given, "ocpp 1.6", HEARTBEAT)
    [shown] = (await api.get(f"{PATH}/{older['id']}/variables")).data
    assert shown.keys() == {"id", "keyName", "value", "lastUpdatedAt"}
    newer = await template(given, "ocpp 2.0.1", CABLE)
    [shown] = (await api.get(f"{PATH}/{newer['id']}/variables")).data
    empty = {"variableType": None, "variableInstance": None, "componentInstance": None}
    assert shown == CABLE | empty | {"id": shown["id"], "lastUpdatedAt": shown["lastUpdatedAt"]}


@pytest.mark.parametrize(
    ("version", "body", "wrong"),
    [
        ("ocpp 1.6", {"value": "1"}, {"keyName"}),
        ("ocpp 1.6", HEARTBEAT | {"component": "C", "evseId": 1}, {"component", "evseId"}),
        ("ocpp 1.6", {"keyName": "AuthorizationKey", "value": "1"}, {"keyName"}),
        ("ocpp 2.0.1", HEARTBEAT, {"keyName", "variableName", "component"}),
        ("ocpp 2.0.1", CABLE | {"evseId": None}, {"evseId"}),
        ("ocpp 2.0.1", CABLE | {"variableType": "Wished", "evseId": 0}, {"variableType", "evseId"}),
    ],
)
async def test_a_variable_that_cannot_be(
    api: Client, given: Given, version: str, body: dict[str, Any], wrong: set[str]
) -> None:
    made = await template(given, version)
    answer = await api.post(f"{PATH}/{made['id']}/variables", body)
    assert (answer.status, answer.body["errors"].keys()) == (422, wrong)
    answer = await api.post(f"{ACTIONS}/{made['id']}/insert-bulk-variables", [body])
    assert (answer.status, answer.body["errors"].keys()) == (422, {f"0.{name}" for name in wrong})


async def test_a_variable_stands_in_a_template_once(api: Client, given: Given) -> None:
    made = await template(given, "ocpp 2.0.1", CABLE)
    variables = f"{PATH}/{made['id']}/variables"
    for twin in (CABLE, CABLE | {"variableType": "Actual", "value": "20"}):
        assert (await api.post(variables, twin)).status == 409
    other = await given.made(variables, CABLE | {"variableType": "MaxSet"})
    answer = await api.patch(f"{variables}/{other['id']}", {"variableType": None})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"variableName"})
    assert (await api.patch(f"{variables}/{other['id']}", {"variableType": "Target"})).data["variableType"] == "Target"
    stranger = await template(given, "ocpp 2.0.1")
    assert (await api.patch(f"{PATH}/{stranger['id']}/variables/{other['id']}", {"value": "1"})).status == 404


async def test_many_variables_at_once_or_none(api: Client, given: Given) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    bulk, variables = f"{ACTIONS}/{made['id']}/insert-bulk-variables", f"{PATH}/{made['id']}/variables"
    fresh = [{"keyName": name, "value": "1"} for name in ("A", "B")]
    answer = await api.post(bulk, [*fresh, HEARTBEAT, fresh[0]])
    assert (answer.status, answer.body["errors"].keys()) == (422, {"2.keyName", "3.keyName"})
    assert len((await api.get(variables)).data) == 1
    answer = await api.post(bulk, fresh)
    assert (answer.status, answer.body) == (200, None)
    assert [one["keyName"] for one in (await api.get(variables)).data] == ["HeartbeatInterval", "A", "B"]
    assert (await api.post(bulk, {"keyName": "C", "value": "1"})).status == 422
    assert (await api.post(bulk, [1])).status == 422
    assert (await api.post(f"{ACTIONS}/999/insert-bulk-variables", [])).status == 404


async def test_a_partner_applies_what_the_operator_wrote(api: Client, given: Given) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    own, foreign = await given.charge_point(partner={"id": 7}), await given.charge_point()
    client = await given.client("*", partner_id=7)
    try:
        assert (await client.get(f"{PATH}/{made['id']}")).status == 200
        assert (await client.post(PATH, {"name": "Mine", "ocppVersion": "ocpp 1.6"})).status == 403
        assert (await client.post(f"{ACTIONS}/{made['id']}/insert-bulk-variables", [])).status == 403
        apply = f"{ACTIONS}/{made['id']}/apply-to-charge-points"
        assert (await client.post(apply, {"chargePointIds": [own["id"]]})).status == 202
        answer = await client.post(apply, {"chargePointIds": [own["id"], foreign["id"]]})
        assert (answer.status, answer.body["errors"].keys()) == (422, {"chargePointIds.1"})
    finally:
        await client.close()


@dataclass
class Box:
    """A station of 1.6 with settings: `refusals` are what it answers to changes of them, `away` why it is silent."""

    settings: dict[str, str | None] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    away: StationError | None = None
    commands: list[Command] = field(default_factory=list)

    async def call(self, charge_point_id: int, command: Command) -> Outcome:
        self.commands.append(command)
        if self.away is not None:
            raise self.away
        if isinstance(command, GetVariables):
            known = [one.key for one in command.variables if one.key in self.settings]
            return Outcome(status="Accepted", settings=tuple(Setting(key, self.settings[key], False) for key in known))
        if isinstance(command, ChangeConfiguration):
            if command.key in self.refusals:
                return Outcome(status=self.refusals[command.key])
            self.settings[command.key] = command.value
        return Outcome(status="Accepted")

    def connected(self, charge_point_id: int) -> bool:
        return self.away is None

    def written(self) -> list[tuple[str, str]]:
        """What it was told to take since this was last asked."""
        found = [(one.key, one.value) for one in self.commands if isinstance(one, ChangeConfiguration)]
        self.commands.clear()
        return found


@pytest.fixture
async def box() -> AsyncIterator[Box]:
    found = Box()
    stations.provide(found)
    yield found
    stations.provide(None)


@pytest.fixture
async def here(given: Given, box: Box) -> Site:
    return await site(given)


class Ahead(SystemClock):
    """So far ahead that all that waits is due."""

    def __init__(self, hours: float = 2.0) -> None:
        super().__init__()
        self._ahead = timedelta(hours=hours)

    def now(self) -> datetime:
        return super().now() + self._ahead


async def works(here: Site, hours: float = 2.0, synced: bool = True) -> None:
    """Carry out what is due."""
    for work in (BootSync, TemplateWork) if synced else (TemplateWork,):
        doing = work(here.system.database, Ahead(hours))
        await doing.start_due()
        await doing.settled()


async def boots(here: Site) -> None:
    fact = Booted(charge_point_id=here.id, vendor="V", model="M", received_at=here.system.clock.now())
    await here.tells(partial(presence.booted, interval_s=60), fact)
    await here.system.outbox.drain()


async def applied(here: Site) -> list[Row]:
    async with here.system.database.read() as tx:
        return await tx.all(select(template_application).order_by(template_application.c.id))


async def applies(api: Client, made: dict[str, Any], *points: int, persist: bool = False) -> None:
    body = {"chargePointIds": list(points), "shouldPersist": persist}
    answer = await api.post(f"{ACTIONS}/{made['id']}/apply-to-charge-points", body)
    assert (answer.status, answer.body) == (202, None)


async def variables_of(api: Client, here: Site) -> dict[str, Any]:
    rows = (await api.get(f"/resources/charge-points/v2.0/{here.id}/configurations")).data
    return {one["key"]["name"]: (one["key"]["value"], one.get("persistentConfigurationTemplateId")) for one in rows}


async def test_a_template_is_written_to_a_charge_point(api: Client, given: Given, here: Site, box: Box) -> None:
    box.refusals = {"Fixed": "Rejected", "Unknown": "NotSupported"}
    bodies = [HEARTBEAT, {"keyName": "Fixed", "value": "1"}, {"keyName": "Unknown", "value": "1"},
              {"keyName": "LightIntensity", "value": "50"}]  # fmt: skip
    made = await template(given, "ocpp 1.6", *bodies)
    await applies(api, made, here.id)
    assert box.commands == []  # the answer says that it will be done
    await works(here)
    assert box.written() == [(one["keyName"], one["value"]) for one in bodies]
    assert await variables_of(api, here) == {"HeartbeatInterval": ("300", None), "LightIntensity": ("50", None)}
    [row] = await applied(here)
    assert (row["due_at"], row["error"], row["refused"]) == (None, None, box.refusals)
    await works(here)
    await boots(here)
    await works(here)
    assert box.written() == []  # once


async def test_what_persists_is_enforced_after_every_boot(api: Client, given: Given, here: Site, box: Box) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT, {"keyName": "LightIntensity", "value": "50"})
    await applies(api, made, here.id, persist=True)
    await works(here)
    assert len(box.written()) == 2
    await boots(here)
    await works(here)
    assert box.written() == []  # it has all that it should have
    box.settings["LightIntensity"] = "100"
    await boots(here)
    await works(here, synced=False)
    assert box.commands == []  # the sync of the boot goes first
    await works(here)
    assert box.written() == [("LightIntensity", "50")]
    assert await variables_of(api, here) == {
        "HeartbeatInterval": ("300", made["id"]), "LightIntensity": ("50", made["id"]),
    }  # fmt: skip
    await applies(api, made, here.id)  # no longer
    await works(here)
    assert len(box.written()) == 2
    box.settings.clear()
    await boots(here)
    await works(here)
    assert box.written() == []


async def test_a_deleted_template_is_enforced_no_longer(api: Client, given: Given, here: Site, box: Box) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    await applies(api, made, here.id, persist=True)
    await works(here)
    assert (await api.delete(f"{PATH}/{made['id']}")).status == 204
    box.settings.clear()
    await boots(here)
    await works(here)
    assert box.written() == [("HeartbeatInterval", "300")]
    assert await variables_of(api, here) == {"HeartbeatInterval": ("300", None)}


async def test_of_two_templates_the_later_counts(api: Client, given: Given, here: Site, box: Box) -> None:
    first = await template(given, "ocpp 1.6", HEARTBEAT, {"keyName": "LightIntensity", "value": "50"})
    second = await template(given, "ocpp 1.6", HEARTBEAT | {"value": "600"})
    await applies(api, first, here.id, persist=True)
    await applies(api, second, here.id, persist=True)
    await works(here)
    assert box.written() == [("LightIntensity", "50"), ("HeartbeatInterval", "600")]
    shown = await variables_of(api, here)
    assert (shown["HeartbeatInterval"], shown["LightIntensity"]) == (("600", second["id"]), ("50", first["id"]))


@pytest.mark.parametrize(("away", "hours"), [(StationOffline(), 2.01), (StationSilent(60), 2.1)])
async def test_a_station_that_is_away_gets_it_later(
    api: Client, given: Given, here: Site, box: Box, away: StationError, hours: float
) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    await applies(api, made, here.id)
    box.away = away
    await works(here)
    [row] = await applied(here)
    assert (row["attempts"], row["error"]) == (1, str(away))
    box.away = None
    box.commands.clear()
    await works(here)
    assert box.commands == []  # not at once
    await works(here, hours)
    assert box.written() == [("HeartbeatInterval", "300")]


async def test_a_charge_point_that_is_not_here_waits(api: Client, given: Given, here: Site, box: Box) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    gone = Disconnected(charge_point_id=here.id, at=here.system.clock.now())
    await here.tells(presence.disconnected, gone)
    await applies(api, made, here.id)
    await works(here)
    assert box.commands == []
    back = Connected(charge_point_id=here.id, version="1.6", remote_ip="::1", at=here.system.clock.now())
    await here.tells(presence.connected, back)
    await works(here)
    assert box.written() == [("HeartbeatInterval", "300")]


async def test_a_charge_point_of_another_version(api: Client, given: Given, here: Site, box: Box) -> None:
    made = await template(given, "ocpp 2.0.1", CABLE)
    apply = f"{ACTIONS}/{made['id']}/apply-to-charge-points"
    answer = await api.post(apply, {"chargePointIds": [here.id]})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"chargePointIds.0"})
    unheard = await given.charge_point()
    await applies(api, made, unheard["id"])
    as_1_6 = Connected(charge_point_id=unheard["id"], version="1.6", remote_ip="::1", at=here.system.clock.now())
    await here.tells(presence.connected, as_1_6)
    await works(here)
    [row] = await applied(here)
    assert (row["due_at"], row["error"], box.commands) == (None, "The charge point speaks OCPP 1.6.", [])


async def test_a_satellite_is_configured_through_its_master(api: Client, given: Given, here: Site, box: Box) -> None:
    mode = {"communicationMode": "via_ocpp_connected_charge_point", "ocppConnectedChargePointId": here.id}
    satellite = await given.charge_point(network={}, **mode)
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    await applies(api, made, satellite["id"], here.id)
    await works(here)
    assert box.written() == [("HeartbeatInterval", "300")]


async def test_what_cannot_be_applied(api: Client, given: Given, here: Site) -> None:
    made = await template(given)
    apply = f"{ACTIONS}/{made['id']}/apply-to-charge-points"
    unmanaged = await given.charge_point(communicationMode="none")
    answer = await api.post(apply, {"chargePointIds": [here.id, 999, unmanaged["id"]]})
    assert (answer.status, answer.body["errors"].keys()) == (422, {"chargePointIds.1", "chargePointIds.2"})
    assert await applied(here) == []
    for body in ({}, {"chargePointIds": []}, {"chargePointIds": "all"}):
        assert (await api.post(apply, body)).body["errors"].keys() == {"chargePointIds"}
    assert (await api.post(f"{ACTIONS}/999/apply-to-charge-points", {"chargePointIds": [here.id]})).status == 404


async def test_a_failure_of_ours_is_tried_again(api: Client, given: Given, here: Site, box: Box) -> None:
    made = await template(given, "ocpp 1.6", HEARTBEAT)
    await applies(api, made, here.id)
    box.away = LookupError("a fault in the code")  # type: ignore[assignment]
    await works(here)
    box.away = None
    box.commands.clear()
    await works(here, 2.1)
    assert box.written() == [("HeartbeatInterval", "300")]


@pytest.fixture
async def place(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(20.0)) as running:
        yield running


@pytest.mark.parametrize(
    ("version", "variables"),
    [
        ("1.6", [{"keyName": "MeterValueSampleInterval", "value": "17"}, {"keyName": "Nothing", "value": "1"}]),
        ("2.0.1", [
            {"variableName": "TxUpdatedInterval", "component": "SampledDataCtrlr", "value": "17"},
            {"variableName": "TxUpdatedInterval", "component": "SampledDataCtrlr", "value": "1",
             "variableType": "MinSet"},
        ]),
    ],
)  # fmt: skip
async def test_simulated_stations(place: Live, version: str, variables: list[dict[str, Any]]) -> None:
    """One that comes later gets it, and after each boot again."""
    made = await template(place.given, f"ocpp {version}", *variables)
    point = await place.charge_point("STATION", version=version)
    body = {"chargePointIds": [point["id"]], "shouldPersist": True}
    assert (await place.api.post(f"{ACTIONS}/{made['id']}/apply-to-charge-points", body)).status == 202
    assert SAMPLE_S != 17
    station = await place.station("STATION", version=version)
    async with asyncio.timeout(TOO_LONG_S):
        await station.until(lambda machine: machine.settings.sample_s == 17)
    configurations = f"/resources/charge-points/v2.0/{point['id']}/configurations"
    by_name = f"filter[name]={variables[0].get('keyName', variables[0].get('variableName'))}"
    await shows(place.api, configurations, lambda rows: bool(rows) and _kept(rows[0]) == ("17", made["id"]), by_name)
    assert station.settings.sample_s == 17

    station.settings.sample_s = 99
    reset = await place.api.post(f"/actions/charge-point/v1.0/{point['id']}/reset/hard")
    assert reset.body == {"success": True}
    async with asyncio.timeout(TOO_LONG_S):
        await station.until(lambda machine: machine.settings.sample_s == 17)


def _kept(row: dict[str, Any]) -> tuple[str, int | None]:
    return row["key"]["value"], row.get("persistentConfigurationTemplateId")
