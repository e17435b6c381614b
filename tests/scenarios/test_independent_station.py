"""A station that shares no line of code with the product charges under load management, and the API tells of it."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest
from ocpp.v16 import call

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import Live, live
from tests.scenarios.waiting import becomes, shows
from tests.scenarios.wallbox import Wallbox, wallbox

SPEED = 25.0  # simulated s a second
LIMIT_A = 10.0
RATING_A = 16.0
ENOUGH_WH = 60


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


async def obeys(box: Wallbox) -> float:
    """A it draws, and reports."""
    await box.reports()
    return box.draw_a


async def test_an_independent_station_charges_what_its_circuit_allows(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=LIMIT_A)
    point = await site.charge_point("BOX", RATING_A)
    await site.attach(circuit, point)
    outlet = point["evses"][0]["id"]
    await site.driver("CARD")
    async with wallbox(site.ocpp_url, "BOX", site.clock, RATING_A) as box:
        assert (await box.says_hello()).status == "Accepted"
        assert (await box.asks(call.Authorize(id_tag="CARD"))).id_tag_info["status"] == "Accepted"
        assert (await box.asks(call.Authorize(id_tag="OTHER"))).id_tag_info["status"] == "Invalid"
        await box.says("Preparing")
        first_wh, began = box.reading, await box.starts("CARD")

        # it is told what it may draw, draws it, and both are shown
        await becomes(lambda: obeys(box), lambda amps: amps == LIMIT_A)
        evse = f"/resources/charge-points/v2.0/{point['id']}/evses/{outlet}"
        told = await shows(site.api, evse, lambda data: data["chargingProfile"]["purpose"] == "TxProfile",
                           "include=chargingProfile")  # fmt: skip
        assert told["chargingProfile"]["schedulePeriods"][0]["limit"] == LIMIT_A
        assert told["chargingProfile"]["chargingRateUnit"] == "A"
        flows = f"/resources/circuits/v2.0/{circuit['id']}/consumption"
        await becomes(lambda: currents(site, box, flows), lambda amps: amps == [LIMIT_A] * 3)

        # a lower limit reaches it while it charges
        assert (await site.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", {"maxCurrent": 8})).status == 200
        await becomes(lambda: obeys(box), lambda amps: amps == 8)

        await becomes(lambda: grown(box, first_wh), lambda energy: energy >= ENOUGH_WH)
        ended = await box.stops("CARD")
        last_wh = box.reading

    listed = (await site.api.get("/resources/sessions/v1.0", "filter[idTag]=CARD&withAuthorization=true")).data
    assert len(listed) == 1
    session = listed[0]
    assert (session["status"], session["reason"], session["idTag"]) == ("finished", "local", "CARD")
    assert session["energy"] == last_wh - first_wh
    assert close(session["startedAt"], began)
    assert close(session["stoppedAt"], ended)
    assert (session["chargePointId"], session["evseId"]) == (point["id"], outlet)
    assert session["authorization"]["id"] == session["authorizationId"]
    assert (session["authorization"]["method"], session["authorization"]["rfidTagUid"]) == ("rfid_tag", "CARD")


async def currents(site: Live, box: Wallbox, path: str) -> list[float]:
    """A per line of the circuit, after the box has reported again."""
    await box.reports()
    return [line["consumption"] for line in (await site.api.get(path)).data]


async def grown(box: Wallbox, since_wh: int) -> int:
    await box.reports()
    return box.reading - since_wh


def close(told: str, at: datetime) -> bool:
    """The same moment, in whole seconds."""
    return abs((datetime.fromisoformat(told) - at).total_seconds()) < 1
