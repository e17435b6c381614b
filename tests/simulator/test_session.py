"""A charging from the plug to the last kilowatt-hour, as the central system hears of it."""

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.connector import State
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central
from tests.simulator.conftest import Maker, idle, online


def actions(central: Central, *, but: tuple[str, ...] = ("Heartbeat",)) -> list[str]:
    return [call.action for call in central.heard if call.action not in but]


def values(reading: dict, measurand: str) -> list[tuple[str | None, float]]:
    sampled = reading["meterValue"][0]["sampledValue"]
    return [(v.get("phase"), float(v["value"])) for v in sampled if v["measurand"] == measurand]


async def charging(station: StationV16, vehicle: Vehicle | None = None, tag: str = "TAG") -> None:
    """Plug in, be let in, and draw current."""
    assert isinstance(station.clock, ManualClock)
    station.plug(1, vehicle or Vehicle(3, 16, reaction_s=0))
    assert await station.present_tag(1, tag)
    await idle(station)
    await station.clock.advance(5)
    assert station.state(1) is State.CHARGING


def test_the_schemas_bite():
    central = Central()
    central.check("StatusNotification", {"connectorId": 1, "errorCode": "NoError", "status": "Sleeping"})
    central.check("MeterValues", {"connectorId": 1, "meterValue": [{"timestamp": "today", "sampledValue": []}]})
    assert len(central.violations) == 3


async def test_a_station_says_hello_and_how_it_stands(central: Central, station: StationV16):
    assert actions(central) == ["BootNotification", "StatusNotification", "StatusNotification"]
    assert central.statuses(0) == central.statuses(1) == ["Available"]


@pytest.mark.parametrize("answer", ["Pending", "Rejected"])
async def test_a_station_that_is_not_accepted_waits_and_asks_again(
    central: Central, make: Maker, clock: ManualClock, answer: str
):
    central.script["BootNotification"] = lambda _: {
        "status": answer,
        "currentTime": "2026-01-05T08:00:00Z",
        "interval": 40,
    }
    station = make()
    await station.start()
    await central.hear("BootNotification")
    await station.until(lambda s: s.in_flight == 0)
    await clock.advance(39)
    assert not station.online
    assert central.all("StatusNotification") == []
    del central.script["BootNotification"]
    await clock.advance(1)
    await central.hear("BootNotification", 2)
    await idle(station)
    assert station.settings.heartbeat_s == 300


async def test_a_heart_beats_as_often_as_the_central_system_wants(
    central: Central, station: StationV16, clock: ManualClock
):
    for beat in (1, 2, 3):
        await clock.advance(300)
        await central.hear("Heartbeat", beat)
        await idle(station)
    assert len(central.all("Heartbeat")) == 3


async def test_a_charging_is_told_from_the_plug_to_the_stop(central: Central, station: StationV16, clock: ManualClock):
    station.plug(1, Vehicle(3, 16, reaction_s=0))
    await idle(station)
    assert await station.present_tag(1, "TAG")
    await idle(station)
    for sample in (1, 2):
        await clock.advance(30)
        await central.hear("MeterValues", sample)
    assert await station.present_tag(1, "TAG")
    station.unplug(1)
    await idle(station)
    assert central.statuses() == ["Available", "Preparing", "Charging", "Finishing", "Available"]
    assert actions(central, but=("Heartbeat", "StatusNotification")) == [
        "BootNotification", "Authorize", "StartTransaction", "MeterValues", "MeterValues", "StopTransaction",
    ]  # fmt: skip
    start, stop = central.all("StartTransaction")[0], central.all("StopTransaction")[0]
    assert start == {"connectorId": 1, "idTag": "TAG", "meterStart": 0, "timestamp": "2026-01-05T08:00:00.000Z"}
    assert stop == {
        "transactionId": 101, "meterStop": 184, "timestamp": "2026-01-05T08:01:00.000Z", "reason": "Local",
        "idTag": "TAG",
    }  # fmt: skip
    assert station.energy_wh(1) == pytest.approx(16 * 230 * 3 / 60)


async def test_readings_say_energy_current_power_voltage_and_charge(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station, Vehicle(1, 16, soc=50, reaction_s=0))
    await clock.advance(25)
    reading = await central.hear("MeterValues")
    assert reading["transactionId"] == 101
    assert values(reading, "Energy.Active.Import.Register") == [(None, int(16 * 230 * 30 / 3600))]
    assert values(reading, "Current.Import") == [("L1", 16), ("L2", 0), ("L3", 0)]
    assert values(reading, "Power.Active.Import") == [(None, 16 * 230)]
    assert values(reading, "Voltage") == [("L1-N", 230), ("L2-N", 230), ("L3-N", 230)]
    assert values(reading, "SoC") == [(None, 50)]


async def test_a_refused_card_starts_nothing(central: Central, station: StationV16):
    central.script["Authorize"] = lambda _: {"idTagInfo": {"status": "Blocked"}}
    station.plug(1, Vehicle())
    assert not await station.present_tag(1, "TAG")
    await idle(station)
    assert station.state(1) is State.PREPARING
    assert central.all("StartTransaction") == []


async def test_another_card_of_the_same_group_ends_a_charging(central: Central, station: StationV16):
    central.script["Authorize"] = lambda _: {"idTagInfo": {"status": "Accepted", "parentIdTag": "FAMILY"}}
    await charging(station, tag="MUM")
    assert await station.present_tag(1, "DAD")
    await idle(station)
    assert central.all("StopTransaction")[0]["idTag"] == "DAD"


async def test_a_stranger_cannot_end_a_charging(station: StationV16):
    await charging(station)
    assert not await station.present_tag(1, "STRANGER")
    assert station.state(1) is State.CHARGING


async def test_a_transaction_whose_tag_turns_out_bad_ends(central: Central, station: StationV16):
    central.script["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    station.plug(1, Vehicle())
    await station.present_tag(1, "TAG")
    await central.hear("StopTransaction")
    await idle(station)
    assert central.all("StopTransaction")[0]["reason"] == "DeAuthorized"
    assert station.draw(1) == (0, 0, 0)


async def test_or_gets_no_current_where_the_station_is_set_so(
    central: Central, station: StationV16, clock: ManualClock
):
    central.script["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": {"status": "Blocked"}}
    station.settings.ends_on_invalid_tag = False
    station.plug(1, Vehicle(reaction_s=0))
    await station.present_tag(1, "TAG")
    await station.until(lambda s: s.state(1) is State.SUSPENDED_EVSE)
    await clock.advance(60)
    assert station.energy_wh(1) == 0


async def test_a_full_or_unwilling_car_suspends_the_charging(central: Central, station: StationV16, clock: ManualClock):
    await charging(station, Vehicle(3, 16, battery_wh=10_000, soc=99.5, reaction_s=0))
    await clock.advance(600)
    assert station.state(1) is State.SUSPENDED_EV
    assert station.energy_wh(1) == pytest.approx(50, abs=0.01)
    station.unplug(1)
    await idle(station)
    assert central.all("StopTransaction")[0]["reason"] == "EVDisconnected"


async def test_a_driver_may_pause_the_car(station: StationV16):
    await charging(station)
    station.vehicle_wants(1, False)
    assert station.state(1) is State.SUSPENDED_EV
    assert station.draw(1) == (0, 0, 0)
    station.vehicle_wants(1, True)
    assert station.state(1) is State.CHARGING


async def test_a_transaction_may_outlive_the_cable(station: StationV16):
    station.settings.ends_on_unplug = False
    await charging(station)
    car = station.unplug(1)
    assert station.state(1) is State.SUSPENDED_EV
    station.plug(1, car)
    assert station.state(1) is State.CHARGING


async def test_a_permit_without_a_cable_runs_out(central: Central, station: StationV16, clock: ManualClock):
    assert await station.present_tag(1, "TAG")
    assert station.state(1) is State.PREPARING
    await clock.advance(60)
    await idle(station)
    assert central.statuses() == ["Available", "Preparing", "Available"]


async def test_a_fault_stops_the_current_and_its_end_brings_it_back(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station)
    station.fault(1, "OverVoltage")
    assert station.draw(1) == (0, 0, 0)
    await clock.advance(100)
    station.clear(1)
    await idle(station)
    assert central.statuses()[-2:] == ["Faulted", "Charging"]
    assert [s["errorCode"] for s in central.all("StatusNotification")][-2:] == ["OverVoltage", "NoError"]
    assert station.energy_wh(1) == pytest.approx(16 * 230 * 3 * 5 / 3600)


@pytest.mark.parametrize(
    ("phases", "rotation", "car", "expected"),
    [
        (3, "RST", 1, (16, 0, 0)),
        (3, "STR", 1, (0, 16, 0)),
        (3, "TRS", 2, (16, 0, 16)),
        (3, "TSR", 3, (16, 16, 16)),
        (1, "L2", 3, (0, 16, 0)),
    ],
)
async def test_the_site_sees_each_terminal_on_its_own_phase(
    make: Maker, phases: int, rotation: str, car: int, expected
):
    station = await online(make(phases=phases, rotation=rotation))
    await charging(station, Vehicle(car, 16, reaction_s=0))
    assert station.site_draw() == expected


@pytest.mark.parametrize(("phases", "rotation"), [(3, "RSR"), (3, "L1"), (2, "R"), (3, "ABC")])
async def test_a_rotation_must_feed_every_terminal(make: Maker, phases: int, rotation: str):
    with pytest.raises(ValueError, match="which phases"):
        make(phases=phases, rotation=rotation)


async def test_two_connectors_charge_side_by_side(central: Central, make: Maker, clock: ManualClock):
    station = await online(make(connectors=2))
    for connector in (1, 2):
        station.plug(connector, Vehicle(3, 10 * connector, reaction_s=0))
        assert await station.present_tag(connector, f"TAG{connector}")
    await idle(station)
    await clock.advance(1)
    assert station.site_draw() == (30, 30, 30)
    assert [start["connectorId"] for start in central.all("StartTransaction")] == [1, 2]
