"""Stations that answer late, never hear, refuse each limit, forget their profiles, or have no network for a while."""

import asyncio

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central
from tests.simulator.conftest import idle
from tests.simulator.test_session import charging
from tests.simulator.test_smart_charging import ACCEPTED, REJECTED, set_limit

DEFAULT = {"chargingProfilePurpose": "TxDefaultProfile", "stackLevel": 0}


async def test_a_late_command_is_obeyed_and_answered_when_its_time_has_come(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station, Vehicle(3, 32, reaction_s=0))
    station.faults.answer_delay_s = 8.0
    telling = asyncio.create_task(set_limit(central, (0, 10)))
    await station.until(lambda s: s.in_flight == 1)
    await clock.advance(7.9)
    assert (telling.done(), station.draw(1)) == (False, (32, 32, 32))
    await clock.advance(0.1)
    assert await telling == ACCEPTED
    assert station.draw(1) == (10, 10, 10)


async def test_the_answers_to_a_late_station_are_read_meanwhile(
    central: Central, station: StationV16, clock: ManualClock
):
    station.faults.answer_delay_s = 8.0
    telling = asyncio.create_task(central.tell("ClearCache"))
    await station.until(lambda s: s.in_flight == 1)
    assert await station.present_tag(1, "TAG")
    assert not telling.done()
    await clock.advance(8)
    assert await telling == ACCEPTED


async def test_a_lost_command_is_neither_obeyed_nor_answered(central: Central, station: StationV16):
    await charging(station, Vehicle(3, 32, reaction_s=0))
    station.faults.lose_commands = 1
    wire = {"connectorId": 1, "csChargingProfiles": {}}
    await central.tell("SetChargingProfile", wire, lost=True)
    assert await central.tell("ClearCache") == ACCEPTED
    assert station.draw(1) == (32, 32, 32)
    assert len(central.answers) == 1


async def test_who_refuses_limits_refuses_nothing_else(central: Central, station: StationV16):
    station.faults.refuses_limits = True
    for _ in range(3):
        assert await set_limit(central, (0, 0), **DEFAULT) == REJECTED
    assert len(station.hardware.profiles) == 0
    assert await central.tell("ClearCache") == ACCEPTED


@pytest.mark.parametrize(("forgets", "amps"), [(False, 0.0), (True, 32.0)])
async def test_a_loss_of_power_may_take_the_profiles_with_it(
    central: Central, station: StationV16, clock: ManualClock, forgets: bool, amps: float
):
    station.faults.forgets_profiles = forgets
    assert await set_limit(central, (0, 0), **DEFAULT) == ACCEPTED
    station.power_off()
    station.power_on()
    await idle(station)
    station.plug(1, Vehicle(3, 32, reaction_s=0))
    assert await station.present_tag(1, "TAG")
    await idle(station)
    assert station.offered(1) == amps


@pytest.mark.parametrize("half_open", [False, True])
async def test_without_a_network_no_line_can_be_opened(
    central: Central, station: StationV16, clock: ManualClock, half_open: bool
):
    station.lose_network(half_open=half_open)
    for _ in range(3):
        await station.until(lambda s: s.uplink.line.pausing)
        await clock.advance(60)
    assert (len(central.sockets), station.online) == (1, False)
    station.find_network()
    await station.until(lambda s: s.uplink.line.pausing)
    await clock.advance(60)
    await idle(station)
    assert len(central.sockets) == 2
