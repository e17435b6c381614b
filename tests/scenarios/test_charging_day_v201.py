"""A day of a station that speaks OCPP 2.0.1: it charges under load management and does as the API says."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.simulator.v201.variables import KEYS
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import Place, drawn, place
from tests.scenarios.waiting import becomes, shows, until

SPEED = 25.0  # simulated s a second
LIMIT_A, LOWER_A = 10.0, 8.0


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


def events(here: Place, kind: str) -> list[dict[str, Any]]:
    """The transaction events of a kind that went out."""
    return [frame[3] for frame in here.ear.calls(">", "TransactionEvent") if frame[3]["eventType"] == kind]


async def offered(here: Place) -> float:
    """A per phase, right now."""
    return here.station.offered(1)


async def test_it_charges_what_its_circuit_allows_and_stops_when_told(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=LIMIT_A)
    here = await place(site, "B1", circuit=circuit, version="2.0.1")
    await site.driver("CARD")
    session, running = await here.charges("CARD")
    assert max(here.station.site_draw()) <= LIMIT_A
    await becomes(lambda: offered(here), lambda amps: amps == LIMIT_A)
    await here.says("charging")
    limits = [one for one in here.ear.commands("SetChargingProfile") if "transactionId" in one["chargingProfile"]]
    assert {one["chargingProfile"]["transactionId"] for one in limits} == {running.id}

    assert (await site.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", {"maxCurrent": LOWER_A})).status == 200
    await becomes(lambda: offered(here), lambda amps: amps == LOWER_A)
    session = await here.grows(session)

    assert (await here.stop(session)).status == 202
    ended = await here.session("finished")
    assert here.ear.commands("RequestStopTransaction") == [{"transactionId": running.id}]
    assert (ended["reason"], ended["idTag"]) == ("remote", "CARD")
    assert ended["energy"] == drawn(running) > 0
    assert len(events(here, "Ended")) == 1


async def test_a_start_from_afar_is_found_again_by_its_order(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    here.station.plug(1, Vehicle(3, 32, soc=10))
    await here.says("occupied")
    user = await site.given.user()
    begun = await here.start(userId=int(user["id"]))
    assert begun.body["success"], begun.body
    session = await here.grows(await here.session("active"))
    assert (session["id"], session["userId"]) == (str(begun.body["sessionId"]), int(user["id"]))
    order = here.ear.commands("RequestStartTransaction")[0]
    assert events(here, "Started")[0]["transactionInfo"]["remoteStartId"] == order["remoteStartId"]
    running = here.station.transaction(1)
    here.station.unplug(1)
    ended = await here.session("finished")
    assert running is not None
    assert (ended["reason"], ended["energy"]) == ("evdisconnected", drawn(running))
    await here.says("available")


async def test_it_resets_unlocks_opens_and_closes(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    base = f"/actions/charge-point/v1.0/{here.point}"
    assert (await site.api.post(f"{base}/unlock/1")).status == 202
    for word, status in (("Inoperative", "unavailable"), ("Operative", "available")):
        wanted = {"type": word, "evseNetworkId": 1}
        assert (await site.api.post(f"{base}/change-availability", wanted)).status == 202
        await here.says(status)
    await site.driver("CARD")
    await here.charges("CARD")
    refused = await site.api.post(f"{base}/unlock/1")
    assert (refused.status, "OngoingAuthorizedTransaction" in str(refused.body)) == (406, True)
    assert (await site.api.post(f"{base}/reset/hard")).body["success"]
    await until(here.station, lambda station: not station.online)
    await here.is_online()
    ended = await here.session("finished")
    assert ended["reason"] == "immediatereset"
    assert len(here.ear.calls(">", "BootNotification")) == 2


OF_2_1 = {"SupportsDynamicProfiles", "SupportsMaxOfflineDuration"}


async def test_its_variables_are_reported_shown_and_changed(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    path = f"/resources/charge-points/v2.0/{here.point}/configurations"
    found = await shows(site.api, path, lambda data: "TxUpdatedInterval" in names(data))
    assert names(found) == {name for _, name in KEYS} - OF_2_1
    interval = next(one for one in found if one["key"]["name"] == "TxUpdatedInterval")
    assert (interval["key"]["componentName"], interval["key"]["value"]) == ("SampledDataCtrlr", "10")
    changed = await site.api.patch(f"{path}/TxUpdatedInterval", {"value": "7"})
    assert (changed.status, here.station.settings.sample_s) == (200, 7)
    refused = await site.api.patch(f"{path}/TxUpdatedInterval", {"value": "never"})
    assert (refused.status, here.station.settings.sample_s) == (406, 7)


def names(variables: list[dict[str, Any]]) -> set[str]:
    return {one["key"]["name"] for one in variables}
