"""Reservations: who may keep an EVSE free, who may charge there meanwhile, and how it ends."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select, update

from ohmstead.rooms.charging import flow, reservations
from ohmstead.rooms.charging.facts import ReservationEnded
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.devices import presence
from ohmstead.rooms.devices.facts import Connected
from ohmstead.rooms.devices.stations import (
    CancelReservation,
    RemoteStart,
    ReserveNow,
    StationOffline,
    StationRefused,
)
from ohmstead.rooms.operator import settings
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag

PATH = "/actions/charge-point/v1.0"
LISTING = "/resources/reservations/v1.0"


@pytest.fixture
async def here(api: Client, given: Given, gateway: Gateway) -> Site:
    return await reservable(api, given)


async def reservable(api: Client, given: Given) -> Site:
    """Two EVSEs that may be reserved."""
    found = await site(given, evses=2)
    for outlet in found.evses:
        path = f"/resources/charge-points/v2.0/{found.id}/evses/{outlet}"
        assert (await api.patch(path, {"allowsReservation": True})).status == 200
    return found


@pytest.fixture
async def user(given: Given) -> int:
    return int((await given.user())["id"])


async def reserved(api: Client, here: Site, user: int, number: int = 1) -> int:
    """The number of the reservation that was made."""
    answer = await api.post(f"{PATH}/{here.id}/reserve/{number}", {"userId": user})
    assert answer.status == 202, answer.body
    assert answer.body["success"] is True
    return answer.body["reservationId"]


async def shown(api: Client, key: int) -> Any:
    return (await api.get(f"{LISTING}/{key}")).data


async def rules(here: Site, **values: Any) -> None:
    async with here.system.database.begin() as tx:
        await settings.put(tx, "reservations", **values)


async def test_an_evse_is_reserved(api: Client, here: Site, user: int, gateway: Gateway, given: Given) -> None:
    await rules(here, reservationTime=20)
    before = here.system.clock.now()
    key = await reserved(api, here, user, 2)
    [(station, command)] = gateway.commands
    assert isinstance(command, ReserveNow)
    assert (station, command.reservation_id, command.evse_network_id) == (here.id, key, 2)
    assert (command.id_tag, command.parent) == (f"R{key:07d}", f"user{user}")
    assert timedelta(0) <= command.expires_at - before - timedelta(minutes=20) < timedelta(seconds=5)
    found = await shown(api, key)
    told = {
        "id": key, "chargePointId": here.id, "evseId": here.evses[1], "status": "active", "userId": user,
        "canceledAt": None, "duration": 20,
    }  # fmt: skip
    assert found == told | {name: found[name] for name in ("reservedAt", "lastUpdatedAt")}
    assert before - timedelta(seconds=1) <= datetime.fromisoformat(found["reservedAt"]) <= here.system.clock.now()


async def test_a_users_card_is_the_tag(api: Client, here: Site, user: int, gateway: Gateway, given: Given) -> None:
    await given.id_tag(idTagUid="CARD", userId=user)
    await reserved(api, here, user)
    command = gateway.commands[0][1]
    assert isinstance(command, ReserveNow)
    assert command.id_tag == "CARD"


@pytest.mark.parametrize("refusal", ["Occupied", "Rejected", StationOffline(), StationRefused("NotImplemented")])
async def test_a_station_that_will_not(api: Client, here: Site, user: int, gateway: Gateway, refusal: Any) -> None:
    gateway.answer = refusal
    answer = await api.post(f"{PATH}/{here.id}/reserve/1", {"userId": user})
    assert answer.status == 406
    assert (refusal if isinstance(refusal, str) else str(refusal)) in answer.body["message"]
    assert (await api.get(LISTING)).data == []
    gateway.answer = "Accepted"
    await reserved(api, here, user)


async def test_what_cannot_be_reserved(api: Client, here: Site, user: int, gateway: Gateway, given: Given) -> None:
    async def why(number: int = 1) -> str:
        answer = await api.post(f"{PATH}/{here.id}/reserve/{number}", {"userId": user})
        assert answer.status == 406
        return answer.body["message"]

    await here.status("faulted")
    assert "faulted" in await why()
    await here.status("available")
    await here.starts(await tag(given))
    assert "occupied" in await why()
    await reserved(api, here, user, 2)
    assert "reserved already" in await why(2)
    path = f"/resources/charge-points/v2.0/{here.id}/evses/{here.evses[0]}"
    await api.patch(path, {"allowsReservation": False})
    assert "does not allow" in await why()
    await rules(here, enableReservations=False)
    assert "disabled" in await why()
    assert len(gateway.commands) == 1
    assert (await api.post(f"{PATH}/{here.id}/reserve/3", {"userId": user})).status == 404
    assert (await api.post(f"{PATH}/999/reserve/1", {"userId": user})).status == 404


async def test_users_have_their_limits(api: Client, here: Site, user: int, gateway: Gateway) -> None:
    async def wrong(body: dict[str, Any]) -> str:
        answer = await api.post(f"{PATH}/{here.id}/reserve/1", body)
        assert (answer.status, list(answer.body["errors"])) == (422, ["userId"])
        return answer.body["errors"]["userId"][0]

    assert "required" in await wrong({})
    assert "invalid" in await wrong({"userId": 999})
    await rules(here, maxReservationsPerDayPerUser=2, cooldownTimeBetweenReservations=10)
    first = await reserved(api, here, user)
    assert (await api.post(f"/actions/reservation/v1.0/{first}/cancel")).status == 202
    assert "again before" in await wrong({"userId": user})
    async with here.system.database.begin() as tx:
        await tx.run(update(reservation).values(ended_at=tx.now - timedelta(minutes=11)))
    await reserved(api, here, user)
    assert "no more" in await wrong({"userId": user})


async def test_it_is_canceled(api: Client, here: Site, user: int, gateway: Gateway) -> None:
    key = await reserved(api, here, user)
    path = f"/actions/reservation/v1.0/{key}/cancel"
    gateway.answer = "Rejected"
    refused = await api.post(path, {"reason": None})
    assert (refused.status, (await shown(api, key))["status"]) == (406, "active")
    gateway.answer = "Accepted"
    assert (await api.post(path, {"reason": "Plans changed"})).status == 202
    assert gateway.commands[-1] == (here.id, CancelReservation(reservation_id=key))
    found = await shown(api, key)
    assert (found["status"], found["canceledAt"] is not None) == ("canceled", True)
    again = await api.post(path)
    assert (again.status, "canceled" in again.body["message"]) == (406, True)
    assert (await api.post("/actions/reservation/v1.0/999/cancel")).status == 404


async def test_force_cancels_whatever_the_station_says(api: Client, here: Site, user: int, gateway: Gateway) -> None:
    key = await reserved(api, here, user)
    gateway.answer = StationOffline()
    assert (await api.post(f"/actions/reservation/v1.0/{key}/cancel", {"force": True})).status == 202
    assert (await shown(api, key))["status"] == "canceled"


async def test_it_expires_by_the_clock(api: Client, here: Site, user: int) -> None:
    key = await reserved(api, here, user)
    async with here.system.database.begin() as tx:
        assert await reservations.expire(tx) == 0
        await tx.run(update(reservation).values(expires_at=tx.now))
        assert await reservations.expire(tx) == 1
        assert await reservations.expire(tx) == 0
    assert ((await shown(api, key))["status"], (await shown(api, key))["canceledAt"]) == ("expired", None)
    await reserved(api, here, user)


async def test_one_that_ran_out_unnoticed_stands_in_nobodys_way(api: Client, here: Site, user: int) -> None:
    key = await reserved(api, here, user)
    async with here.system.database.begin() as tx:
        await tx.run(update(reservation).values(expires_at=tx.now))
    await reserved(api, here, user)
    assert (await shown(api, key))["status"] == "expired"


async def test_its_user_starts_there_with_a_card(api: Client, here: Site, given: Given, user: int) -> None:
    await given.id_tag(idTagUid="CARD", userId=user)
    key = await reserved(api, here, user)
    now = here.system.clock.now()
    fact = structs.replace(here.start("CARD", now, 1000), reservation_id=key)
    _, verdict = await here.tells(flow.charge_started, fact)
    assert verdict.status == "accepted"
    assert (await shown(api, key))["status"] == "done"


async def test_its_user_needs_no_number_to_use_it(api: Client, here: Site, given: Given, user: int) -> None:
    await given.id_tag(idTagUid="CARD", userId=user)
    key = await reserved(api, here, user)
    _, verdict = await here.starts("CARD", here.system.clock.now())
    assert (verdict.status, (await shown(api, key))["status"]) == ("accepted", "done")


async def test_another_is_blocked_there(api: Client, here: Site, given: Given, user: int) -> None:
    other = await tag(given)
    key = await reserved(api, here, user)
    now = here.system.clock.now()
    _, verdict = await here.starts(other, now)
    assert (verdict.status, (await shown(api, key))["status"]) == ("blocked", "active")
    _, again = await here.starts(other, now)
    assert again.status == "blocked"
    _, elsewhere = await here.starts(await tag(given), now, number=2)
    assert elsewhere.status == "accepted"


async def test_a_start_before_the_reservation_is_told_late(api: Client, here: Site, given: Given, user: int) -> None:
    other = await tag(given)
    key = await reserved(api, here, user)
    _, verdict = await here.starts(other, here.system.clock.now() - timedelta(hours=1))
    assert (verdict.status, (await shown(api, key))["status"]) == ("accepted", "active")


async def test_its_user_starts_there_from_afar(
    api: Client, here: Site, user: int, gateway: Gateway, given: Given
) -> None:
    key = await reserved(api, here, user)
    await here.status("reserved")
    other = int((await given.user())["id"])
    for stranger in ({"userId": other}, {}):
        refused = await api.post(f"{PATH}/{here.id}/start/1", stranger)
        assert (refused.status, refused.body["success"]) == (202, False)
        assert refused.body["message"] == "The EVSE is reserved."
    started = await api.post(f"{PATH}/{here.id}/start/1", {"userId": user})
    assert started.body["success"] is True, started.body
    (_, prelude), (_, command) = gateway.commands[-2:]
    assert isinstance(prelude, ReserveNow)
    assert isinstance(command, RemoteStart)
    assert (prelude.reservation_id, prelude.id_tag) == (key, command.id_tag)
    await here.starts(command.id_tag, here.system.clock.now())
    assert (await shown(api, key))["status"] == "done"


async def test_the_listing_is_filtered(api: Client, here: Site, given: Given, user: int) -> None:
    other = int((await given.user())["id"])
    first, second = await reserved(api, here, user), await reserved(api, here, other, 2)
    await api.post(f"/actions/reservation/v1.0/{second}/cancel")

    async def listed(query: str) -> list[int]:
        return [row["id"] for row in (await api.get(LISTING, query)).data]

    assert await listed("") == [first, second]
    assert await listed(f"filter[userId]={other}") == [second]
    assert await listed(f"filter[evseId]={here.evses[0]}") == [first]
    assert await listed("filter[status]=canceled") == [second]
    assert await listed("filter[reservedFrom]=2020-01-01T00:00:00Z") == [first, second]
    assert await listed("filter[reservedTo]=2020-01-01T00:00:00Z") == []
    assert (await api.get(LISTING, "filter[status]=lost")).status == 422
    assert (await api.get(f"{LISTING}/999")).status == 404


async def test_a_partner_sees_its_own(api: Client, here: Site, given: Given, user: int) -> None:
    key = await reserved(api, here, user)
    stranger = await given.client("*", partner_id=77)
    try:
        assert (await stranger.get(LISTING)).data == []
        assert (await stranger.post(f"/actions/reservation/v1.0/{key}/cancel")).status == 404
    finally:
        await stranger.close()


async def lets_go(here: Site, key: int, how: Any) -> None:
    fact = ReservationEnded(charge_point_id=here.id, reservation_id=key, how=how, received_at=here.system.clock.now())
    await here.tells(reservations.reservation_released, fact)


@pytest.mark.parametrize(("how", "status"), [("expired", "expired"), ("removed", "canceled")])
async def test_a_station_lets_go(api: Client, here: Site, user: int, how: str, status: str) -> None:
    key = await reserved(api, here, user)
    await lets_go(here, key, how)
    found = await shown(api, key)
    assert (found["status"], found["canceledAt"] is None) == (status, how == "expired")
    assert (await api.post(f"{PATH}/{here.id}/reserve/1", {"userId": user})).status == 202
    await lets_go(here, key, "removed" if how == "expired" else "expired")  # told twice, and otherwise
    assert await shown(api, key) == found


async def test_a_station_lets_go_of_its_own_alone(api: Client, here: Site, user: int, given: Given) -> None:
    key = await reserved(api, here, user)
    other = await site(given)
    await lets_go(other, key, "removed")
    await lets_go(here, 2**40, "removed")
    assert (await shown(api, key))["status"] == "active"


async def test_a_station_that_tells_of_the_end_before_it_answers(
    api: Client, here: Site, user: int, gateway: Gateway
) -> None:
    key = await reserved(api, here, user)

    async def hasty(command: Any) -> str:
        await lets_go(here, key, "removed")
        return "Accepted"

    gateway.answer = hasty
    assert (await api.post(f"/actions/reservation/v1.0/{key}/cancel")).status == 202
    assert (await shown(api, key))["status"] == "canceled"


async def test_what_ran_out_while_the_station_was_away(api: Client, here: Site, user: int) -> None:
    """Here it expires by our clock; what the station says when it is back is old news."""
    key = await reserved(api, here, user)
    async with here.system.database.begin() as tx:
        await tx.run(update(reservation).values(expires_at=tx.now))
        assert await reservations.expire(tx) == 1
    before = await shown(api, key)
    await lets_go(here, key, "removed")
    assert await shown(api, key) == before


async def out(here: Site, status: Any, number: int = 1) -> None:
    """The EVSE, or as number 0 the charge point, is in a state, and whoever has to know does."""
    await here.status(status, number)
    await here.system.outbox.drain()


async def of_version(here: Site, version: str) -> None:
    fact = Connected(charge_point_id=here.id, version=version, remote_ip="::1", at=here.system.clock.now())
    await here.tells(presence.connected, fact)


@pytest.mark.parametrize("status", ["faulted", "unavailable"])
async def test_an_evse_that_is_out_is_kept_for_nobody(api: Client, here: Site, user: int, status: str) -> None:
    """OCPP 1.6, 5.13: the charge point forgets it, and says nothing of that."""
    key, other = await reserved(api, here, user), await reserved(api, here, user, 2)
    await out(here, "reserved")
    assert (await shown(api, key))["status"] == "active"
    await out(here, status)
    found = await shown(api, key)
    assert (found["status"], found["canceledAt"] is not None) == ("canceled", True)
    async with here.system.database.read() as tx:
        why = await tx.value(select(reservation.c.cancel_reason).where(reservation.c.id == key))
    assert why == f"The EVSE is {status}"
    assert (await shown(api, other))["status"] == "active"


async def test_a_charge_point_that_is_out_keeps_none(api: Client, here: Site, user: int) -> None:
    keys = [await reserved(api, here, user, number) for number in (1, 2)]
    await out(here, "faulted", 0)
    assert [(await shown(api, key))["status"] for key in keys] == ["canceled"] * 2


async def test_one_of_2_0_1_says_itself_what_it_keeps(api: Client, here: Site, user: int) -> None:
    await of_version(here, "2.0.1")
    key = await reserved(api, here, user)
    await out(here, "faulted")
    assert (await shown(api, key))["status"] == "active"


async def test_one_made_after_it_was_mended_stays(api: Client, here: Site, user: int) -> None:
    """What is told of the outage comes late."""
    await here.status("faulted")
    await here.status("available")
    key = await reserved(api, here, user)
    async with here.system.database.begin() as tx:
        await tx.run(update(reservation).values(reserved_at=tx.now + timedelta(seconds=5)))
    await here.system.outbox.drain()
    assert (await shown(api, key))["status"] == "active"
