"""One connection: malformed frames, order of answers, commands, replacement, and that nobody suffers for another."""

import asyncio

import pytest
from msgspec import structs
from websockets.exceptions import ConnectionClosedError

from ohmstead.rooms.charging.facts import Metered, TagPresented
from ohmstead.rooms.devices.facts import Connected, Disconnected, StatusChanged
from ohmstead.rooms.devices.stations import RemoteStop, Reset, StationOffline, StationRefused, StationSilent, Unlock
from tests.ocpp.conftest import NOW, House

AVAILABLE = {"connectorId": 1, "errorCode": "NoError", "status": "Available"}
METERED = {"connectorId": 1, "meterValue": [{"timestamp": "2026-03-01T11:59:00Z", "sampledValue": [{"value": "7"}]}]}


NONSENSE = [
    "not json",
    "",
    "{}",
    "[]",
    "[2]",
    '[2,{},"Heartbeat",{}]',
    "[[[[",
    '"2"',
    b"\xff\xfe",
]


@pytest.mark.parametrize("nonsense", [*NONSENSE, "[" * 9999])
async def test_a_frame_without_an_id_is_passed_over_and_the_line_lives(house: House, nonsense: str | bytes):
    station, other = await house.station("/CP1"), await house.station("/CP2")
    await station.say(nonsense)
    assert (await station.call("Heartbeat", {}))[0] == 3
    assert (await other.call("Heartbeat", {}))[0] == 3


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ([2, "x", "MakeCoffee", {}], "NotImplemented"),
        ([2, "x", "CertificateSigned", {"certificateChain": "x"}], "NotSupported"),
        ([2, "x", "RemoteStartTransaction", {"idTag": "A"}], "NotSupported"),
        ([2, "x", 7, {}], "FormationViolation"),
        ([2, "x"], "FormationViolation"),
        ([2, "x", "Heartbeat", []], "FormationViolation"),
        ([2, "x", "Heartbeat", "soon"], "FormationViolation"),
        ([2, "x", "StatusNotification", {"connectorId": 1, "errorCode": "NoError"}], "ProtocolError"),
        ([2, "x", "StatusNotification", {**AVAILABLE, "status": {"a": 1}}], "TypeConstraintViolation"),
    ],
)
async def test_a_senseless_call_gets_the_right_error(house: House, frame, code: str):
    station, other = await house.station("/CP1"), await house.station("/CP2")
    await station.say(frame)
    answer = await station.hear()
    assert answer[:3] == [4, "x", code]
    assert len(answer) == 5
    assert answer[4] == {}
    assert house.deviations()
    assert (await other.call("Heartbeat", {}))[0] == 3


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        ('[2,"x","Heartbeat",{', "cut off"),
        ('[2,"x","Heartbeat",{}', "cut off"),
        ('[2,"x","Heartbeat"', "cut off"),
        ('[2,"x","Heartbeat",{"a" 1}]', "no colon"),
        ('[2,"x","Heartbeat",{a:1}]', "no name"),
        ('[2,"x","Heartbeat",{"a":1 "b":2}]', "no comma"),
        ('[2,"x","Heartbeat",{"a":one}]', "no value"),
        (f'[2,"x","Heartbeat",{"[" * 5000}{"]" * 5000}]', "nested too deeply"),
        (f'[2,"x","Heartbeat",{{"a":"{"y" * 40_000}",}}]', "too long for a text with faults"),
    ],
)
async def test_a_call_that_cannot_be_read_is_refused_under_its_own_id(house: House, frame: str, why: str):
    """lbbrhzn/ocpp #1078: without an answer the station waits, and goes offline."""
    for station, code in (
        (await house.station("/CP1"), "FormationViolation"),
        (await house.later_station("/CP2"), "FormatViolation"),
    ):
        await station.say(frame)
        assert (await station.hear())[:3] == [4, "x", code]
        assert (await station.call("Heartbeat", {}))[0] == 3
        action, message_id = house.frames[-4][4:6]
        assert (action, message_id) == ("Heartbeat", "x")
        assert why in house.frames[-4][-1][0]


NUL, MARK = b"\0", b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("frame", "wh"),
    [
        (b'[2,"x","MeterValues",{"connectorId":1,"transactionId":,"meterValue":[%s]}]', 7),
        (b'[2,"x","MeterValues",{"connectorId":1,"meterValue":[,%s]}]', 7),
        (b'[2,"x","MeterValues",{"connectorId":1,"meterValue":[%s,],}]', 7),
        (b'[2,"x","MeterValues",{"connectorId":1,,"meterValue":[%s]},]', 7),
        (b'[2,"x","MeterValues",{"connectorId":01,"meterValue":[%s]}]', 7),
        (b'[2,"x","MeterValues",{"connectorId":1,"meterValue":[%s]}]' + NUL, 7),
        (b'[2,"x","MeterValues",{"connectorId":1,"meterValue":[%s]}]' + NUL * 40 + b"x", 7),
        (b'[2,"x","MeterValues",{"connectorId":1,"meterValue":[%s]}]]', 7),
        (MARK + b'[2,"x","MeterValues",{"connectorId":1,"meterValue":[%s]}]', 7),
        (b'[2,"x","MeterValues",{"connectorId":1,"vendor":"\\q","meterValue":[%s]}]', 7),
    ],
)
async def test_one_fault_of_syntax_costs_no_value(house: House, frame: bytes, wh: float):
    """lbbrhzn/ocpp #2032 (`"transactionId":,`), #1078 (`[,{`)."""
    station = await house.station()
    await station.say(frame % b'{"timestamp":"2026-03-01T11:59:00Z","sampledValue":[{"value":"7"}]}')
    assert await station.hear() == [3, "x", {}]
    assert [read.energy_wh for read in house.rooms.only(Metered)[0].readings] == [wh]
    assert house.deviations()[0] == "the frame is not as specified, but readable"
    assert house.frames[0][4:6] == ("MeterValues", "x")


@pytest.mark.parametrize(
    ("frame", "tag"),
    [
        ('[2,"x","Authorize",{"idTag":"A\\ud800"}]', "A?"),
        (b'[2,"x","Authorize",{"idTag":"A\xff"}]', "A\ufffd"),
        (b'[2,"x","Authorize",{"idTag":"A\x01", "n": NaN}]', "A\x01"),
        (b'[2,"x","Authorize",{"idTag":"A\0"}]', "A"),
    ],
)
async def test_json_that_is_not_quite_json_is_read(house: House, frame: str | bytes, tag: str):
    station = await house.station()
    await station.socket.send(frame, text=True)
    assert (await station.hear())[:2] == [3, "x"]
    assert house.rooms.only(TagPresented)[0].id_tag == tag


@pytest.mark.parametrize("frame", [[9, "x", "Heartbeat", {}], [5, "x", "GenericError"], [6, "x", "Heartbeat", {}]])
async def test_a_message_type_unknown_to_1_6_is_passed_over(house: House, frame: list):
    station = await house.station()
    await station.say(frame)
    assert (await station.call("Heartbeat", {}))[1] == "s1"


async def test_two_megabytes_close_only_their_own_line(house: House):
    station, other = await house.station("/CP1"), await house.station("/CP2")
    await station.say([2, "x", "DataTransfer", {"vendorId": "v", "data": "a" * 2_000_000}])
    with pytest.raises(ConnectionClosedError) as caught:
        await station.hear()
    assert caught.value.sent.code == 1009
    assert (await other.call("Heartbeat", {}))[0] == 3


async def test_pipelined_calls_are_answered_in_order(house: House):
    station = await house.station()
    house.rooms.gate.clear()
    await station.say([2, "a", "BootNotification", {"chargePointVendor": "V", "chargePointModel": "M"}])
    await station.say([2, "b", "MeterValues", METERED])
    for number in range(60):
        await station.say([2, f"c{number}", "StatusNotification", AVAILABLE])
    assert (await station.hear())[1] == "a"
    house.rooms.gate.set()
    assert [(await station.hear())[1] for _ in range(61)] == ["b", *(f"c{number}" for number in range(60))]


async def test_a_failing_room_is_an_internal_error_of_that_call_only(house: House):
    station = await house.station()
    house.rooms.broken = "status_changed"
    assert (await station.call("StatusNotification", AVAILABLE))[2] == "InternalError"
    house.rooms.broken = ""
    assert await station.ask("StatusNotification", AVAILABLE) == {}


async def test_a_call_still_in_the_inbox_is_kept_when_the_line_breaks(house: House):
    station = await house.station()
    house.rooms.gate.clear()
    await station.say([2, "a", "MeterValues", METERED])
    await station.say([2, "b", "StatusNotification", AVAILABLE])
    await house.until(lambda: len(house.frames) == 2)
    await station.socket.close()
    await house.until(lambda: not house.gateway.connected(1))
    house.rooms.gate.set()
    await house.until(lambda: house.rooms.only(StatusChanged))


async def test_a_slow_room_does_not_keep_an_answer_from_us(house: House):
    station = await house.station()
    house.rooms.gate.clear()
    await station.say([2, "a", "MeterValues", METERED])
    asked = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    await station.obey({"status": "Accepted"})
    assert (await asked).agreed
    house.rooms.gate.set()


async def test_one_call_to_a_station_at_a_time(house: House):
    station = await house.station()
    asked = [asyncio.create_task(house.gateway.call(1, Unlock(evse_network_id=each))) for each in (1, 2, 3)]
    for each in (1, 2, 3):
        call = await station.hear()
        assert call[3] == {"connectorId": each}
        await station.ask("Heartbeat", {})
        await station.say([3, call[1], {"status": "Unlocked"}])
    assert [outcome.status for outcome in await asyncio.gather(*asked)] == ["Unlocked"] * 3


async def test_a_silent_station_is_given_up_and_its_late_answer_ignored(house: House):
    house.known["CP1"] = structs.replace(house.known["CP1"], call_timeout_s=45)
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, Reset(kind="hard")))
    late = await station.hear()
    await house.clock.advance(44)
    assert not asked.done()
    await house.clock.advance(1)
    with pytest.raises(StationSilent, match="45 seconds"):
        await asked
    again = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    call = await station.hear()
    await station.say([3, late[1], {"status": "Rejected"}])
    await station.say([3, call[1], {"status": "Accepted"}])
    assert (await again).status == "Accepted"
    assert "answers no call that is waiting" in house.deviations()


@pytest.mark.parametrize(
    ("code", "understood"),
    [
        ("NotSupported", "NotSupported"),
        ("FormationViolation", "FormatViolation"),
        ("FormatViolation", "FormatViolation"),
        ("OccurenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("OccurrenceConstraintViolation", "OccurrenceConstraintViolation"),
        ("Whatever", "GenericError"),
    ],
)
async def test_an_error_from_the_station_is_a_refusal(house: House, code: str, understood: str):
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, Reset(kind="hard")))
    await station.say([4, (await station.hear())[1], code, "no way", {}])
    with pytest.raises(StationRefused, match="no way") as caught:
        await asked
    assert caught.value.code == understood


@pytest.mark.parametrize("answer", [[3, "ID", {}], [3, "ID", []], [3, "ID", 5], [4, "ID"], [3, "ID", "x", "y"]])
async def test_an_answer_without_sense_is_a_refusal(house: House, answer: list):
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, Reset(kind="hard")))
    call = await station.hear()
    await station.say([call[1] if part == "ID" else part for part in answer])
    with pytest.raises(StationRefused):
        await asked
    assert (await station.call("Heartbeat", {}))[0] == 3


async def test_an_answer_with_deviations_is_taken_and_recorded(house: House):
    station = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, RemoteStop(transaction_ref="7")))
    await station.obey({"status": "Perhaps", "why": 1})
    outcome = await asked
    assert (outcome.status, outcome.agreed) == ("Perhaps", False)
    assert "why is not in the specification" in house.deviations()


async def test_who_is_not_connected_is_offline(house: House):
    with pytest.raises(StationOffline):
        await house.gateway.call(1, Reset(kind="hard"))
    assert not house.gateway.connected(1)


async def test_a_line_that_breaks_fails_the_waiting_calls_as_offline(house: House):
    station = await house.station()
    asked = [asyncio.create_task(house.gateway.call(1, Reset(kind="hard"))) for _ in range(3)]
    await station.hear()
    await station.socket.close()
    for each in asked:
        with pytest.raises(StationOffline):
            await each


async def test_a_second_connection_replaces_the_first_whose_end_changes_nothing(house: House):
    old = await house.station()
    asked = asyncio.create_task(house.gateway.call(1, Reset(kind="hard")))
    await old.hear()
    new = await house.station()
    with pytest.raises(StationOffline):
        await asked
    with pytest.raises(Exception, match="replaced"):
        await old.hear()
    await new.ask("Heartbeat", {})
    assert house.gateway.connected(1)
    again = asyncio.create_task(house.gateway.call(1, Reset(kind="hard")))
    await new.obey({"status": "Accepted"})
    assert (await again).agreed
    assert [type(fact) for fact in house.rooms.facts] == [Connected, Connected]


async def test_a_half_open_socket_does_not_keep_the_station_out(house: House):
    old = await house.station()
    old.socket.transport.pause_reading()
    new = await house.station()
    assert (await new.call("Heartbeat", {}))[0] == 3
    asked = asyncio.create_task(house.gateway.call(1, Reset(kind="soft")))
    await new.obey({"status": "Accepted"})
    assert (await asked).agreed
    old.socket.transport.abort()


async def test_comings_and_goings_are_told(house: House):
    station = await house.station()
    await station.socket.close()
    await house.until(lambda: house.rooms.only(Disconnected))
    came, went = house.rooms.facts
    assert (came.charge_point_id, came.version, came.remote_ip) == (1, "1.6", "127.0.0.1")
    assert went.charge_point_id == 1
    assert not house.gateway.connected(1)


async def test_a_station_that_cannot_be_registered_is_sent_away_to_try_again(house: House):
    house.rooms.broken = "connected"
    station = await house.station()
    with pytest.raises(ConnectionClosedError) as caught:
        await station.hear()
    assert caught.value.rcvd.code == 1011
    assert not house.gateway.connected(1)
    house.rooms.broken = ""
    assert (await (await house.station()).call("Heartbeat", {}))[0] == 3


async def test_silence_beyond_the_limit_closes_and_any_frame_counts_as_life(house: House):
    house.known["CP1"] = structs.replace(house.known["CP1"], silence_limit_s=100)
    station, patient = await house.station("/CP1"), await house.station("/CP2")
    await house.clock.advance(90)
    await station.say("[]")
    await house.until(lambda: house.frames)
    await house.clock.advance(90)
    assert (await station.call("Heartbeat", {}))[0] == 3
    await house.clock.advance(140)
    with pytest.raises(Exception, match="1001"):
        await station.hear()
    assert (await patient.call("Heartbeat", {}))[0] == 3


async def test_the_communication_log_hears_both_sides(house: House):
    station = await house.station()
    await station.say([2, "a", "Heartbeat", {}])
    await station.hear()
    await house.until(lambda: len(house.frames) == 2)
    into, out = house.frames
    assert into == (1, NOW, "in", b'[2, "a", "Heartbeat", {}]', "Heartbeat", "a", None, ())
    assert out == (1, NOW, "out", b'[3,"a",{"currentTime":"2026-03-01T12:00:00Z"}]', "Heartbeat", "a", 0.0, ())


async def test_a_broken_communication_log_stops_nobody(house: House):
    house.frames = None
    station = await house.station()
    assert (await station.call("Heartbeat", {}))[0] == 3
