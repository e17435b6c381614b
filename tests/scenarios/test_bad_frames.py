"""What no station should send, against the whole system: each gets its answer, and nobody else notices."""

from base64 import b64encode
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from tests.live import PASSWORD, Live, live
from tests.ocpp.scripted_station import ScriptedStation, dial
from tests.scenarios.places import Place, drawn, place

SPEED = 20.0  # simulated s a second
BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
BAD_CALLS: list[tuple[str, Any, str]] = [
    ("MakeCoffee", {}, "NotImplemented"),
    ("StatusNotification", {"connectorId": 1}, "ProtocolError"),
    ("FirmwareStatusNotification", {}, "ProtocolError"),
    ("StatusNotification", {"connectorId": 1, "status": {"a": 1}}, "TypeConstraintViolation"),
    ("MeterValues", "nothing", "FormationViolation"),
]  # fmt: skip


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        await running.driver("CARD")
        yield running


@pytest.fixture
async def neighbour(site: Live) -> AsyncIterator[Place]:
    """A station that charges before, meanwhile and after; all of it reaches its session."""
    here = await place(site, "NEIGHBOUR")
    session, running = await here.charges("CARD")
    yield here
    await here.grows(await here.session("active"))
    here.station.stop_local(1)
    ended = await here.session("finished")
    assert (ended["id"], ended["energy"]) == (session["id"], drawn(running))
    assert len(here.ear.calls(">", "BootNotification")) == 1


def credentials(identity: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + b64encode(f"{identity}:{password}".encode()).decode()}


def dialled(site: Live, identity: str, password: str = PASSWORD) -> Any:
    return dial(f"{site.ocpp_url}/{identity}", additional_headers=credentials(identity, password))


async def test_calls_that_make_no_sense(site: Live, neighbour: Place) -> None:
    await site.charge_point("ODD")
    async with dialled(site, "ODD") as socket:
        odd = ScriptedStation(socket)
        assert (await odd.ask("BootNotification", BOOT))["status"] == "Accepted"
        for action, payload, code in BAD_CALLS:
            answer = await odd.call(action, payload)
            assert (answer[0], answer[2]) == (4, code), answer
        await odd.say("{what is this?")  # 1.6 has no answer to a frame without an id
        await odd.say([3, "nobody-asked", {}])
        assert "currentTime" in await odd.ask("Heartbeat", {})
        assert (await odd.ask("Authorize", {"idTag": "CARD"}))["idTagInfo"]["status"] == "Accepted"
    found = (await site.api.get("/resources/sessions/v1.0")).data
    assert {one["chargePointId"] for one in found} == {neighbour.point}


async def test_a_frame_too_big_ends_the_connection(site: Live, neighbour: Place) -> None:
    await site.charge_point("BIG")
    async with dialled(site, "BIG") as socket:
        big = ScriptedStation(socket)
        assert (await big.ask("BootNotification", BOOT))["status"] == "Accepted"
        await big.say([2, "1", "DataTransfer", {"vendorId": "V", "data": "x" * 2**21}])
        with pytest.raises(ConnectionClosed) as closed:
            await big.hear()
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009
    async with dialled(site, "BIG") as socket:
        assert (await ScriptedStation(socket).ask("BootNotification", BOOT))["status"] == "Accepted"


async def test_strangers_stay_outside(site: Live, neighbour: Place) -> None:
    known = await site.charge_point("KNOWN")
    for identity, password, status in (("NOBODY", PASSWORD, 404), ("KNOWN", "wrong", 401), ("KNOWN", "", 401)):
        with pytest.raises(InvalidStatus) as refused:
            await dialled(site, identity, password)
        assert refused.value.response.status_code == status
    assert site.system.connected == 1
    shown = (await site.api.get(f"/resources/charge-points/v1.0/{known['id']}/status")).data
    assert shown["networkStatus"] == "never connected"
