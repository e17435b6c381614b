"""What 2.0.1 stations were seen to do on the wire, each as a scripted station: counted once, and never lost."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from websockets import ConnectionClosedError

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import Statement
from ohmstead.rooms.charging.meter_values import meter_value
from ohmstead.simulator.vehicle import Vehicle
from tests.live import PASSWORD, Live, live
from tests.scenarios.places import place
from tests.scenarios.waiting import becomes, shows
from tests.stations.talker import Talker, talker

TOKEN = {"idToken": "CARD", "type": "ISO14443"}
EVSE = {"id": 1, "connectorId": 1}
SPEED = 25.0
_READINGS = Statement(select(func.count()).select_from(meter_value))


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock()) as running:
        yield running


@pytest.fixture
async def station(site: Live) -> AsyncIterator[Talker]:
    await site.charge_point("S", version="2.0.1")
    await site.driver("CARD")
    async with talker(site, "S", site.clock.now() - timedelta(hours=1)) as found:
        yield found


async def only_session(site: Live) -> dict[str, Any]:
    found = (await site.api.get("/resources/sessions/v1.0")).data
    assert len(found) == 1, found
    return found[0]


async def readings(site: Live) -> int:
    async with site.system.database.read() as tx:
        return await tx.value(_READINGS)


async def test_events_that_are_all_numbered_0_all_count(site: Live, station: Talker) -> None:
    """Observation 3."""
    await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=[station.reading(0, 1000)])
    for minute, wh in ((1, 1100), (2, 1200), (3, 1300)):
        await station.event("Updated", minute, meterValue=[station.reading(minute, wh)])
    assert ((await only_session(site))["status"], (await only_session(site))["energy"]) == ("active", 300)
    assert await readings(site) == 4


async def test_an_end_without_a_reason_that_repeats_the_series_counts_once(site: Live, station: Talker) -> None:
    """Observation 5, and the end is told twice."""
    series = [station.reading(minute, 1000 + 100 * minute) for minute in range(4)]
    await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=series[:1])
    for minute in (1, 2):
        await station.event("Updated", minute, meterValue=[series[minute]])
    for _ in range(2):
        assert await station.event("Ended", 3, meterValue=series) == {}
    ended = await only_session(site)
    assert (ended["status"], ended["energy"], ended["reason"]) == ("finished", 300, "evdisconnected")
    assert await readings(site) == 4


async def test_an_end_without_a_reading_keeps_what_was_metered(site: Live, station: Talker) -> None:
    await station.event("Started", 0, evse=EVSE, idToken=TOKEN)
    for minute, wh in ((1, 5_000_000), (2, 5_000_400)):
        await station.event("Updated", minute, meterValue=[station.reading(minute, wh)])
    await station.event("Ended", 3)
    ended = await only_session(site)
    assert (ended["status"], ended["energy"]) == ("finished", 400)


async def test_a_start_without_a_connector_whose_token_has_another_type(site: Live, station: Talker) -> None:
    """Observation 6."""
    verdict = await station.call("Authorize", {"idToken": TOKEN})
    assert verdict["idTokenInfo"]["status"] == "Accepted"
    begun = await station.event("Started", 0, evse={"id": 1}, idToken=TOKEN | {"type": "Central"})
    assert begun["idTokenInfo"]["status"] == "Accepted"
    found = await only_session(site)
    authorizations = (await site.api.get("/resources/authorizations/v2.0")).data
    assert [one["id"] for one in authorizations] == [found["authorizationId"]]


async def test_metering_beside_the_events_belongs_to_what_runs_there(site: Live, station: Talker) -> None:
    """Observation 9: a status of EVSE 0, Occupied before Started, MeterValues with no more than an EVSE."""
    await station.says("Available", 0, evse=0, connector=0)
    await station.says("Occupied", 0)
    await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=[station.reading(0, 1000)])
    await station.call("MeterValues", {"evseId": 1, "meterValue": [station.reading(5, 1600)]})
    assert (await only_session(site))["energy"] == 600
    await station.event("Ended", 6, {"stoppedReason": "EVDisconnected"}, meterValue=[station.reading(6, 1700)])
    ended = await only_session(site)
    assert (ended["status"], ended["energy"], ended["reason"]) == ("finished", 700, "evdisconnected")


async def test_a_cable_without_a_charge_is_no_session(site: Live, station: Talker) -> None:
    connected = {"chargingState": "EVConnected"}
    await station.event("Started", 0, connected, evse=EVSE, meterValue=[station.reading(0, 1000)])
    await station.event("Ended", 1, meterValue=[station.reading(1, 1000)])
    assert (await site.api.get("/resources/sessions/v1.0")).data == []


async def test_an_end_whose_beginning_was_lost_is_a_session(site: Live, station: Talker) -> None:
    series = [station.reading(0, 1000), station.reading(9, 2000)]
    await station.event("Ended", 9, evse=EVSE, idToken=TOKEN, meterValue=series)
    ended = await only_session(site)
    assert (ended["status"], ended["energy"], ended["idTag"]) == ("finished", 1000, "CARD")
    await station.event("Started", 0, evse=EVSE, idToken=TOKEN, meterValue=series[:1])
    assert (await only_session(site))["energy"] == 1000


async def test_a_station_that_counts_from_one_again_begins_another_session(site: Live, station: Talker) -> None:
    for minute in (0, 10):
        begins = [station.reading(minute, 1000 + minute)]
        await station.event("Started", minute, evse=EVSE, idToken=TOKEN, meterValue=begins)
        await station.event("Ended", minute + 5, meterValue=[station.reading(minute + 5, 1005 + minute)])
    found = (await site.api.get("/resources/sessions/v1.0")).data
    assert [(one["status"], one["energy"]) for one in found] == [("finished", 5), ("finished", 5)]


async def test_a_station_without_smart_charging_is_reckoned_with_its_rating(system: System, tmp_path: Path) -> None:
    """Observation 8: what it may draw is kept free for it, and the others share the rest."""
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as site:
        circuit = await site.given.circuit(maxCurrent=32)
        stubborn = await site.charge_point("S", rating=20, version="2.0.1")
        await site.attach(circuit, stubborn)
        await site.driver("CARD")
        await site.driver("OTHER")
        async with talker(site, "S", site.clock.now()) as station:
            await station.says("Occupied", 0)
            await station.event("Started", 0, {"chargingState": "Charging"}, evse=EVSE, idToken=TOKEN)
            await becomes(lambda: asked(station), lambda actions: "SetChargingProfile" in actions)
            here = await place(site, "B", 32, circuit, version="2.0.1")
            here.station.plug(1, Vehicle(3, 32, soc=10))
            assert await here.station.present_tag(1, "OTHER")
            await becomes(lambda: offered(here.station), lambda amps: amps == 12)
            path = f"/resources/charge-points/v2.0/{stubborn['id']}/evses/{stubborn['evses'][0]['id']}"
            await shows(site.api, path, lambda data: not data["chargingProfile"], "include=chargingProfile")


async def asked(station: Talker) -> list[str]:
    return station.asked


async def offered(station: Any) -> float:
    """A per phase, right now."""
    return station.offered(1)


async def test_a_station_of_2_1_is_spoken_to_as_far_as_2_0_1_goes(site: Live) -> None:
    """Where both are offered 2.0.1 is spoken; what 2.1 adds to a message is a deviation."""
    await site.charge_point("S", version="2.0.1")
    await site.driver("CARD")
    began = site.clock.now() - timedelta(hours=1)
    async with talker(site, "S", began, ("ocpp2.1", "ocpp2.0.1")) as both:
        assert both.socket.subprotocol == "ocpp2.0.1"
    async with talker(site, "S", began, ("ocpp2.1",)) as later:
        assert later.socket.subprotocol == "ocpp2.1"
        told = {"operationMode": "ChargingOnly", "chargingState": "Charging"}
        await later.event("Started", 0, told, evse=EVSE, idToken=TOKEN, evseSleep=False)
        await shows(site.api, "/resources/sessions/v1.0", lambda data: [one["status"] for one in data] == ["active"])


async def test_ocpp_2_1_is_spoken_only_where_2_0_1_is_wanted(site: Live) -> None:
    for identity, network in (("UNSAID", {}), ("OLDER", {"protocol": "ocpp 1.6"})):
        await site.given.charge_point(network={"id": identity, "password": PASSWORD} | network)
        with pytest.raises(ConnectionClosedError, match="no common subprotocol"):
            async with talker(site, identity, site.clock.now(), ("ocpp2.1",)):
                pytest.fail("it was let in")


@pytest.mark.parametrize("overtaken", [False, True])
async def test_an_end_is_an_end(site: Live, station: Talker, overtaken: bool) -> None:
    """What comes after it begins nothing; but the beginning itself may be overtaken by the end."""
    await station.event("Started", 0, evse=EVSE, triggerReason="CablePluggedIn")
    begun = {"triggerReason": "Authorized", "idToken": TOKEN, "evse": EVSE, "meterValue": [station.reading(1, 1000)]}
    if not overtaken:
        await station.event("Updated", 1, **begun)
    await station.event("Ended", 5, meterValue=[station.reading(1, 1000), station.reading(5, 1500)])
    if overtaken:
        await station.event("Updated", 1, **begun)
    await station.event("Updated", 6, {"chargingState": "SuspendedEV"}, triggerReason="ChargingStateChanged", evse=EVSE)
    ended = await only_session(site)
    assert (ended["status"], ended["energy"], ended["idTag"]) == ("finished", 500, "CARD")
