"""What can be wrong with a station happens when asked for, and only then."""

import asyncio

import pytest
from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK

from ohmstead.kit.clock import ManualClock
from ohmstead.simulator.line import Patience
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.vehicle import Vehicle
from tests.simulator.central import Central, central_system
from tests.simulator.conftest import Maker, idle, online
from tests.simulator.test_session import charging

ACCEPTED = {"status": "Accepted"}


async def test_a_polite_drop_says_goodbye_and_a_cut_does_not(central: Central, station: StationV16, clock: ManualClock):
    await station.drop()
    with pytest.raises(ConnectionClosedOK):
        await central.sockets[0].send("anybody?")
    await station.until(lambda s: s.uplink.line.pausing)
    await clock.advance(1)
    await idle(station)
    await station.drop(close_frame=False)
    await central.sockets[1].wait_closed()
    with pytest.raises(ConnectionClosedError):
        await central.sockets[1].send("anybody?")


async def test_a_half_open_line_looks_alive_from_the_other_side(
    central: Central, station: StationV16, clock: ManualClock
):
    old = central.sockets[0]
    await station.drop(half_open=True)
    await station.until(lambda s: s.uplink.line.pausing)
    await clock.advance(1)
    await idle(station)
    assert len(central.sockets) == 2
    await old.send('[2,"1","ClearCache",{}]')
    assert await central.tell("ClearCache") == ACCEPTED
    assert old.close_code is None
    await station.stop()
    await old.wait_closed()


async def test_a_silent_station_hears_and_does_nothing(central: Central, station: StationV16):
    station.faults.silent = True
    await central.tell("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, lost=True)
    await central.tell("TriggerMessage", {"requestedMessage": "Heartbeat"}, lost=True)
    station.plug(1, Vehicle())
    await central.until(lambda c: c.statuses()[-1] == "Preparing")
    station.faults.silent = False
    assert await central.tell("ClearCache") == ACCEPTED
    assert central.all("Heartbeat") == []
    assert len(central.answers) == 2


async def test_a_frozen_station_says_nothing_and_tries_again_when_it_thaws(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station)
    station.faults.frozen = True
    station.stop_local(1)
    await central.tell("ClearCache", lost=True)
    await station.until(lambda s: s.authorization.cache == {})
    station.faults.frozen = False
    assert central.all("StopTransaction") == []
    await clock.advance(60)
    await central.hear("StopTransaction")


@pytest.mark.parametrize(
    ("action", "payload", "status"),
    [
        ("ClearCache", {}, "Rejected"),
        ("UnlockConnector", {"connectorId": 1}, "UnlockFailed"),
        ("ClearChargingProfile", {}, "Unknown"),
        ("SendLocalList", {"listVersion": 1, "updateType": "Full"}, "Failed"),
    ],
)
async def test_the_next_command_is_rejected_and_not_the_one_after(
    central: Central, station: StationV16, action: str, payload: dict, status: str
):
    station.faults.reject_next = 1
    assert await central.tell(action, payload) == {"status": status}
    assert await central.tell("ChangeAvailability", {"connectorId": 1, "type": "Operative"}) == ACCEPTED


async def test_a_command_whose_answer_has_no_status_is_refused_by_an_error(central: Central, station: StationV16):
    station.faults.reject_next = 1
    code, _ = await central.tell("GetConfiguration")
    assert code == "GenericError"


async def test_the_next_command_breaks(central: Central, station: StationV16):
    station.faults.error_next = 1
    code, _ = await central.tell("ClearCache")
    assert code == "InternalError"
    assert await central.tell("ClearCache") == ACCEPTED


async def test_an_answer_is_lost_after_the_deed(central: Central, station: StationV16):
    station.faults.lose_answers_sent = 1
    await central.tell("ChangeAvailability", {"connectorId": 1, "type": "Inoperative"}, lost=True)
    await central.until(lambda c: c.statuses()[-1] == "Unavailable")
    assert await central.tell("ClearCache") == ACCEPTED
    assert len(central.answers) == 1


async def test_an_answer_that_never_arrives_brings_the_call_again(
    central: Central, station: StationV16, clock: ManualClock
):
    await charging(station)
    station.faults.lose_answers_received = 1
    station.stop_local(1)
    await station.until(lambda s: s.faults.lose_answers_received == 0)
    await clock.advance(60)
    await central.hear("StopTransaction", 2)
    await idle(station)
    first, second = central.all("StopTransaction")
    assert first == second


async def test_a_start_comes_twice_with_one_payload(central: Central, station: StationV16):
    central.script["StartTransaction"] = lambda _: {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
    station.faults.start_twice = True
    await charging(station)
    first, second = (call for call in central.heard if call.action == "StartTransaction")
    assert first.payload == second.payload
    assert first.id != second.id


async def test_a_wrong_password_keeps_the_station_out_until_it_is_right():
    async with central_system(password=b"right") as central:
        station = StationV16(central.url, "CP 1/ä", "wrong", patience=Patience(back_off_s=0.01))
        await station.start()
        await station.until(lambda s: "401" in s.uplink.line.refusal)
        assert not station.online
        station.uplink.line.use_password(b"right")
        await idle(station)
        assert central.sockets[0].request is not None
        assert central.sockets[0].request.path == "/ocpp/CP%201%2F%C3%A4"
        await station.stop()


async def test_a_station_leaves_a_system_of_another_language(make: Maker):
    class Foreign(StationV16):
        subprotocol = "ocpp9.9"

    async with central_system() as central:
        station = Foreign(central.url, "CP1", clock=ManualClock(make().clock.now()))
        await station.start()
        await station.until(lambda s: s.uplink.line.pausing)
        assert station.uplink.line.refusal
        assert not station.online
        await station.stop()


async def test_garbage_and_strange_answers_do_no_harm(central: Central, station: StationV16):
    for text in ("not json", "[]", "{}", '[3,"nobody",{}]', '[9,"x"]', '[2,"1","ClearCache"]'):
        await central.sockets[-1].send(text)
    assert await central.tell("ClearCache") == ACCEPTED


async def test_waiting_ends_when_it_is_given_up(station: StationV16):
    waiting = asyncio.create_task(station.until(lambda s: False))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    station.plug(1, Vehicle())
    await station.until(lambda s: s.state(1).value == "Preparing")


async def test_frames_can_be_seen(central: Central, make: Maker):
    seen: list[tuple[str, str]] = []
    station = await online(make(trace=lambda direction, text: seen.append((direction, text))))
    station.faults.lose_answers_sent = 1
    await central.tell("ClearCache", lost=True)
    await station.until(lambda s: s.faults.lose_answers_sent == 0)
    assert {direction for direction, _ in seen} == {"<", ">", "x"}
