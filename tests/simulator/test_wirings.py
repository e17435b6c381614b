"""How a simulated station hangs on its site: between two lines, by a direct current, or on one phase when told to."""

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.charging_profile import Unit
from ohmstead.simulator.charging_profiles import ChargingProfiles
from ohmstead.simulator.hardware import site_phases
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central
from tests.simulator.conftest import Maker, idle, online
from tests.simulator.test_smart_charging import ACCEPTED, limit


async def told(central: Central, amps: float, phases: int | None, unit: str = "A") -> None:
    wire = limit((0, amps), chargingProfilePurpose="TxDefaultProfile", chargingProfileKind="Relative", unit=unit)
    if phases is not None:
        wire["chargingSchedule"]["chargingSchedulePeriod"][0]["numberPhases"] = phases
    assert await central.tell("SetChargingProfile", {"connectorId": 1, "csChargingProfiles": wire}) == ACCEPTED


@pytest.mark.parametrize(
    ("rotation", "phases", "fed"),
    [("STR", 3, ((1,), (2,), (0,))), ("L2", 1, ((1,),)), ("L1_L3", 1, ((0, 2),)), ("RST", 1, ((0,),))],
)
def test_which_lines_feed_a_terminal(rotation: str, phases: int, fed: tuple) -> None:
    assert site_phases(rotation, phases) == fed


async def test_a_single_phase_between_two_lines_loads_both(central: Central, make: Maker, clock: ManualClock) -> None:
    station = await online(make(phases=1, rotation="L1_L3"))
    station.plug(1, Vehicle(3, 16))
    assert await station.present_tag(1, "TAG")
    await idle(station)
    await clock.advance(10)
    assert (station.draw(1), station.site_draw()) == ((16, 0, 0), (16, 0, 16))


async def test_a_direct_current_is_limited_and_metered_by_what_it_gives(
    central: Central, make: Maker, clock: ManualClock
) -> None:
    fast = ChargingProfiles(200, 3, units=frozenset({Unit.WATT}), efficiency=0.9)
    station = await online(make(profiles=fast))
    await told(central, 62_100, None, "W")
    station.plug(1, Vehicle(3, 200, battery_wh=200_000))
    assert await station.present_tag(1, "TAG")
    await idle(station)
    await clock.advance(3600)
    assert station.site_draw() == pytest.approx((100, 100, 100)), "62.1 kW by nine tenths, on three phases of 230 V"
    assert station.energy_wh(1) == pytest.approx(62_100, rel=0.01)
    await idle(station)
    reading = {one["measurand"]: one for one in central.all("MeterValues")[-1]["meterValue"][0]["sampledValue"]}
    assert float(reading["Power.Active.Import"]["value"]) == pytest.approx(62_100)
    assert float(reading["Current.Import"]["value"]) == pytest.approx(62_100 / 400, abs=0.1)
    assert "phase" not in reading["Current.Import"]


async def test_it_charges_on_one_phase_after_a_pause_where_it_is_told_to(
    central: Central, make: Maker, clock: ManualClock
) -> None:
    station = await online(make(profiles=ChargingProfiles(32, 3, switches_phases=True)))
    station.plug(1, Vehicle(3, 16))
    assert await station.present_tag(1, "TAG")
    await idle(station)
    await clock.advance(10)
    for phases, after in ((1, (10, 0, 0)), (3, (10, 10, 10))):
        await told(central, 10, phases)
        await clock.advance(5)
        assert station.draw(1) == (0, 0, 0)
        await clock.advance(10)
        assert station.draw(1) == after
    await told(central, 12, 3)
    await clock.advance(3)
    assert station.draw(1) == (12, 12, 12), "without a pause"


async def test_one_may_say_so_and_ignore_it(central: Central, make: Maker, clock: ManualClock) -> None:
    station = await online(make(profiles=ChargingProfiles(32, 3, says_it_switches=True)))
    asked = await central.tell("GetConfiguration", {"key": ["ConnectorSwitch3to1PhaseSupported"]})
    assert asked["configurationKey"][0]["value"] == "true"
    station.plug(1, Vehicle(3, 16))
    assert await station.present_tag(1, "TAG")
    await idle(station)
    await told(central, 10, 1)
    await clock.advance(20)
    assert station.draw(1) == (10, 10, 10)
