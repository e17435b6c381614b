"""Booking requests: what is approved at once, what is declined and why, and that no EVSE is booked twice."""

import asyncio
import random
from typing import Any

import pytest
from sqlalchemy import select, update

from ohmstead.kit.db import Duplicate
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings import booking_requests, bookings
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.contract import PartnersGiven, ResourceContract
from tests.given import Given
from tests.rooms.booked import BOOKINGS, REQUESTS, Place, at, place, running  # noqa: F401 - the fixture
from tests.rooms.charges import Gateway, site, tag
from tests.rooms.tariff_rows import FORBIDDEN, FREE, tariffs_at
from tests.rooms.test_private_data import export_of, fetched

RESERVES = {"startReservation": True, "stopReservation": True}


class TestBookingRequests(ResourceContract):
    resource = booking_requests


class TestBookings(ResourceContract):
    resource = bookings


@pytest.fixture
async def there(api: Client, given: Given, gateway: Gateway) -> Place:
    return await place(api, given, gateway)


@pytest.fixture
async def three(api: Client, given: Given, gateway: Gateway) -> Place:
    """EVSEs of 11, 22 and 50 kW, the last one of direct current with a plug of its own."""
    found = await place(api, given, gateway, evses=3)
    for outlet, kw, kind, plug in zip(
        found.here.evses, (11, 22, 50), ("ac", "ac", "dc"), ("type2", "type2", "ccs2"), strict=True
    ):
        change = {"powerOptions": {"maxPower": kw * 1000, "phases": "three_phase"}, "currentType": kind}
        assert (await api.patch(f"/resources/evses/v2.1/{outlet}", change)).status == 200
        path = f"/resources/charge-points/v2.0/{found.here.id}/evses/{outlet}/connectors"
        await given.made(path, {"type": plug, "format": "socket", "status": "enabled"})
    return found


async def test_a_booking_is_made_at_once(there: Place, api: Client) -> None:
    where = {"accessMethods": ["TOKEN"]}
    assert (await api.patch(f"/resources/locations/v2.0/{there.location}", where)).status == 200
    made = await there.books(60, 120, externalId="ocpi-7", evseId=there.here.evses[0])
    key = made["bookingId"]
    told = {
        "type": "create", "status": "approved", "userId": there.user, "locationId": there.location,
        "externalId": "ocpi-7", "startAt": at(60), "endAt": at(120), "evseId": there.here.evses[0], "bookingId": key,
    }  # fmt: skip
    assert made == told | {name: made[name] for name in ("id", "createdAt", "lastUpdatedAt")}
    assert (await api.get(f"{REQUESTS}/{made['id']}")).data == made
    await api.patch(f"/resources/locations/v2.0/{there.location}", {"accessMethods": ["OPEN"]})
    found = (await api.get(f"{BOOKINGS}/{key}")).data
    told = {
        "id": key, "userId": there.user, "locationId": there.location, "startAt": at(60), "endAt": at(120),
        "status": "accepted", "accessMethods": ["TOKEN"],
    }  # fmt: skip
    assert found == told | {name: found[name] for name in ("createdAt", "lastUpdatedAt")}
    assert (await there.shown(key))["bookedEvses"] == [{"id": there.here.evses[0]}]


async def test_criteria_find_the_least_useful_that_fits(three: Place) -> None:
    async def chosen(start: float, **criteria: Any) -> list[int]:
        return await three.evses(await three.booked(start, start + 60, evseCriteria=criteria))

    assert await chosen(60) == [0]
    assert await chosen(60) == [1], "the first is booked"
    assert await chosen(200, minPower=12) == [1]
    assert await chosen(400, minPower=22.5, maxPower=50) == [2]
    assert await chosen(600, currentType="dc") == [2]
    assert await chosen(800, connectorType="ccs2") == [2]
    assert await chosen(1000, connectorType="type2", minPower=11, currentType=None) == [0]


async def test_what_no_evse_is(three: Place, api: Client) -> None:
    reason = "No EVSE of the location meets the criteria."
    for criteria in (
        {"minPower": 51},
        {"maxPower": 3},
        {"connectorType": "chademo"},
        {"currentType": "dc", "maxPower": 22},
    ):
        assert await three.declined(60, 120, evseCriteria=criteria) == reason
    await three.booked(60, 120, evseId=three.here.evses[2])
    assert (
        await three.declined(90, 150, evseCriteria={"currentType": "dc"}) == "No EVSE that fits is free at that time."
    )
    assert await three.declined(90, 150, evseId=three.here.evses[2]) == "The EVSE is not free at that time."
    for outlet in three.here.evses:
        await api.patch(f"/resources/evses/v2.1/{outlet}", {"bookingEnabled": False})
    assert await three.declined(200, 260) == "No EVSE of the location can be booked."
    assert await three.declined(200, 260, evseId=three.here.evses[0]) == "The EVSE cannot be booked."


async def test_an_evse_that_is_named_needs_no_criteria(three: Place) -> None:
    made = await three.books(60, 120, evseId=three.here.evses[0], evseCriteria={"minPower": 100})
    assert (made["status"], "evseCriteria" in made) == ("approved", False)
    criteria = {"minPower": 22, "currentType": None}
    assert (await three.books(60, 120, evseCriteria=criteria))["evseCriteria"] == {"minPower": 22}


async def test_a_power_that_nobody_knows_meets_no_wish_for_one(there: Place, api: Client) -> None:
    options = {"powerOptions": {"maxPower": None}}
    assert (await api.patch(f"/resources/evses/v2.1/{there.here.evses[0]}", options)).status == 200
    for wish in ({"minPower": 1}, {"maxPower": 1000}):
        assert "criteria" in await there.declined(60, 120, evseCriteria=wish)
    await there.booked(60, 120, evseCriteria={"connectorType": None})


async def test_a_vehicle_that_needs_a_parking_space_gets_one_that_is_enabled(given: Given, three: Place) -> None:
    vehicle = {"vehicleHeightCm": 390, "driveThroughRequired": True}
    made = await three.books(60, 120, parkingSpaceCriteria=vehicle)
    assert (made["status"], made["parkingSpaceCriteria"]) == ("approved", vehicle)
    assert await three.evses(made["bookingId"]) == [0]  # of which nobody knows where one stands
    for number in (0, 1):
        space = {"label": "P", "locationId": three.location, "status": "disabled", "evses": [three.here.evses[number]]}
        await given.made("/resources/parking-spaces/v1.0", space)
    assert await three.evses(await three.booked(200, 260, parkingSpaceCriteria=vehicle)) == [2]
    assert "not for this vehicle" in await three.declined(
        400, 460, parkingSpaceCriteria=vehicle, evseId=three.here.evses[0]
    )
    assert await three.evses(await three.booked(400, 460)) == [0]


async def test_nobody_books_where_he_may_not_charge(api: Client, given: Given, three: Place) -> None:
    partner = await given.partner_of_id(7)
    path = f"/resources/charge-points/v2.0/{three.here.id}"
    private = {"type": "private", "partner": {"id": partner, "accessType": "private_view_private_use"}}
    assert (await api.patch(path, private)).status == 200
    assert "can be booked" in await three.declined(60, 120)
    options = {"allowAccessToPrivateChargePoints": True}
    invite = await given.made("/resources/partner-invites/v1.0", {
        "partnerId": partner, "sendViaEmail": False, "options": options,
    })  # fmt: skip
    accepted = {"token": invite["acceptUrl"].rpartition("/")[2], "userId": int(three.user)}
    assert (await api.post("/internal/partner-invites/v1.0/accept", accepted)).status == 200
    await three.booked(60, 120)


async def test_what_lies_between_two_bookings(there: Place) -> None:
    """The EVSE is reserved 15 min before a booking: until then the one before has left it."""
    await there.booked(60, 120)
    for start, end in ((60, 120), (30, 50), (119, 180), (134, 180), (90, 100)):
        assert (await there.books(start, end))["status"] == ("approved" if end <= 45 else "rejected"), (start, end)
    await there.booked(20, 45)
    await there.booked(135, 180)


async def test_what_is_declined(there: Place, api: Client, given: Given) -> None:
    async def says(why: str, **more: Any) -> None:
        assert await there.declined(60, 120, **more) == why

    other = int((await given.user())["id"])
    await api.post(f"/actions/users/v1.0/{other}/change-status", {"status": "disabled", "reason": "x"})
    await says("The user is not enabled.", userId=other)
    hours = {"isAlwaysOpen": False, "hours": {"monday": [{"start": "10:00", "end": "20:00"}]}}
    path = f"/resources/locations/v2.0/{there.location}"
    assert (await api.patch(path, {"workingHours": hours})).status == 200
    await says("The location is closed at that time.")
    await there.booked(150, 200)
    await api.patch(path, {"workingHours": {"isAlwaysOpen": True}})
    old = f"/resources/locations/v1.0/{there.location}"
    assert (await api.patch(old, {"status": "disabled"})).status == 200
    await says("The location is not enabled.")
    assert (await api.patch(old, {"status": "active"})).status == 200
    await api.patch(f"/resources/charge-points/v2.0/{there.here.id}", {"status": "disabled"})
    await says("No EVSE of the location can be booked.")
    async with there.given.system.database.begin() as tx:
        await settings.put(tx, "reservations", enableReservations=False)
    await says("Reservations are disabled.")


async def test_what_is_taken_at_this_moment(three: Place, given: Given, api: Client) -> None:
    """Of a booking that begins soon; later ones do not care."""
    await three.here.starts(await tag(given), three.clock.now())
    assert await three.evses(await three.booked(10, 40)) == [1]
    assert await three.declined(10, 40, evseId=three.here.evses[0]) == "Somebody charges there at this moment."
    await three.booked(60, 120, evseId=three.here.evses[0])
    other = int((await given.user())["id"])
    reserve = f"/actions/charge-point/v1.0/{three.here.id}/reserve/3"
    assert (await api.post(reserve, {"userId": other})).status == 202
    assert await three.declined(10, 40, evseId=three.here.evses[2]) == "The EVSE is not free at that time."
    await three.booked(10, 40, evseId=three.here.evses[2], userId=other)


async def test_nobody_reserves_into_the_time_of_another(there: Place, given: Given, api: Client) -> None:
    await there.booked(25, 60)
    other = int((await given.user())["id"])
    reserve = f"/actions/charge-point/v1.0/{there.here.id}/reserve/1"
    answer = await api.post(reserve, {"userId": other})
    assert answer.status == 406
    assert answer.body["message"] == "The EVSE is booked: it is kept from 2026-03-02 08:10 UTC."
    assert (await api.post(reserve, {"userId": there.user})).status == 202


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"startAt": at(0)}, "startAt"),
        ({"startAt": at(-5)}, "startAt"),
        ({"startAt": "2027-04-01T08:00:00Z", "endAt": "2027-04-01T09:00:00Z"}, "startAt"),
        ({"startAt": "9999-12-31T23:00:00Z", "endAt": "9999-12-31T23:59:59Z"}, "startAt"),
        ({"startAt": "0001-01-01T00:00:00+14:00"}, "startAt"),
        ({"endAt": at(60)}, "endAt"),
        ({"endAt": at(60 + 8 * 24 * 60)}, "endAt"),
        ({"endAt": "9999-12-31T23:59:59Z"}, "endAt"),
        ({"userId": 999}, "userId"),
        ({"locationId": 999}, "locationId"),
        ({"evseId": 999}, "evseId"),
        ({"authorizedTokenIds": [1]}, "authorizedTokenIds.0"),
        ({"evseCriteria": {"currentType": "steam"}}, "evseCriteria.currentType"),
        ({"evseCriteria": {"minPower": 1e300}}, "evseCriteria.minPower"),
        ({"parkingSpaceCriteria": {"vehicleWeightKg": 0}}, "parkingSpaceCriteria.vehicleWeightKg"),
        ({"type": "swap"}, "type"),
        ({"externalId": "x" * 256}, "externalId"),
    ],
)
async def test_what_makes_no_sense(there: Place, api: Client, change: dict[str, Any], field: str) -> None:
    body = {
        "type": "create", "userId": there.user, "locationId": there.location, "startAt": at(60), "endAt": at(120),
    } | change  # fmt: skip
    answer = await api.post(REQUESTS, body)
    assert (answer.status, list(answer.body.get("errors", ()))) == (422, [field]), answer.body
    assert (await api.get(REQUESTS)).data == []


async def test_what_is_missing_is_named(there: Place, api: Client) -> None:
    for body, fields in (
        ({}, ["type"]),
        ({"type": "create"}, ["userId", "locationId", "startAt", "endAt"]),
        ({"type": "update"}, ["bookingId"]),
        ({"type": "cancel"}, ["bookingId"]),
    ):
        answer = await api.post(REQUESTS, body)
        assert (answer.status, list(answer.body["errors"])) == (422, fields)


async def test_an_evse_elsewhere(there: Place, api: Client, given: Given) -> None:
    elsewhere = (await site(given)).evses[0]
    body = {"type": "create", "userId": there.user, "locationId": there.location, "startAt": at(60), "endAt": at(90)}
    answer = await api.post(REQUESTS, body | {"evseId": elsewhere})
    assert answer.body["errors"] == {"evseId": ["The EVSE is not at the location."]}


async def test_a_booking_has_other_times(three: Place, api: Client, given: Given) -> None:
    key = await three.booked(60, 120)
    other = int((await given.user())["id"])
    made = await three.asks(type="update", bookingId=key, startAt=at(90), userId=other, externalId="again")
    told = {
        "type": "update", "status": "approved", "bookingId": key, "userId": other, "startAt": at(90),
        "endAt": at(120), "externalId": "again",
    }  # fmt: skip
    assert made == told | {name: made[name] for name in ("id", "createdAt", "lastUpdatedAt")}
    found = await three.shown(key)
    assert (found["startAt"], found["endAt"], found["userId"]) == (at(90), at(120), other)
    assert await three.evses(key) == [0]
    await three.booked(40, 70, evseId=three.here.evses[0])
    await three.booked(150, 200, evseId=three.here.evses[0])
    await three.asks(type="update", bookingId=key, endAt=at(160))
    assert await three.evses(key) == [1], "the first is booked then"
    for field, value in (("startAt", at(-1)), ("endAt", at(90)), ("bookingId", 999)):
        answer = await api.post(REQUESTS, {"type": "update", "bookingId": key} | {field: value})
        assert (answer.status, list(answer.body["errors"])) == (422, [field])


async def test_no_evse_is_booked_for_a_day_on_which_the_tariff_lets_nobody_charge(there: Place) -> None:
    closed = FORBIDDEN | {"restrictions": {"startDate": "2026-03-03"}}
    await tariffs_at(there.given.system, there.here.evses, FREE, closed)
    assert await there.declined(24 * 60, 24 * 60 + 60) == "The tariff does not let the user charge there."
    await there.booked(60, 120)


async def test_times_that_are_not_free_change_nothing(there: Place) -> None:
    key = await there.booked(60, 120)
    await there.booked(200, 260)
    before = await there.shown(key)
    made = await there.asks(type="update", bookingId=key, startAt=at(150), endAt=at(210))
    assert (made["status"], made["rejectionReason"]) == ("rejected", "No EVSE that fits is free at that time.")
    assert await there.shown(key) == before


async def test_a_booking_is_cancelled(there: Place, api: Client) -> None:
    key = await there.booked(60, 120)
    made = await there.asks(type="cancel", bookingId=key)
    told = {"type": "cancel", "status": "approved", "bookingId": key}
    assert made == told | {name: made[name] for name in ("id", "createdAt", "lastUpdatedAt")}
    assert await there.status(key) == "cancelled"
    for kind in ("cancel", "update"):
        again = await there.asks(type=kind, bookingId=key)
        assert again["rejectionReason"] == "The booking is over: its status is cancelled."
    await there.booked(60, 120)
    assert await there.asked() == []


async def test_a_body_is_read_leniently(there: Place, api: Client) -> None:
    """Numbers as texts, and extra words, as clients send them."""
    body = {
        "type": "create", "userId": str(there.user), "locationId": str(there.location),
        "startAt": "2026-03-02T09:00:00", "endAt": "2026-03-02T10:00:00.0000000Z", "nonsense": 1,
        "authorizedTokenIds": [],
    }  # fmt: skip
    answer = await api.post(REQUESTS, body, query="cursor=null")
    assert (answer.status, answer.data["startAt"]) == (201, at(60))


async def test_listings_are_filtered(there: Place, api: Client, given: Given) -> None:
    other = int((await given.user())["id"])
    first, second = await there.booked(60, 120, externalId="a"), await there.booked(200, 260, userId=other)
    await there.declined(60, 120)
    await there.asks(type="cancel", bookingId=second)

    async def listed(path: str, query: str) -> list[int]:
        return [row["id"] for row in (await api.get(path, query.replace("+", "%2B"))).data]

    assert await listed(REQUESTS, "") == [1, 2, 3, 4]
    assert await listed(REQUESTS, "filter[status]=rejected") == [3]
    assert await listed(REQUESTS, "filter[status]=pending") == []
    assert await listed(REQUESTS, f"filter[userId]={other}") == [2, 4]
    assert await listed(REQUESTS, f"filter[locationId]={there.location}") == [1, 2, 3, 4]
    assert await listed(REQUESTS, "filter[locationId]=999") == []
    assert await listed(REQUESTS, "filter[externalId]=a") == [1]
    assert await listed(REQUESTS, f"filter[startAfter]={at(200)}") == [2, 4]
    assert await listed(REQUESTS, f"filter[startBefore]={at(60)}") == [1, 3]
    assert await listed(REQUESTS, f"filter[endAfter]={at(121)}") == [2, 4]
    assert await listed(REQUESTS, f"filter[endBefore]={at(120)}") == [1, 3]
    assert await listed(REQUESTS, f"filter[createdAfter]={at(1)}") == []
    assert await listed(REQUESTS, f"filter[createdBefore]={at(1)}") == [1, 2, 3, 4]
    assert await listed(BOOKINGS, "filter[status]=cancelled") == [second]
    assert await listed(BOOKINGS, f"filter[userId]={there.user}") == [first]
    assert await listed(BOOKINGS, f"filter[locationId]={there.location}") == [first, second]
    assert await listed(BOOKINGS, f"filter[startAfter]={at(61)}&filter[startBefore]={at(300)}") == [second]
    assert await listed(BOOKINGS, f"filter[endAfter]={at(120)}&filter[endBefore]={at(120)}") == [first]
    assert (await api.get(BOOKINGS, "filter[status]=lost")).status == 422


async def test_a_partner_books_at_its_own(api: Client, given: Given, gateway: Gateway, there: Place) -> None:
    """At an EVSE of its own charge points, for its own users; the operator's bookings there it sees and may cancel."""
    partner, stranger = await given.client("*", partner_id=71), await given.client("*", partner_id=72)
    await given.partner_contract(71, accessAndPermissions=RESERVES)
    own = PartnersGiven(given.system, api, partner)
    point = await own.charge_point(locationId=(await own.location())["id"])
    outlet = await own.evse(point, bookingEnabled=True)
    user = int((await own.user())["id"])
    body = {"type": "create", "userId": user, "locationId": point["locationId"], "startAt": at(60), "endAt": at(90)}
    made = (await partner.post(REQUESTS, body)).data
    assert made["status"] == "approved"
    theirs = await there.booked(200, 260, locationId=point["locationId"], evseId=outlet["id"])
    foreign = await there.booked(60, 120)
    shown = [[row["id"] for row in (await one.get(BOOKINGS)).data] for one in (partner, stranger, api)]
    assert shown == [[made["bookingId"], theirs], [], [made["bookingId"], theirs, foreign]]
    assert [row["bookingId"] for row in (await partner.get(REQUESTS)).data] == [made["bookingId"], theirs]
    for one, key in ((stranger, theirs), (partner, foreign)):
        answer = await one.post(REQUESTS, {"type": "cancel", "bookingId": key})
        assert list(answer.body["errors"]) == ["bookingId"]
    assert (await partner.post(REQUESTS, {"type": "cancel", "bookingId": theirs})).data["status"] == "approved"
    answer = await partner.post(REQUESTS, body | {"userId": there.user, "locationId": there.location})
    assert list(answer.body["errors"]) == ["userId", "locationId"]
    for client in (partner, stranger):
        await client.close()


async def test_a_partner_books_no_evse_of_others(api: Client, given: Given, gateway: Gateway, there: Place) -> None:
    """At a location where it has a charge point, too."""
    partner = await given.client("*", partner_id=71)
    await given.partner_contract(71, accessAndPermissions=RESERVES)
    own = PartnersGiven(given.system, api, partner)
    made = await given.charge_point(locationId=there.location, partner={"id": 71})
    user = int((await own.user())["id"])
    body = {"type": "create", "userId": user, "locationId": there.location, "startAt": at(60), "endAt": at(90)}
    found = (await partner.post(REQUESTS, body)).data
    assert found["rejectionReason"] == "No EVSE of the location can be booked."
    assert [row["id"] for row in (await partner.get(REQUESTS)).data] == [found["id"]]
    outlet = await given.evse(made, bookingEnabled=True)
    key = (await partner.post(REQUESTS, body)).data["bookingId"]
    assert (await there.shown(key))["bookedEvses"] == [{"id": outlet["id"]}]
    await partner.close()


async def test_a_partners_contract_lets_it_reserve(api: Client, given: Given, gateway: Gateway) -> None:
    """Or not: then nothing is kept of what it asked."""
    partner = await given.client("*", partner_id=71)
    own = PartnersGiven(given.system, api, partner)
    point = await own.charge_point(locationId=(await own.location())["id"])
    await own.evse(point, bookingEnabled=True)
    body = {
        "type": "create", "userId": int((await own.user())["id"]), "locationId": point["locationId"],
        "startAt": at(60), "endAt": at(90),
    }  # fmt: skip
    assert (await partner.post(REQUESTS, body)).status == 403
    assert [(await api.get(path)).data for path in (REQUESTS, BOOKINGS)] == [[], []]
    key = (await api.post(REQUESTS, body)).data["bookingId"]
    for change in ({"type": "update", "startAt": at(70)}, {"type": "cancel"}):
        assert (await partner.post(REQUESTS, {"bookingId": key} | change)).status == 403
    await given.partner_contract(71, accessAndPermissions={"startReservation": True})
    update = {"type": "update", "bookingId": key, "startAt": at(70)}
    assert (await partner.post(REQUESTS, update)).data["status"] == "approved"
    assert (await partner.post(REQUESTS, {"type": "cancel", "bookingId": key})).status == 403
    await partner.close()


async def test_a_sub_operator_books_at_those_of_its_partners(api: Client, given: Given, there: Place) -> None:
    for number in (71, 72):
        await given.partner_of_id(number)
        await given.partner_contract(number, accessAndPermissions=RESERVES)
    made = await given.made("/internal/sub-operators/v1.0", {"name": "Both", "partner_ids": [71, 72]})
    both = await given.client("*", sub_operator_id=made["id"])
    outlets = [
        await given.evse(
            await given.charge_point(locationId=there.location, partner={"id": number}), bookingEnabled=True
        )
        for number in (71, 72, 73)
    ]
    maker = await given.client("*", partner_id=72)
    user = int((await PartnersGiven(given.system, api, maker).user())["id"])
    await maker.close()
    body = {"type": "create", "userId": user, "locationId": there.location, "startAt": at(60), "endAt": at(90)}
    booked = []
    for _ in range(3):
        asked = (await both.post(REQUESTS, body)).data
        booked += [(await there.shown(asked["bookingId"]))["bookedEvses"][0]["id"]] if "bookingId" in asked else []
    assert booked == [one["id"] for one in outlets[:2]]
    assert [row["status"] for row in (await both.get(REQUESTS)).data] == ["approved", "approved", "rejected"]
    assert len((await both.get(BOOKINGS)).data) == 2
    await both.close()


async def test_what_names_its_user_goes_with_the_user(there: Place, api: Client) -> None:
    """And is in the export of what is held of them."""
    user = (await api.get(f"/resources/users/v1.0/{there.user}")).data
    key = await there.booked(60, 120, externalId=f"for {user['email']}")
    found = await fetched((await api.get(export_of(user))).body["downloadUrl"])
    assert found[0] == 200
    assert found[1]["bookings.json"] == [(await api.get(f"{BOOKINGS}/{key}")).data]
    assert found[1]["booking-requests.json"] == (await api.get(REQUESTS)).data
    assert (await api.delete(f"/resources/users/v1.0/{there.user}")).status == 204
    assert user["email"] not in str((await api.get(REQUESTS)).data)
    await there.until(45.2)
    assert await there.status(key) == "cancelled"


@pytest.mark.parametrize("seed", range(4))
async def test_no_evse_is_booked_twice(three: Place, given: Given, seed: int) -> None:
    """Whoever asks at the same time for whatever, and changes and cancels."""
    dice, keys = random.Random(seed), list[int]()

    async def asks() -> None:
        start = dice.randrange(20, 300, 5)
        end = start + dice.randrange(5, 90, 5)
        if keys and dice.random() < 0.4:
            times = {} if dice.random() < 0.3 else {"startAt": at(start), "endAt": at(end)}
            await three.asks(type="update" if times else "cancel", bookingId=dice.choice(keys), **times)
            return
        named = {"evseId": dice.choice(three.here.evses)} if dice.random() < 0.3 else {}
        criteria = dice.choice(({}, {"minPower": 20}, {"connectorType": "type2"}))
        made = await three.books(start, end, evseCriteria=criteria, **named)
        keys.extend([made["bookingId"]] if made["status"] == "approved" else [])

    for _ in range(6):
        await asyncio.gather(*(asks() for _ in range(10)))
    async with given.system.database.read() as tx:
        rows = await tx.all(select(booking).where(booking.c.status == "accepted").order_by(booking.c.start_at))
    assert len(rows) >= 5
    for row in rows:
        for other in rows:
            if row["id"] != other["id"] and row["evse_id"] == other["evse_id"]:
                assert row["end_at"] <= other["holds_from"] or other["end_at"] <= row["holds_from"]


async def test_the_database_says_so_too(three: Place, given: Given) -> None:
    await three.booked(60, 120)
    second = await three.booked(60, 120)
    with pytest.raises(Duplicate, match="ex_booking_evse_id"):
        async with given.system.database.begin() as tx:
            await tx.run(update(booking).where(booking.c.id == second).values(evse_id=three.here.evses[0]))
