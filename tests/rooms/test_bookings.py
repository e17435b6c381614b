"""Bookings: how an EVSE is reserved before one begins, what stations say to that, and how it ends."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs

from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.bookings import BookingReservation
from ohmstead.rooms.devices.stations import (
    CancelReservation,
    RemoteStart,
    ReserveNow,
    StationOffline,
    StationRefused,
    StationSilent,
)
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.booked import MORNING, REQUESTS, Place, at, place, running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway, tag


@pytest.fixture
async def there(api: Client, given: Given, gateway: Gateway) -> Place:
    return await place(api, given, gateway)


@pytest.fixture
async def four(api: Client, given: Given, gateway: Gateway) -> Place:
    return await place(api, given, gateway, evses=4)


def refusing(gateway: Gateway, *numbers: int, answer: Any = "Rejected") -> None:
    """Reservations of EVSEs of these numbers are refused."""

    async def says(command: Any) -> Any:
        return answer if isinstance(command, ReserveNow) and command.evse_network_id in numbers else "Accepted"

    gateway.answer = says


async def test_its_evse_is_reserved_a_while_before(there: Place, gateway: Gateway) -> None:
    key = await there.booked(60, 120)
    await there.until(44.9)
    assert (gateway.commands, await there.status(key)) == ([], "accepted")
    await there.until(45)
    [(station, command)] = gateway.commands
    assert isinstance(command, ReserveNow)
    assert (station, command.evse_network_id, command.id_tag) == (there.here.id, 1, "CARD")
    assert command.expires_at == MORNING + timedelta(minutes=75)
    [kept] = await there.reservations()
    assert (kept["id"], kept["booking_id"], kept["user_id"]) == (command.reservation_id, key, there.user)
    assert (kept["status"], kept["duration"]) == ("active", 30)
    assert await there.status(key) == "reserved"
    await there.until(74)
    assert len(gateway.commands) == 1


async def test_the_setting_says_how_long_before(there: Place, gateway: Gateway) -> None:
    async with there.given.system.database.begin() as tx:
        await settings.put(tx, "reservations", reservationTime=5)
    key = await there.booked(60, 120)
    await there.until(54)
    assert await there.asked() == []
    await there.until(55)
    assert await there.status(key) == "reserved"
    await there.until(65.2)
    assert await there.status(key) == "no-show"


async def test_its_user_charges(there: Place, api: Client, given: Given) -> None:
    key = await there.booked(60, 120)
    await there.until(50)
    other = await tag(given)
    _, stranger = await there.here.starts(other, there.clock.now())
    assert stranger.status == "blocked"
    await there.here.stops((await there.here.only_session())["transaction_id"], there.clock.now(), 1000)
    await there.until(62)
    number, verdict = await there.here.starts("CARD", there.clock.now(), wh=2000)
    assert verdict.status == "accepted"
    found = await there.shown(key)
    [_, mine] = await there.here.sessions()
    assert (found["status"], found["sessionId"]) == ("completed", mine["id"])
    assert (await api.get(f"/resources/sessions/v1.0/{mine['id']}")).data["bookingId"] == key
    [kept] = await there.reservations()
    assert (kept["status"], kept["session_id"]) == ("done", mine["id"])
    await there.until(76)
    assert await there.status(key) == "completed"
    made = await there.asks(type="update", bookingId=key, endAt=at(150))
    assert made["rejectionReason"] == "The booking is completed: its session has begun."
    assert "session has begun" in (await there.asks(type="cancel", bookingId=key))["rejectionReason"]
    assert number == mine["transaction_id"]


async def test_what_is_left_after_its_session_is_free(there: Place) -> None:
    await there.booked(60, 240)
    await there.until(62)
    number, _ = await there.here.starts("CARD", there.clock.now())
    await there.until(80)
    assert await there.declined(110, 150) == "No EVSE that fits is free at that time."
    await there.here.stops(number, there.clock.now(), 2000)
    await there.works()
    await there.booked(110, 150)


async def test_a_card_that_nobody_knows_and_the_station_takes_for_it(there: Place, api: Client) -> None:
    """The station names the number of the reservation: it let somebody charge for it."""
    options = {"autoStartWithoutAuthorization": True}
    assert (await api.patch(f"/resources/charge-points/v2.0/{there.here.id}", options)).status == 200
    key = await there.booked(60, 120)
    await there.until(62)
    [kept] = await there.reservations()
    start = structs.replace(there.here.start("", there.clock.now()), reservation_id=kept["id"])
    _, verdict = await there.here.tells(flow.charge_started, start)
    await there.works()
    found = await there.shown(key)
    assert (verdict.status, found["status"]) == ("accepted", "completed")
    assert found["sessionId"] == (await there.here.only_session())["id"]


async def test_nobody_comes(there: Place, gateway: Gateway, given: Given) -> None:
    key = await there.booked(60, 120)
    await there.until(74.9)
    assert await there.status(key) == "reserved"
    await there.until(75.2)
    assert await there.status(key) == "no-show"
    [kept] = await there.reservations()
    assert kept["status"] == "expired"
    assert [type(command) for _, command in gateway.commands] == [ReserveNow], "stations let go by themselves"
    _, verdict = await there.here.starts(await tag(given), there.clock.now())
    assert verdict.status == "accepted"
    assert "its status is no-show" in (await there.asks(type="cancel", bookingId=key))["rejectionReason"]


async def test_one_that_is_over_before_anybody_came(there: Place) -> None:
    """It is kept no longer than it was to last."""
    key = await there.booked(60, 70)
    await there.until(50)
    [kept] = await there.reservations()
    assert kept["expires_at"] == MORNING + timedelta(minutes=70)
    await there.until(70.2)
    assert await there.status(key) == "no-show"


async def test_another_evse_serves_it_where_the_first_refuses(four: Place, gateway: Gateway) -> None:
    refusing(gateway, 1)
    key = await four.booked(60, 120)
    assert await four.evses(key) == [0]
    await four.until(45)
    asked = [command.evse_network_id for _, command in gateway.commands if isinstance(command, ReserveNow)]
    assert (asked, await four.evses(key), await four.status(key)) == ([1, 2], [0, 1], "reserved")
    [kept] = await four.reservations()
    assert kept["evse_id"] == four.here.evses[1]
    assert (await four.row(key))["evse_id"] == four.here.evses[1]
    await four.until(46)
    await four.here.starts("CARD", four.clock.now(), number=2)
    assert await four.status(key) == "completed"


async def test_three_evses_are_asked_until_it_begins(four: Place, gateway: Gateway) -> None:
    refusing(gateway, 1, 2, 3)
    key = await four.booked(60, 120)
    await four.until(45)
    asked = [command.evse_network_id for _, command in gateway.commands if isinstance(command, ReserveNow)]
    assert asked[:3] == [1, 2, 3]
    assert await four.status(key) == "accepted"
    await four.until(59)
    asked = [command.evse_network_id for _, command in gateway.commands if isinstance(command, ReserveNow)]
    assert len(asked) > 6
    assert 4 not in asked
    await four.until(60.1)
    assert await four.status(key) == "failed"
    gateway.commands.clear()
    await four.until(80)
    assert [type(command) for _, command in gateway.commands] == []
    assert [row["status"] for row in await four.reservations() if row["status"] == "active"] == []


async def test_those_that_do_not_fit_or_are_booked_are_not_asked(four: Place, api: Client, gateway: Gateway) -> None:
    refusing(gateway, 1)
    options = {"powerOptions": {"maxPower": 3000}}
    await api.patch(f"/resources/evses/v2.1/{four.here.evses[1]}", options)
    key = await four.booked(60, 120, evseCriteria={"minPower": 5})
    other = await four.booked(60, 120, evseId=four.here.evses[2])
    await four.until(45)
    assert (await four.evses(key), await four.evses(other)) == ([0, 3], [2])


@pytest.mark.parametrize("answer", ["Rejected", "Faulted", StationOffline(), StationRefused("NotImplemented")])
async def test_an_evse_that_was_named_has_no_other(four: Place, gateway: Gateway, answer: Any) -> None:
    refusing(gateway, 1, answer=answer)
    key = await four.booked(60, 120, evseId=four.here.evses[0])
    await four.until(59)
    numbers = {command.evse_network_id for _, command in gateway.commands if isinstance(command, ReserveNow)}
    assert (numbers, await four.status(key)) == ({1}, "accepted")
    gateway.answer = "Accepted"
    await four.until(60.1)
    assert await four.status(key) == "reserved", "at the last moment"


async def test_a_charge_point_that_is_away_is_asked_when_it_is_back(there: Place, gateway: Gateway) -> None:
    gateway.answer = StationOffline()
    key = await there.booked(60, 120)
    await there.until(50)
    assert await there.status(key) == "accepted"
    gateway.answer = "Accepted"
    await there.until(51)
    assert await there.status(key) == "reserved"


async def test_one_that_is_silent_may_have_obeyed(four: Place, gateway: Gateway) -> None:
    refusing(gateway, 1, answer=StationSilent(30))
    key = await four.booked(60, 120)
    await four.until(46)
    assert (await four.status(key), await four.evses(key)) == ("reserved", [0, 1])
    commands = [command for _, command in gateway.commands]
    assert isinstance(commands[0], ReserveNow)
    assert CancelReservation(reservation_id=commands[0].reservation_id) in commands
    [silent, kept] = await four.reservations()
    assert (silent["status"], kept["status"]) == ("canceled", "active")


async def test_an_evse_that_is_taken_is_kept_once_it_is_free(there: Place, given: Given) -> None:
    """The one that charges there leaves in time."""
    key = await there.booked(60, 120)
    await there.until(30)
    number, _ = await there.here.starts(await tag(given), there.clock.now())
    await there.here.status("charging")
    await there.until(50)
    assert (await there.status(key), await there.asked()) == ("accepted", [])
    await there.here.stops(number, there.clock.now(), 2000)
    await there.here.status("available")
    _, verdict = await there.here.starts(await tag(given), there.clock.now(), wh=2000)
    assert verdict.status == "blocked", "it is kept already"
    await there.here.stops((await there.here.sessions())[-1]["transaction_id"], there.clock.now(), 2000)
    await there.until(51)
    assert (await there.status(key), await there.asked()) == ("reserved", ["ReserveNow"])


async def test_one_that_stays_too_long(there: Place, given: Given) -> None:
    key = await there.booked(60, 120)
    await there.until(30)
    await there.here.starts(await tag(given), there.clock.now())
    await there.here.status("charging")
    await there.until(60.2)
    assert (await there.status(key), await there.asked()) == ("failed", [])
    assert [row["status"] for row in await there.reservations() if row["status"] == "active"] == []


async def test_who_came_early_is_served(there: Place) -> None:
    key = await there.booked(60, 120)
    await there.until(40)
    await there.here.starts("CARD", there.clock.now())
    await there.here.status("charging")
    assert await there.status(key) == "accepted"
    await there.until(45)
    assert (await there.status(key), await there.asked()) == ("completed", [])


async def test_it_is_cancelled_at_the_station(there: Place, gateway: Gateway) -> None:
    key = await there.booked(60, 120)
    await there.until(50)
    [kept] = await there.reservations()
    await there.asks(type="cancel", bookingId=key)
    assert await there.status(key) == "cancelled"
    await there.works()
    assert gateway.commands[-1] == (there.here.id, CancelReservation(reservation_id=kept["id"]))
    [kept] = await there.reservations()
    assert (kept["status"], kept["cancel_reason"]) == ("canceled", "The booking is cancelled")
    assert await there.status(key) == "cancelled"
    await there.until(80)
    assert len(gateway.commands) == 2


async def test_a_station_that_is_away_gives_up_when_it_is_back(there: Place, gateway: Gateway) -> None:
    key = await there.booked(60, 120)
    await there.until(50)
    gateway.answer = StationOffline()
    await there.asks(type="cancel", bookingId=key)
    await there.works()
    assert [row["status"] for row in await there.reservations()] == ["active"]
    gateway.answer = "Rejected"  # it knows of none: it was off
    await there.until(51)
    assert [row["status"] for row in await there.reservations()] == ["canceled"]


async def test_other_times_are_reserved_anew(there: Place, gateway: Gateway, given: Given) -> None:
    key = await there.booked(60, 120)
    await there.until(50)
    await there.asks(type="update", bookingId=key, startAt=at(90))
    assert await there.status(key) == "accepted"
    await there.until(74)
    assert await there.asked() == ["ReserveNow", "CancelReservation"]
    await there.until(75)
    assert (await there.status(key), await there.asked()) == ("reserved", ["ReserveNow"])
    other = int((await given.user())["id"])
    await there.asks(type="update", bookingId=key, userId=other)
    await there.until(77)
    assert (await there.status(key), (await there.reservations())[-1]["user_id"]) == ("reserved", other)


async def test_another_end_reserves_nothing_anew(there: Place) -> None:
    key = await there.booked(60, 120)
    await there.until(50)
    await there.asks(type="update", bookingId=key, endAt=at(180))
    await there.until(61)
    await there.asks(type="update", bookingId=key, endAt=at(170))
    assert (await there.status(key), await there.asked()) == ("reserved", ["ReserveNow"])
    await there.until(75.2)
    assert await there.status(key) == "no-show"


async def test_the_reservation_beneath_is_no_drivers_to_cancel(there: Place, api: Client) -> None:
    key = await there.booked(60, 120)
    await there.until(50)
    [kept] = await there.reservations()
    answer = await api.post(f"/actions/reservation/v1.0/{kept['id']}/cancel", {"force": True})
    assert (answer.status, f"belongs to the booking {key}" in answer.body["message"]) == (406, True)


async def test_an_evse_that_goes_out_of_service_is_replaced(four: Place) -> None:
    """A station of 1.6 that is faulted keeps nothing."""
    key = await four.booked(60, 120)
    await four.until(50)
    await four.here.status("faulted")
    await four.works()
    assert await four.status(key) == "accepted"
    await four.until(52)
    assert (await four.status(key), await four.evses(key)) == ("reserved", [0, 1])


async def test_one_that_is_let_go_after_its_start_has_failed(four: Place) -> None:
    key = await four.booked(60, 120)
    await four.until(61)
    await four.here.status("faulted")
    await four.works()
    assert await four.status(key) == "failed"


async def test_its_user_is_disabled(there: Place, api: Client) -> None:
    key = await there.booked(60, 120)
    change = {"status": "disabled", "reason": "x"}
    await api.post(f"/actions/users/v1.0/{there.user}/change-status", change)
    await there.until(46)
    assert (await there.status(key), await there.asked()) == ("cancelled", [])


async def test_it_is_started_from_afar(there: Place, api: Client, given: Given, gateway: Gateway) -> None:
    key, other = await there.booked(60, 120), int((await given.user())["id"])
    path = f"/actions/charge-point/v1.0/{there.here.id}/start/1"
    await there.until(50)
    await there.here.status("reserved")
    for wrong in ({"bookingId": 999, "userId": there.user}, {"bookingId": key, "userId": other}):
        answer = await api.post(path, wrong)
        assert (answer.status, list(answer.body["errors"])) == (422, ["bookingId"])
    started = await api.post(path, {"userId": there.user, "bookingId": key})
    assert started.body["success"] is True, started.body
    command = gateway.commands[-1][1]
    assert isinstance(command, RemoteStart)
    assert await there.status(key) == "reserved"
    await there.here.starts(command.id_tag, there.clock.now())
    assert (await there.shown(key))["sessionId"] == started.body["sessionId"]
    await there.here.stops((await there.here.only_session())["transaction_id"], there.clock.now(), 1500)
    await there.here.status("available")
    again = await api.post(path, {"userId": there.user, "bookingId": key})
    assert (again.status, list(again.body["errors"])) == (422, ["bookingId"]), "it is completed"


async def test_who_was_just_let_in_is_no_no_show(there: Place, api: Client, gateway: Gateway) -> None:
    """What was ordered from afar in time may begin a moment later."""
    key = await there.booked(60, 120)
    await there.until(74.9)
    await api.post(f"/actions/charge-point/v1.0/{there.here.id}/start/1", {"userId": there.user})
    await there.until(75.1)
    assert await there.status(key) == "reserved"
    command = gateway.commands[-1][1]
    assert isinstance(command, RemoteStart)
    await there.here.starts(command.id_tag, there.clock.now())
    assert await there.status(key) == "completed"


async def test_days_go_by_while_the_product_stands_still(there: Place, gateway: Gateway) -> None:
    """What is long over is not reserved any more, what has just begun still is."""
    early, late = await there.booked(60, 120), await there.booked(1000, 1100)
    await there.clock.advance(1005 * 60)
    await there.works()
    assert [await there.status(key) for key in (early, late)] == ["failed", "reserved"]
    assert await there.asked() == ["ReserveNow"]


async def test_it_stops_while_a_station_is_asked(there: Place, gateway: Gateway) -> None:
    """The station is asked again for the same reservation."""
    key = await there.booked(60, 120)
    await there.clock.advance(46 * 60)

    async def killed(command: Any) -> Any:
        raise ConnectionError

    gateway.answer = killed
    work = BookingReservation(there.given.system.database, there.clock)
    await work.start_due()
    await work.settled()
    gateway.answer = "Accepted"
    await there.until(47)
    numbers = {command.reservation_id for _, command in gateway.commands if isinstance(command, ReserveNow)}
    assert (len(gateway.commands), len(numbers), await there.status(key)) == (2, 1, "reserved")


async def test_it_is_cancelled_while_a_station_is_asked(there: Place, api: Client, gateway: Gateway) -> None:
    key = await there.booked(60, 120)

    async def slow(command: Any) -> str:
        if isinstance(command, ReserveNow):
            assert (await api.post(REQUESTS, {"type": "cancel", "bookingId": key})).status == 201
        return "Accepted"

    gateway.answer = slow
    await there.until(46)
    assert await there.status(key) == "cancelled"
    assert await there.asked() == ["ReserveNow", "CancelReservation"]
    assert [row["status"] for row in await there.reservations()] == ["canceled"]


async def test_bookings_do_not_count_as_the_users_reservations(there: Place, api: Client) -> None:
    async with there.given.system.database.begin() as tx:
        await settings.put(tx, "reservations", maxReservationsPerDayPerUser=1, cooldownTimeBetweenReservations=600)
    await there.booked(60, 120)
    await there.until(76)
    answer = await api.post(f"/actions/charge-point/v1.0/{there.here.id}/reserve/1", {"userId": there.user})
    assert answer.status == 202, answer.body


async def test_an_evse_that_is_booked_stays_where_it_is(there: Place, api: Client, given: Given) -> None:
    key = await there.booked(60, 120)
    satellite = await given.charge_point(
        communicationMode="via_ocpp_connected_charge_point",
        ocppConnectedChargePointId=there.here.id,
    )
    move = {"satelliteChargePointId": satellite["id"], "evseIds": there.here.evses}
    path = f"/actions/charge-point/v1.0/{there.here.id}/move-evses-to-satellite"
    answer = await api.post(path, move)
    assert (answer.status, list(answer.body["errors"])) == (422, ["evseIds.0"]), answer.body
    await there.asks(type="cancel", bookingId=key)
    assert (await api.post(path, move)).status == 202
