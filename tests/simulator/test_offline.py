"""What must not be lost when the line or the power goes: transactions, readings, their order and their times."""

import pytest

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.connector import State
from ohmstead.simulator.line import Patience
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central, Refuse, Withhold
from tests.simulator.conftest import Maker, idle, online
from tests.simulator.test_session import charging

FAR_FUTURE = Patience(back_off_s=10_000, back_off_at_most_s=10_000)


async def lose_line(station: StationV16, **how: bool) -> None:
    await station.drop(**how)
    await station.until(lambda s: s.uplink.line.pausing)


async def test_an_offline_session_is_replayed_in_order_with_its_own_times(
    central: Central, make: Maker, clock: ManualClock
):
    station = await online(make(patience=FAR_FUTURE))
    station.settings.allows_unknown_offline = True
    await lose_line(station)
    before = len(central.heard)
    station.plug(1, Vehicle(3, 16, reaction_s=0))
    assert await station.present_tag(1, "TAG")
    await clock.advance(65)
    station.stop_local(1)
    assert station.in_flight == 4
    assert len(central.heard) == before
    await clock.advance(10_000)
    await central.hear("StopTransaction")
    await idle(station)
    told = [(call.action, call.payload) for call in central.heard[before:] if call.action != "StatusNotification"]
    assert [action for action, _ in told if action != "Heartbeat"] == [
        "StartTransaction", "MeterValues", "MeterValues", "StopTransaction",
    ]  # fmt: skip
    start, first, second, stop = (payload for action, payload in told if action != "Heartbeat")
    assert start["timestamp"] == "2026-01-05T08:00:00.000Z"
    assert [r["meterValue"][0]["timestamp"][11:19] for r in (first, second)] == ["08:00:30", "08:01:00"]
    assert stop["timestamp"] == "2026-01-05T08:01:05.000Z"
    assert {payload["transactionId"] for payload in (first, second, stop)} == {101}
    assert central.statuses()[-1] == "Finishing"


async def test_an_unknown_card_gets_nothing_offline_unless_it_may(make: Maker, station: StationV16):
    await lose_line(station)
    assert not await station.present_tag(1, "STRANGER")


async def test_a_card_once_accepted_is_accepted_offline(station: StationV16):
    await station.present_tag(1, "TAG")
    await lose_line(station)
    assert await station.present_tag(1, "TAG")
    station.settings.authorizes_offline = False
    assert not await station.present_tag(1, "TAG")


@pytest.mark.parametrize("how", [{}, {"close_frame": False}, {"half_open": True}])
async def test_a_lost_line_is_opened_again_without_a_new_hello(
    central: Central, station: StationV16, clock: ManualClock, how: dict
):
    await lose_line(station, **how)
    await clock.advance(1)
    await idle(station)
    assert len(central.sockets) == 2
    assert len(central.all("BootNotification")) == 1
    assert len(central.all("StatusNotification")) == 2


async def test_or_with_one_where_the_station_is_of_that_kind(central: Central, station: StationV16, clock: ManualClock):
    station.settings.boots_after_reconnect = True
    await lose_line(station)
    await clock.advance(1)
    await central.hear("BootNotification", 2)


async def test_states_that_changed_offline_are_told_once_it_is_online(
    central: Central, station: StationV16, clock: ManualClock
):
    await lose_line(station)
    station.plug(1, Vehicle())
    await clock.advance(1)
    await idle(station)
    assert central.statuses() == ["Available", "Preparing"]


async def test_attempts_to_connect_grow_apart(make: Maker, clock: ManualClock):
    station = make(url="ws://127.0.0.1:9/nobody", seed=3)
    patience = Patience(back_off_s=1, back_off_at_most_s=60)
    pauses = [patience.before(n, station.uplink.line.dice) for n in range(1, 12)]
    assert all(0.8 * 2 ** (n - 1) <= pause <= 2 ** (n - 1) for n, pause in enumerate(pauses[:6], 1))
    assert all(48 <= pause <= 60 for pause in pauses[6:])
    await station.start()
    await clock.advance(5)
    assert not station.online


async def test_a_lost_answer_to_a_start_brings_the_same_payload_again(
    central: Central, station: StationV16, clock: ManualClock
):
    central.script["StartTransaction"] = _silence
    station.plug(1, Vehicle())
    await station.present_tag(1, "TAG")
    await central.hear("StartTransaction")
    del central.script["StartTransaction"]
    await clock.advance(59)
    assert len(central.all("StartTransaction")) == 1
    await clock.advance(1)
    await central.hear("StartTransaction", 2)
    await idle(station)
    first, second = (call for call in central.heard if call.action == "StartTransaction")
    assert first.payload == second.payload
    assert first.id != second.id


def _silence(_: dict) -> dict:
    raise Withhold


def _refusal(_: dict) -> dict:
    raise Refuse("InternalError")


async def test_a_refused_start_is_tried_thrice_and_its_stop_says_minus_one(
    central: Central, station: StationV16, clock: ManualClock
):
    central.script["StartTransaction"] = _refusal
    station.settings.sample_s = 0
    station.rhythm()
    station.plug(1, Vehicle())
    await station.present_tag(1, "TAG")
    for attempt in (1, 2):
        await central.hear("StartTransaction", attempt)
        await station.until(lambda s: s.uplink.outbox.pausing)
        await clock.advance(60 * attempt)
    station.stop_local(1)
    await idle(station)
    assert len(central.all("StartTransaction")) == 3
    assert central.all("StopTransaction")[0]["transactionId"] == -1
    assert [message.action for message in station.uplink.outbox.given_up] == ["StartTransaction"]


async def test_after_a_loss_of_power_the_transaction_ends_when_it_ended(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station)
    await clock.advance(3595)
    station.power_off()
    assert station.draw(1) == (0, 0, 0)
    before = station.energy_wh(1)
    await clock.advance(500)
    station.power_on()
    await idle(station)
    stop = await central.hear("StopTransaction")
    assert stop["reason"] == "PowerLoss"
    assert stop["timestamp"] == "2026-01-05T09:00:00.000Z"
    assert stop["meterStop"] == (16 * 230 * 3)
    assert station.energy_wh(1) == before
    assert len(central.all("BootNotification")) == 2
    assert station.state(1) is State.FINISHING


async def test_a_station_may_forget_what_it_did(central: Central, station: StationV16, clock: ManualClock):
    await charging(station)
    station.faults.forgets_transactions = True
    station.power_off(half_open=True)
    await clock.advance(60)
    station.power_on()
    await idle(station)
    assert central.all("StopTransaction") == []
    assert station.state(1) is State.PREPARING


async def test_what_was_not_delivered_survives_the_loss_of_power(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station)
    await lose_line(station, close_frame=False)
    await clock.advance(0.5)
    station.stop_local(1)
    station.power_off()
    await clock.advance(30)
    station.power_on()
    await central.hear("StopTransaction")
    await idle(station)
    assert central.all("StopTransaction")[0]["reason"] == "Local"
    assert len(central.all("StopTransaction")) == 1


async def test_nothing_works_without_power(station: StationV16):
    station.power_off()
    station.plug(1, Vehicle())
    station.settings.allows_unknown_offline = True
    assert not await station.present_tag(1, "TAG")
    assert station.transaction(1) is None
