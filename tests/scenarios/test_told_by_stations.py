"""What a station of 2.0.1 tells by itself shows in the API and is obeyed by load management, from socket to answer."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.operator import settings
from ohmstead.simulator.station_v201 import StationV201
from ohmstead.simulator.vehicle import Vehicle
from tests.live import Live, live
from tests.scenarios.places import Ear, Place, fleet, place
from tests.scenarios.waiting import becomes, shows, until

SPEED = 25.0  # simulated s a second


@pytest.fixture
async def site(system: System, tmp_path: Path) -> AsyncIterator[Live]:
    async with live(system.dsn, tmp_path, SystemClock(SPEED)) as running:
        yield running


def later(here: Place) -> StationV201:
    assert isinstance(here.station, StationV201)
    return here.station


async def test_a_problem_comes_and_goes(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    later(here).tell_event("EVSE", "Problem", "true", 1, code="HighTemperature", info="71 C")
    await here.says("faulted")
    refused = await here.start()
    assert (refused.body["success"], "faulted" in refused.body["message"]) == (False, True)
    later(here).tell_event("EVSE", "Problem", "false", 1, cleared=True)
    await here.says("available")


async def test_a_broken_connector_is_mended(site: Live) -> None:
    """The station says all there is to say: the problem and its state, and both again when it is over."""
    here = await place(site, "B1", version="2.0.1")
    here.station.fault(1, "GroundFailure")
    await here.says("faulted")
    here.station.clear(1)
    await here.says("available")
    assert len(here.ear.calls(">", "NotifyEvent")) == 2


async def test_an_opened_case_is_a_security_event_once(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    await until(here.station, lambda one: one.in_flight == 0)  # or the answer to another call would be lost
    here.station.faults.lose_answers_received = 1  # so it is told again
    later(here).tell_event("CaseAccessSensor", "Active", "true", info="door")
    path, query = "/resources/security-events/v2.0", f"filter[chargePoint]={here.point}"
    await shows(site.api, path, lambda data: len(data) == 1, query)
    await until(here.station, lambda one: len(here.ear.calls(">", "NotifyEvent")) == 2 and one.in_flight == 0)
    found = (await site.api.get(path, query)).data
    assert [one["type"] for one in found] == ["TamperDetectionActivated"]


async def test_an_energy_manager_on_the_spot_is_obeyed(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=32)
    here = await place(site, "B1", circuit=circuit, version="2.0.1")
    await site.driver("CARD")
    await here.charges("CARD")

    async def offered() -> float:
        limits = [one for one in here.ear.commands("SetChargingProfile") if "transactionId" in one["chargingProfile"]]
        return limits[-1]["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]

    await becomes(offered, lambda amps: amps > 16)
    later(here).limit_outside(10)
    await becomes(offered, lambda amps: amps == 10)
    path = f"/resources/charge-points/v2.0/{here.point}"
    query = "include[]=smartCharging"
    await shows(
        site.api, path, lambda data: [one["source"] for one in data["smartCharging"]["outsideLimits"]] == ["EMS"], query
    )
    later(here).limit_outside(None)
    await becomes(offered, lambda amps: amps > 10)
    await shows(site.api, path, lambda data: "outsideLimits" not in data["smartCharging"], query)


async def reserved(site: Live, here: Place) -> str:
    """The path of a new reservation."""
    path = f"/resources/charge-points/v2.0/{here.point}/evses/{here.evse}"
    assert (await site.api.patch(path, {"allowsReservation": True})).status == 200
    user = int((await site.given.user())["id"])
    answer = await site.api.post(f"/actions/charge-point/v1.0/{here.point}/reserve/1", {"userId": user})
    assert answer.status == 202, answer.body
    return f"/resources/reservations/v1.0/{answer.body['reservationId']}"


async def test_a_fault_removes_a_reservation(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    path = await reserved(site, here)
    await here.says("reserved")
    here.station.fault(1)
    await shows(site.api, path, lambda data: data["status"] == "canceled" and data["canceledAt"])
    here.station.clear(1)
    await here.says("available")


async def test_a_reservation_runs_out_at_the_station(site: Live) -> None:
    async with site.system.database.begin() as tx:
        await settings.put(tx, "reservations", reservationTime=1)
    here = await place(site, "B1", version="2.0.1")
    here.station.skew_clock(20)  # its time is up before ours is
    path = await reserved(site, here)
    await shows(site.api, path, lambda data: data["status"] == "expired")
    assert len(here.ear.answered("ReservationStatusUpdate")) == 1
    await here.says("available")


async def test_what_a_station_lost_in_a_reboot_is_known_to_be_lost(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 9}]}
    actions = f"/actions/charge-point/v1.0/{here.point}/set-charging-profile"
    laid = {}
    for number, purpose in ((0, "ChargePointMaxProfile"), (1, "TxDefaultProfile")):
        body = {
            "chargingProfilePurpose": purpose, "chargingProfileKind": "Absolute", "stackLevel": 2,
            "chargingSchedule": schedule,
        }  # fmt: skip
        laid[number] = (await site.api.post(f"{actions}/{number}", body)).data["id"]
    path = f"/resources/charge-points/v2.0/{here.point}"
    await here.station.reboot()
    await here.is_online()
    await until(here.station, lambda _: len(here.ear.answered("ReportChargingProfiles")) == 2)
    assert (await site.api.get(path, "include[]=chargingProfile")).data["chargingProfile"]["id"] == laid[0]
    here.station.hardware.profiles.clear(laid[0])
    await here.station.reboot()
    await shows(site.api, path, lambda data: data["chargingProfile"] is None, "include[]=chargingProfile")
    evse = f"{path}/evses/{here.evse}"
    assert (await site.api.get(evse, "include[]=chargingProfile")).data["chargingProfile"]["id"] == laid[1]


async def test_a_transaction_that_its_station_forgot_comes_to_its_end(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    await site.driver("CARD")
    session, running = await here.charges("CARD")
    here.station.faults.forgets_transactions = True
    await here.station.reboot()
    await here.is_online()
    ended = await here.session("finished")
    assert here.ear.commands("GetTransactionStatus") == [{"transactionId": running.id}]
    assert (ended["id"], ended["reason"]) == (session["id"], "charge_point_timeout")


async def test_a_cable_is_enough_where_no_authorization_is_wanted(site: Live) -> None:
    here = await place(site, "B1", version="2.0.1")
    path = f"/resources/charge-points/v2.0/{here.point}"
    assert (await site.api.patch(path, {"autoStartWithoutAuthorization": True})).status == 200
    here.station.plug(1, Vehicle(3, 32, soc=10))
    session = await here.grows(await here.session("active"))
    assert (await here.stop(session)).status == 202
    await here.session("finished")
    await here.says("finishing")  # the same cable begins nothing new
    here.station.unplug(1)
    await here.says("available")
    assert len(here.ear.commands("RequestStartTransaction")) == 1


async def test_two_at_one_station_share_what_is_left_to_it(site: Live) -> None:
    circuit = await site.given.circuit(maxCurrent=63)
    point = await site.charge_point("B2", version="2.0.1")
    await site.given.evse(point, networkId="2", powerOptions={"maxAmperage": 32})
    await site.attach(circuit, point)
    ear = Ear()
    station = await site.station("B2", version="2.0.1", connectors=2, trace=ear)
    card = await fleet(site)
    for number in (1, 2):
        station.plug(number, Vehicle(3, 32, soc=10))
        assert await station.present_tag(number, card)

    async def limits() -> dict[int, float]:
        """EVSE -> A of its session's newest limit."""
        laid = (one for one in ear.commands("SetChargingProfile") if "transactionId" in one["chargingProfile"])
        return {
            one["evseId"]: one["chargingProfile"]["chargingSchedule"][0]["chargingSchedulePeriod"][0]["limit"]
            for one in laid
        }

    await becomes(limits, lambda found: len(found) == 2 and sum(found.values()) > 30)
    assert isinstance(station, StationV201)
    station.limit_outside(20)
    await becomes(limits, lambda found: found == {1: 10, 2: 10})
    station.limit_outside(9)  # too little for two
    await becomes(limits, lambda found: sorted(found.values()) == [0, 9])
