"""A simulated station gets its list of tags, lives by it while it is offline, and takes raw calls."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.waiting import becomes, until

SPEED = 25.0  # simulated s a second


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


@pytest.mark.parametrize("version", ["1.6", "2.0.1"])
async def test_a_tag_on_the_list_charges_while_the_station_is_offline(site: Live, version: str) -> None:
    point = await site.charge_point("CP1", version=version)
    await site.driver("CARD")
    station = await site.station("CP1", version=version)
    actions = f"/actions/charge-point/v1.0/{point['id']}"
    assert (await site.api.post(f"{actions}/get-local-list-version")).body == {"listVersion": 0}
    assert (await site.api.post(f"{actions}/send-local-list")).body == {"listVersion": 1, "tags": 1}
    assert (await site.api.post(f"{actions}/get-local-list-version")).body == {"listVersion": 1}
    await site.driver("LATER")
    answer = await site.api.post(f"{actions}/send-local-list", {"updateType": "differential"})
    assert answer.body == {"listVersion": 2, "tags": 2, "updateType": "differential"}
    assert station.authorization.local_list.keys() == {"CARD", "LATER"}
    assert (await site.api.post(f"{actions}/clear-cache")).status == 202

    station.plug(1, Vehicle(3, 32))
    await station.drop()
    assert not await station.present_tag(1, "OTHER")
    assert await station.present_tag(1, "CARD")
    await until(station, lambda machine: machine.online)
    listed = await becomes(lambda: sessions(site), bool)
    assert (listed[0]["status"], listed[0]["idTag"]) == ("active", "CARD")


async def sessions(site: Live) -> list[dict]:
    return (await site.api.get("/resources/sessions/v1.0")).data


async def test_raw_calls(site: Live) -> None:
    point = await site.charge_point("CP1")
    await site.station("CP1")
    path = f"/actions/charge-point/v1.0/{point['id']}/send-custom-ocpp"
    answer = await site.api.post(path, {"action": "TriggerMessage", "payload": {"requestedMessage": "Heartbeat"}})
    assert (answer.status, answer.body) == (202, {"response": {"status": "Accepted"}})
    answer = await site.api.post(path, {"action": "GetLocalListVersion"})
    assert answer.body == {"response": {"listVersion": 0}}
    answer = await site.api.post(path, {"action": "TriggerMessage", "payload": {"requestedMessage": "Coffee"}})
    assert (answer.status, list(answer.body["errors"])) == (422, ["payload"])
    answer = await site.api.post(path, {"action": "MakeCoffee", "payload": {"sugar": 2}})
    assert (answer.status, "NotImplemented" in answer.body["message"]) == (406, True)
    for body, field in (({}, "action"), ({"action": "a b"}, "action"), ({"action": "X", "payload": []}, "payload")):
        answer = await site.api.post(path, body)
        assert (answer.status, list(answer.body["errors"])) == (422, [field])
    assert (await site.api.post(path.replace(str(point["id"]), "999", 1), {"action": "X"})).status == 404
