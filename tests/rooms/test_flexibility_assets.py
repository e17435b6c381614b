"""Flexibility assets and what is asked of them: the rules, the actions, their end, and the deletes of others."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.versions import Version
from ohmstead.kit.views import stamp
from ohmstead.rooms.charging.readings import Sample
from ohmstead.rooms.power.circuits.resource import circuit_changed, member_changed
from ohmstead.rooms.power.flexibility.assets import assets
from ohmstead.rooms.power.flexibility.ending import AssetEnds
from ohmstead.rooms.power.flexibility.requests import requests
from tests.client import Answer, Client
from tests.contract import ResourceContract
from tests.given import Given
from tests.rooms.charges import Site, site, tag
from tests.rooms.later import Later
from tests.rooms.test_circuit_races import outsider, waiting
from tests.scenarios.waiting import becomes

ASSETS = "/resources/flexibility-assets/v1.0"
REQUESTS = "/resources/flexibility-activation-requests/v1.0"
ACTIONS = "/actions/flexibility-asset/v1.0"
CIRCUITS = "/resources/circuits/v2.0"
DYNAMIC = {
    "mode": "dynamic", "defaultChargePointMaxCurrent": 16, "maxVoltage": "400", "phases": "three_phase",
    "phaseRotation": "RST", "electricalConfiguration": "star",
}  # fmt: skip


def soon(minutes: float = 60) -> str:
    return stamp(datetime.now(UTC) + timedelta(minutes=minutes))


def period(start: float = -5, end: float = 10, **target: int) -> dict[str, Any]:
    return {"startTime": soon(start), "endTime": soon(end)} | (target or {"maxPower": 5000})


async def of_circuit(given: Given, **fields: Any) -> dict[str, Any]:
    """An asset on a circuit with a charge point."""
    circuit, point = await given.circuit(), await given.charge_point()
    await given.evse(point)
    await given.made(f"/resources/charge-points/v2.0/{point['id']}/smart-charging", DYNAMIC)
    attached = await given.api.post(
        f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", {"chargePointId": point["id"]}
    )
    assert attached.status == 202
    return await given.made(ASSETS, {"dlmCircuitId": circuit["id"]} | fields)


async def ask(api: Client, asset: dict[str, Any], *periods: dict[str, Any]) -> Answer:
    return await api.post(f"{ACTIONS}/{asset['id']}/create-activation-request", {"periods": list(periods)})


class TestAssets(ResourceContract):
    resource = assets
    update = {"description": "The garage", "integrationParameters": {"portfolio": "south"}}

    async def body(self, given: Given, version: Version) -> dict[str, Any]:
        circuit = await given.circuit()
        return {"dlmCircuitId": circuit["id"], "description": "Garage", "status": "enabled", "endsAt": soon()}


class TestRequests(ResourceContract):
    resource = requests


@pytest.mark.parametrize("place", ["dlmCircuitId", "chargePointId", "evseId"])
async def test_an_asset_is_in_one_place(api: Client, given: Given, place: str) -> None:
    point = await given.charge_point()
    places = {
        "dlmCircuitId": (await given.circuit())["id"], "chargePointId": point["id"],
        "evseId": (await given.evse(point))["id"],
    }  # fmt: skip
    made = await given.made(ASSETS, {place: places[place]})
    assert {name: made[name] for name in places} == dict.fromkeys(places) | {place: places[place]}
    assert made["status"] == "enabled"
    assert "endsAt" not in made
    others = [name for name in places if name != place]
    both = await api.post(ASSETS, {place: places[place], others[0]: places[others[0]]})
    assert (both.status, len(both.body["errors"])) == (422, 1)
    assert set(both.body["errors"]) <= {place, others[0]}
    every = await api.post(ASSETS, places)
    assert every.body["errors"].keys() == {"chargePointId", "evseId"}


async def test_an_asset_without_a_place_is_refused(api: Client) -> None:
    assert (await api.post(ASSETS, {"description": "x"})).body["errors"].keys() == {"dlmCircuitId"}


async def test_where_it_is_stays(api: Client, given: Given) -> None:
    made, other = await of_circuit(given), await given.circuit()
    changed = await api.patch(f"{ASSETS}/{made['id']}", {"dlmCircuitId": other["id"], "status": "disabled"})
    assert (changed.data["dlmCircuitId"], changed.data["status"]) == (made["dlmCircuitId"], "enabled")


async def test_a_circuit_of_a_tree_is_no_asset(api: Client, given: Given) -> None:
    top = await given.circuit()
    below = await given.circuit(parentCircuitId=top["id"], phaseRotation="RST")
    for circuit in (top, below):
        assert (await api.post(ASSETS, {"dlmCircuitId": circuit["id"]})).body["errors"].keys() == {"dlmCircuitId"}


async def test_a_circuit_with_an_asset_gets_no_tree(api: Client, given: Given) -> None:
    asset, other = await of_circuit(given), await given.circuit()
    mine = asset["dlmCircuitId"]
    below = {"parentCircuitId": other["id"], "phaseRotation": "RST"}
    refused = await api.patch(f"{CIRCUITS}/{mine}", below)
    assert (refused.status, refused.body["errors"].keys()) == (422, {"parentCircuitId"})
    above = {"parentCircuitId": mine, "phaseRotation": "RST"}
    assert (await api.patch(f"{CIRCUITS}/{other['id']}", above)).body["errors"].keys() == {"parentCircuitId"}
    new = {"name": "x", "phases": "three_phase", "maxCurrent": 10} | above
    assert (await api.post(CIRCUITS, new)).body["errors"].keys() == {"parentCircuitId"}
    assert (await api.patch(f"{CIRCUITS}/{mine}", {"maxCurrent": 50})).status == 200
    assert (await api.delete(f"{ASSETS}/{asset['id']}")).status == 204
    assert (await api.patch(f"{CIRCUITS}/{mine}", below)).status == 200


async def test_an_asset_that_is_made_meanwhile_is_seen(system: System, api: Client, given: Given) -> None:
    id = (await given.circuit())["id"]
    new = {"name": "x", "phases": "three_phase", "maxCurrent": 10, "parentCircuitId": id, "phaseRotation": "RST"}
    async with outsider(system) as other:
        async with other.transaction():
            await other.execute("SELECT FROM circuit WHERE id = $1 FOR UPDATE", id)
            making = asyncio.create_task(api.post(CIRCUITS, new))
            await becomes(lambda: waiting(system), lambda count: count == 1)
            names = "dlm_circuit_id, series_from, series_until, created_at, updated_at"
            await other.execute(f"INSERT INTO flexibility_asset ({names}) VALUES ($1, now(), now(), now(), now())", id)
        assert (await making).body["errors"].keys() == {"parentCircuitId"}


async def test_a_circuit_below_that_is_made_meanwhile_is_seen(system: System, api: Client, given: Given) -> None:
    id = (await given.circuit())["id"]
    async with outsider(system) as other:
        async with other.transaction():
            names = "name, phases, max_current, phase_rotation, parent_circuit_id, created_at, updated_at"
            values = "'x', 'three_phase', 10, 'RST', $1, now(), now()"
            await other.execute(f"INSERT INTO circuit ({names}) VALUES ({values})", id)
            making = asyncio.create_task(api.post(ASSETS, {"dlmCircuitId": id}))
            await becomes(lambda: waiting(system), lambda count: count == 1)
        assert (await making).body["errors"].keys() == {"dlmCircuitId"}


async def test_what_is_an_asset_is_not_deleted(api: Client, given: Given) -> None:
    circuit = await given.circuit()
    point = await given.charge_point()
    outlet = await given.evse(point)
    paths = {
        "dlmCircuitId": (f"{CIRCUITS}/{circuit['id']}", circuit["id"]),
        "chargePointId": (f"/resources/charge-points/v2.0/{point['id']}", point["id"]),
        "evseId": (f"/resources/evses/v2.1/{outlet['id']}", outlet["id"]),
    }
    for field, (path, id) in paths.items():
        asset = await given.made(ASSETS, {field: id})
        refused = await api.delete(path)
        assert refused.status == 409
        assert f"the flexibility asset {asset['id']}" in refused.body["message"]
        if field == "evseId":
            assert (await api.delete(paths["chargePointId"][0])).status == 409
        assert (await api.delete(f"{ASSETS}/{asset['id']}")).status == 204
    for path, _ in reversed(paths.values()):
        assert (await api.delete(path)).status == 204


async def test_an_end_is_to_come(api: Client, given: Given) -> None:
    circuit = await given.circuit()
    refused = await api.post(ASSETS, {"dlmCircuitId": circuit["id"], "endsAt": soon(-1)})
    assert refused.body["errors"].keys() == {"endsAt"}
    asset = await given.made(ASSETS, {"dlmCircuitId": circuit["id"]})
    path = f"{ACTIONS}/{asset['id']}/change-status"
    refused = await api.post(path, {"status": "enabled", "endsAt": soon(-1)})
    assert (refused.status, refused.body["errors"].keys()) == (422, {"endsAt"})


async def test_its_status_changes_and_its_end_stays(api: Client, given: Given) -> None:
    asset, end = await of_circuit(given), soon()
    path = f"{ACTIONS}/{asset['id']}/change-status"
    answer = await api.post(path, {"status": "disabled", "endsAt": end})
    assert (answer.status, answer.body) == (201, {"status": "disabled", "endsAt": end})
    assert (await api.post(path, {"status": "enabled"})).body == {"status": "enabled", "endsAt": end}
    found = (await api.get(f"{ASSETS}/{asset['id']}")).data
    assert (found["status"], found["endsAt"]) == ("enabled", end)


async def test_it_is_disabled_at_its_end(api: Client, given: Given, later: Later) -> None:
    asset, other = await of_circuit(given, endsAt=soon(30)), await of_circuit(given)
    due = AssetEnds(later.database, later.clock)
    for passed, status in ((28, "enabled"), (3, "disabled")):
        await later.clock.advance(passed * 60)
        await due.start_due()
        await due.settled()
        found = (await api.get(f"{ASSETS}/{asset['id']}")).data
        assert (found["status"], found["endsAt"]) == (status, asset["endsAt"])
    assert (await api.get(f"{ASSETS}/{other['id']}")).data["status"] == "enabled"


async def test_what_is_asked_is_kept_and_told_as_it_was(api: Client, given: Given) -> None:
    asset, other = await of_circuit(given), await of_circuit(given)
    told: list[int] = []
    end = circuit_changed.connect(told.append)
    later, first = period(10, 25, energy=2500), period(maxPower=0)
    answer = await ask(api, asset, later, first)
    end()
    assert told == [asset["dlmCircuitId"]]
    assert answer.status == 201
    assert answer.body["assetId"] == asset["id"]
    assert answer.body["periods"] == [first | {"energy": None}, later | {"maxPower": None}]
    read = await api.get(f"{REQUESTS}/{answer.body['id']}")
    assert read.data == answer.body
    await ask(api, other, period())
    assert [one["id"] for one in (await api.get(REQUESTS)).data] == [answer.body["id"], answer.body["id"] + 1]
    listed = await api.get(REQUESTS, f"filter[assetId]={asset['id']}")
    assert listed.data == [answer.body]


@pytest.mark.parametrize(
    ("periods", "field"),
    [
        ([], "periods"),
        ([{"endTime": soon(), "maxPower": 1}], "periods.0.startTime"),
        ([{"startTime": soon(), "maxPower": 1}], "periods.0.endTime"),
        ([{"startTime": soon(), "endTime": soon(90)}], "periods.0.maxPower"),
        ([period(energy=1, maxPower=1)], "periods.0.maxPower"),
        ([period(maxPower=-1)], "periods.0.maxPower"),
        ([period(10, 10)], "periods.0.endTime"),
        ([period(10, 5)], "periods.0.endTime"),
        ([period(-20, -5)], "periods.0.endTime"),
        ([period(0, 24 * 60 + 1, energy=1)], "periods.0.endTime"),
        ([period(20, 30), period(10, 21)], "periods.0.startTime"),
        ([period(10, 20), period(15, 30)], "periods.1.startTime"),
    ],
)
async def test_a_period_makes_sense(api: Client, given: Given, periods: list[Any], field: str) -> None:
    refused = await ask(api, await of_circuit(given), *periods)
    assert (refused.status, refused.body["errors"].keys()) == (422, {field})
    assert (await api.get(REQUESTS)).data == []


async def test_periods_may_touch(api: Client, given: Given) -> None:
    assert (await ask(api, await of_circuit(given), period(15, 30), period(0, 15))).status == 201


async def test_a_disabled_asset_is_not_asked(api: Client, given: Given) -> None:
    asset = await of_circuit(given, status="disabled")
    refused = await ask(api, asset, period())
    assert (refused.status, refused.body["message"]) == (406, "The flexibility asset is disabled.")
    await api.post(f"{ACTIONS}/{asset['id']}/change-status", {"status": "enabled"})
    assert (await ask(api, asset, period())).status == 201


async def test_what_nobody_steers_is_not_asked(api: Client, given: Given) -> None:
    point = await given.charge_point()
    outlet = await given.evse(point)
    for place in ({"chargePointId": point["id"]}, {"evseId": outlet["id"]}):
        refused = await ask(api, await given.made(ASSETS, place), period())
        assert refused.status == 406
        assert "hangs on a circuit" in refused.body["message"]
    asset = await of_circuit(given)
    dreev = {"loadBalancingIntegration": {"id": 1, "fields": {"startDate": "2026-01-01"}}}
    assert (await api.patch(f"{CIRCUITS}/{asset['dlmCircuitId']}", dreev)).status == 200
    assert "third party" in (await ask(api, asset, period())).body["message"]


async def test_load_management_hears_of_assets_at_charge_points_and_evses(api: Client, given: Given) -> None:
    here, told = await site(given), list[int]()
    end = member_changed.connect(told.append)
    await given.made(ASSETS, {"chargePointId": here.id})
    await given.made(ASSETS, {"evseId": here.evses[0]})
    end()
    assert told == [here.id, here.id]


async def test_a_deleted_asset_takes_its_requests_along(api: Client, given: Given) -> None:
    asset = await of_circuit(given)
    asked = (await ask(api, asset, period())).body
    assert (await api.delete(f"{ASSETS}/{asset['id']}")).status == 204
    assert (await api.get(f"{REQUESTS}/{asked['id']}")).status == 404


async def test_how_far_it_could_fall_and_rise(api: Client, given: Given) -> None:
    """A charge point of 11 kW: its least is 6 A on three lines, 4,140 W; it takes 7 kW."""
    here = await site(given)
    asset = await given.made(ASSETS, {"chargePointId": here.id})
    assert (asset["downwardRegulationLimit"], asset["upwardRegulationLimit"]) == (0, 0)  # nobody charges
    await here.starts(await tag(given), given.system.clock.now())
    await _takes(here, 7000.0)
    found = (await api.get(f"{ASSETS}/{asset['id']}")).data
    assert (found["downwardRegulationLimit"], found["upwardRegulationLimit"]) == (2860, 4000)
    assert (await api.get(ASSETS)).data == [found]


async def test_it_rises_to_no_more_than_its_circuit_carries(api: Client, given: Given) -> None:
    here = await site(given)
    await given.made(f"/resources/charge-points/v2.0/{here.id}/smart-charging", DYNAMIC)
    circuit = await given.circuit(maxCurrent=12)
    await api.post(f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point", {"chargePointId": here.id})
    asset = await given.made(ASSETS, {"dlmCircuitId": circuit["id"]})
    await here.starts(await tag(given), given.system.clock.now())
    await _takes(here, 7000.0)
    found = (await api.get(f"{ASSETS}/{asset['id']}")).data
    assert found["upwardRegulationLimit"] == 12 * 3 * 230 - 7000


async def _takes(here: Site, watts: float) -> None:
    await here.meters(Sample(here.system.clock.now(), "Power.Active.Import", watts, "W"))
