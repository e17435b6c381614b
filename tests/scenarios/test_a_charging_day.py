"""A day at one charge point, as an operator and a driver's app see it: all through the API, and the station obeys."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import Place, drawn, place
from tests.scenarios.waiting import shows

SPEED = 20.0  # simulated s a second


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


@pytest.fixture
async def here(site: Live) -> Place:
    await site.driver("CARD")
    return await place(site, "DAY")


def action(here: Place, name: str) -> str:
    return f"/actions/charge-point/v1.0/{here.point}/{name}"


async def test_a_driver_starts_and_stops_by_app(site: Live, here: Place) -> None:
    user = await site.given.user()
    here.station.plug(1, Vehicle(3, 32, soc=10))
    await here.says("preparing")
    begun = await here.start(userId=int(user["id"]))
    assert (begun.status, begun.body["success"]) == (202, True)
    await here.says("charging")
    session = await here.grows(await here.grows(await here.session("active")))
    running = here.running
    assert (session["id"], session["userId"]) == (str(begun.body["sessionId"]), int(user["id"]))
    assert (session["idTag"], running.tag) == (f"*{int(session['id']):07}",) * 2
    assert session["power"]["latest"] == pytest.approx(3 * 230 * 32)
    again = await here.start(userId=int(user["id"]))
    assert (again.body["success"], again.body["errorCode"]) == (False, "SESSION_EXISTS")

    assert (await here.stop(session)).status == 202
    ended = await here.session("finished")
    assert (ended["energy"], ended["reason"]) == (drawn(running), "remote")
    assert ended["startedAt"] < ended["stoppedAt"]
    assert (await here.stop(ended)).status == 406
    await shows_how_it_grew(here, ended)
    await shows_who_allowed_it(here, ended, begun.body["authorizationId"], int(user["id"]))


async def shows_how_it_grew(here: Place, ended: dict[str, Any]) -> None:
    """Consumption in steps that only rise, up to what was delivered."""
    stats = (await here.api.get(f"/resources/sessions/v1.0/{ended['id']}/consumption-stats")).data
    assert len(stats) >= 2
    assert all(
        one["energy"] <= other["energy"] and one["timestamp"] < other["timestamp"] for one, other in pairwise(stats)
    )
    assert 0 < stats[-1]["energy"] <= ended["energy"]
    assert max(one["power"] or 0 for one in stats) == pytest.approx(3 * 230 * 32)


async def shows_who_allowed_it(here: Place, ended: dict[str, Any], authorization: int, user: int) -> None:
    """One authorization, of the user's device, with this session."""
    found = (await here.api.get(f"/resources/authorizations/v2.0/{authorization}")).data
    assert (found["method"], found["status"], found["userId"]) == ("user_device", "accepted", user)
    assert (found["sessionIds"], found["evseId"]) == ([int(ended["id"])], here.evse)


async def test_a_card_starts_and_the_cable_stops(here: Place) -> None:
    assert not await here.station.present_tag(1, "STRANGER")
    session, running = await here.charges("CARD")
    assert (session["idTag"], here.running.tag) == ("CARD", "CARD")
    here.station.unplug(1)
    ended = await here.session("finished")
    assert (ended["energy"], ended["reason"]) == (drawn(running), "evdisconnected")
    await here.says("available")
    told = (await here.api.get("/resources/authorizations/v2.0")).data
    methods = {(one["idTagUid"], one["status"]): one["method"] for one in told}
    assert methods == {("STRANGER", "rejected"): "id_tag", ("CARD", "accepted"): "id_tag"}


async def test_a_reset_in_the_middle_of_a_session(here: Place) -> None:
    session, running = await here.charges("CARD")
    answer = await here.api.post(action(here, "reset/soft"))
    assert (answer.status, answer.body["success"]) == (202, True)
    ended = await here.session("finished")
    assert (ended["id"], ended["energy"], ended["reason"]) == (session["id"], drawn(running), "softreset")
    boots = f"/resources/charge-points/v2.0/{here.point}"
    first = session["startedAt"]
    await shows(here.api, boots, lambda data: data["lastBootNotification"]["lastUpdatedAt"] > first,
                "include=lastBootNotification")  # fmt: skip
    await here.is_online()
    here.station.unplug(1)
    await here.charges("CARD")


async def test_a_charge_point_is_closed_in_the_middle_of_a_session(here: Place) -> None:
    session, running = await here.charges("CARD")
    closed = await here.api.post(action(here, "change-availability"), {"type": "Inoperative"})
    assert closed.status == 204
    session = await here.grows(session)
    assert (await here.stop(session)).status == 202
    assert (await here.session("finished"))["energy"] == drawn(running)
    await here.says("unavailable")
    refused = await here.start()
    assert (refused.body["success"], refused.body["errorCode"]) == (False, "INTERNAL_ISSUE")

    opened = await here.api.post(action(here, "change-availability"), {"type": "Operative"})
    assert opened.status == 202
    here.station.unplug(1)
    await here.says("available")
    await here.charges("CARD")


async def test_a_cable_is_released_in_the_middle_of_a_session(here: Place) -> None:
    session, running = await here.charges("CARD")
    answer = await here.api.post(action(here, "unlock/1"))
    assert (answer.status, answer.body["success"]) == (202, True)
    ended = await here.session("finished")
    assert (ended["id"], ended["energy"], ended["reason"]) == (session["id"], drawn(running), "unlockcommand")
    await here.says("finishing")
