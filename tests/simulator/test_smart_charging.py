"""Limits from the central system: obeyed to the second, online or not, and gone when they should be."""

from datetime import timedelta

import pytest

from ohmstead.kit.clock import ManualClock, SystemClock
from ohmstead.simulator.charging_profile import Unit
from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.connector import State
from ohmstead.simulator.moments import stamp
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central
from tests.simulator.conftest import Maker, idle, online
from tests.simulator.test_offline import lose_line
from tests.simulator.test_session import charging

ACCEPTED, REJECTED = {"status": "Accepted"}, {"status": "Rejected"}


def limit(*periods: tuple[int, float], **fields) -> dict:
    """A profile with these (start s, limit) periods; by default for the transaction, absolute, from its start on."""
    schedule = {
        "chargingRateUnit": fields.pop("unit", "A"),
        "chargingSchedulePeriod": [{"startPeriod": start, "limit": amps} for start, amps in periods],
        **fields.pop("schedule", {}),
    }
    plain = {
        "chargingProfileId": 1, "stackLevel": 3, "chargingProfilePurpose": "TxProfile",
        "chargingProfileKind": "Absolute", "chargingSchedule": schedule,
    }  # fmt: skip
    return {**plain, **fields}


async def set_limit(central: Central, *periods: tuple[int, float], connector: int = 1, **fields) -> dict:
    wire = {"connectorId": connector, "csChargingProfiles": limit(*periods, **fields)}
    return await central.tell("SetChargingProfile", wire)


async def test_a_lease_runs_out_offline_to_the_second(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    start = {"startSchedule": stamp(clock.now())}
    assert await set_limit(central, (0, 10), (900, 6), schedule=start, transactionId=101) == ACCEPTED
    await lose_line(station, close_frame=False)
    before = station.energy_wh(1)
    await clock.advance(899)
    assert station.draw(1) == (10, 10, 10)
    await clock.advance(1)
    assert station.draw(1) == (6, 6, 6)
    await clock.advance(900)
    assert station.energy_wh(1) - before == pytest.approx((10 + 6) * 230 * 3 * 900 / 3600)


async def test_the_energy_is_exact_however_the_clock_jumps(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    before = station.energy_wh(1)
    await set_limit(central, (0, 16), (60, 8), (120, 0), (180, 12), schedule={"startSchedule": stamp(clock.now())})
    await clock.advance(240)
    assert station.energy_wh(1) - before == pytest.approx((16 + 8 + 0 + 12) * 230 * 3 * 60 / 3600)


async def test_a_limit_below_six_pauses(central: Central, station: StationV16):
    await charging(station)
    assert await set_limit(central, (0, 5.9)) == ACCEPTED
    assert station.state(1) is State.SUSPENDED_EVSE
    assert await set_limit(central, (0, 6)) == ACCEPTED
    assert station.state(1) is State.CHARGING


async def test_a_limit_for_a_transaction_needs_that_transaction(central: Central, station: StationV16):
    assert await set_limit(central, (0, 10)) == REJECTED
    await charging(station)
    assert await set_limit(central, (0, 10), transactionId=7) == REJECTED
    assert await set_limit(central, (0, 10), transactionId=101) == ACCEPTED
    assert await set_limit(central, (0, 10), connector=0) == REJECTED
    assert await set_limit(central, (0, 10), connector=4) == REJECTED
    station.stop_local(1)
    assert len(station.hardware.profiles) == 0


async def test_a_start_may_bring_its_limit(central: Central, station: StationV16, clock: ManualClock):
    wrong = {"idTag": "APP", "chargingProfile": limit((0, 8), chargingProfilePurpose="TxDefaultProfile")}
    assert await central.tell("RemoteStartTransaction", wrong) == REJECTED
    told = await central.tell("RemoteStartTransaction", {"idTag": "APP", "chargingProfile": limit((0, 8), (60, 12))})
    assert told == ACCEPTED
    station.plug(1, Vehicle(reaction_s=0))
    await station.until(lambda s: s.transaction(1) is not None)
    await clock.advance(59)
    assert station.draw(1) == (8, 8, 8)
    await clock.advance(1)
    assert station.draw(1) == (12, 12, 12)


async def test_a_start_whose_limit_finds_no_room_is_off(central: Central, make: Maker):
    station = await online(make(profiles=ChargingProfiles(16, 3, max_installed=1)))
    start = {"idTag": "APP", "chargingProfile": limit((0, 8), chargingProfileId=1)}
    assert await central.tell("RemoteStartTransaction", start) == ACCEPTED
    default = {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileId": 2}
    assert await set_limit(central, (0, 9), **default) == ACCEPTED
    station.plug(1, Vehicle())
    assert station.transaction(1) is None
    station.unplug(1)
    assert await central.tell("RemoteStartTransaction", start) == REJECTED


async def test_defaults_and_station_limits_survive_a_reboot(central: Central, station: StationV16):
    default = {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileId": 1}
    whole = {"chargingProfilePurpose": "ChargePointMaxProfile", "chargingProfileId": 2}
    assert await set_limit(central, (0, 9), **default) == ACCEPTED
    assert await set_limit(central, (0, 7), connector=0, **whole) == ACCEPTED
    await charging(station)
    assert station.offered(1) == 7
    station.power_off()
    station.power_on()
    await idle(station)
    assert await central.tell("ClearChargingProfile", {"id": 2}) == ACCEPTED
    assert await central.tell("ClearChargingProfile", {"id": 2}) == {"status": "Unknown"}
    station.unplug(1)
    await charging(station)
    assert station.offered(1) == 9


async def test_a_station_may_understand_less(central: Central, make: Maker):
    simple = ChargingProfiles(20, 3, units=frozenset({Unit.AMPERE}), max_stack_level=0, max_periods=1)
    await online(make(profiles=simple))
    keys = ["ChargingScheduleAllowedChargingRateUnit", "ChargeProfileMaxStackLevel", "ChargingScheduleMaxPeriods"]
    told = (await central.tell("GetConfiguration", {"key": keys}))["configurationKey"]
    assert [key["value"] for key in told] == ["Current", "0", "1"]
    default = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}
    assert await set_limit(central, (0, 4000), unit="W", **default) == REJECTED
    assert await set_limit(central, (0, 10), (60, 6), **default) == REJECTED
    assert await set_limit(central, (0, 10), **default) == ACCEPTED


async def test_connectors_share_the_limit_of_their_station(central: Central, make: Maker, clock: ManualClock):
    station = await online(make(connectors=2))
    await set_limit(central, (0, 20), connector=0, chargingProfilePurpose="ChargePointMaxProfile")
    for connector in (1, 2):
        station.plug(connector, Vehicle(3, 32, reaction_s=0))
        await station.present_tag(connector, f"TAG{connector}")
        await clock.advance(1)
        assert station.site_draw() == (20, 20, 20)
    station.unplug(1)
    await clock.advance(1)
    assert station.draw(2) == (20, 20, 20)


async def test_the_composite_schedule_tells_what_is_to_come(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    start = {"startSchedule": stamp(clock.now() - timedelta(seconds=60)), "duration": 300}
    await set_limit(central, (0, 16), (120, 10), schedule=start)
    default = {"chargingProfilePurpose": "TxDefaultProfile", "chargingProfileId": 2}
    await set_limit(central, (0, 6900), unit="W", **default)
    told = await central.tell("GetCompositeSchedule", {"connectorId": 1, "duration": 600})
    assert told["scheduleStart"] == stamp(clock.now())
    assert told["chargingSchedule"] == {
        "duration": 600,
        "chargingRateUnit": "A",
        "chargingSchedulePeriod": [
            {"startPeriod": 0, "limit": 16.0, "numberPhases": 3},
            {"startPeriod": 60, "limit": 10.0, "numberPhases": 3},
        ],
    }
    in_watts = {"connectorId": 1, "duration": 60, "chargingRateUnit": "W"}
    first = (await central.tell("GetCompositeSchedule", in_watts))["chargingSchedule"]["chargingSchedulePeriod"][0]
    assert first["limit"] == 16 * 230 * 3


async def test_the_composite_schedule_of_the_station_sums_up(central: Central, make: Maker):
    await online(make(connectors=2, rating_a=16))
    steps = ((0, 40), (60, 20), (120, 3))
    await set_limit(central, *steps, connector=0, chargingProfilePurpose="ChargePointMaxProfile")
    told = await central.tell("GetCompositeSchedule", {"connectorId": 0, "duration": 180})
    periods = told["chargingSchedule"]["chargingSchedulePeriod"]
    assert [(p["startPeriod"], p["limit"]) for p in periods] == [(0, 32), (60, 20), (120, 3)]
    assert await central.tell("GetCompositeSchedule", {"connectorId": 7, "duration": 180}) == REJECTED


async def test_a_station_may_accept_limits_and_not_obey(central: Central, station: StationV16):
    await charging(station)
    station.ignore_profiles()
    assert await set_limit(central, (0, 8)) == ACCEPTED
    assert station.draw(1) == (16, 16, 16)
    station.ignore_profiles(False)
    assert station.offered(1) == 8


async def test_a_station_may_know_no_expiry(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    station.hold_profiles()
    await set_limit(central, (0, 14), (60, 6), schedule={"startSchedule": stamp(clock.now())})
    await clock.advance(3600)
    assert station.draw(1) == (14, 14, 14)
    station.hold_profiles(False)
    assert station.offered(1) == 6


async def test_a_station_reads_limits_by_its_own_clock(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    start = {"startSchedule": stamp(clock.now())}
    await set_limit(central, (0, 16), (600, 8), schedule=start)
    station.skew_clock(590)
    assert station.offered(1) == 16
    await clock.advance(10)
    assert station.offered(1) == 8
    await clock.advance(30)
    reading = (await central.hear("MeterValues"))["meterValue"][0]
    assert reading["timestamp"] > stamp(clock.now() + timedelta(seconds=500))


async def test_all_of_it_works_on_a_fast_clock(central: Central, make: Maker):
    clock = SystemClock(speed=120)
    station = await online(make(clock=clock))
    station.plug(1, Vehicle(3, 16, reaction_s=3))
    assert await station.present_tag(1, "TAG")
    await station.until(lambda s: s.draw(1) == (16, 16, 16))
    await idle(station)
    await set_limit(central, (0, 10), (60, 6), schedule={"startSchedule": stamp(clock.now())})
    await station.until(lambda s: s.draw(1) == (10, 10, 10))
    await station.until(lambda s: s.draw(1) == (6, 6, 6))
    await central.hear("MeterValues")
    station.unplug(1)
    await idle(station)
    assert central.all("StopTransaction")[0]["meterStop"] == int(station.energy_wh(1))
