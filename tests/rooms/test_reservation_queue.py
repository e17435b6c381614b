"""The queue of reservations: an EVSE that is taken is kept for whoever waits, as soon as it is free."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.charging.reservations import ReservationQueue
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.devices.stations import CancelReservation, RemoteStart, ReserveNow, StationOffline
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, tag
from tests.rooms.test_reservations import LISTING, PATH, reservable, reserved, rules, shown


@pytest.fixture
async def here(api: Client, given: Given, gateway: Gateway) -> Site:
    return await reservable(api, given)


@pytest.fixture
async def user(given: Given) -> int:
    return int((await given.user())["id"])


class Ahead(SystemClock):
    """A minute ahead: whoever waits was not asked just now."""

    def now(self) -> datetime:
        return super().now() + timedelta(minutes=1)


async def looks(here: Site) -> None:
    """The queue looks for EVSEs that are free."""
    queue = ReservationQueue(here.system.database, Ahead())
    await queue.start_due()
    await queue.settled()


async def row(here: Site) -> Any:
    async with here.system.database.read() as tx:
        return await tx.one(select(reservation).order_by(reservation.c.id.desc()))


@pytest.fixture
async def charging(here: Site, given: Given) -> int:
    """Somebody charges at the first EVSE, and reservations may queue: the transaction."""
    await rules(here, enableReservationsQueue=True, reservationTime=20)
    number, _ = await here.starts(await tag(given), here.system.clock.now() - timedelta(minutes=5))
    await here.status("charging")
    return number


async def ends(here: Site, transaction: int) -> None:
    await here.stops(transaction, here.system.clock.now(), 2000)
    await here.status("available")


async def test_an_evse_is_kept_once_it_is_free(
    api: Client,
    here: Site,
    user: int,
    gateway: Gateway,
    charging: int,
) -> None:
    key = await reserved(api, here, user)
    await looks(here)
    assert (gateway.commands, (await shown(api, key))["status"]) == ([], "active")
    assert (await api.post(f"{PATH}/{here.id}/reserve/1", {"userId": user})).status == 406, "it has its next one"
    await ends(here, charging)
    before = here.system.clock.now()
    await looks(here)
    [(station, command)] = gateway.commands
    assert isinstance(command, ReserveNow)
    assert (station, command.reservation_id, command.evse_network_id) == (here.id, key, 1)
    assert timedelta(0) <= command.expires_at - before - timedelta(minutes=20) < timedelta(seconds=5)
    await looks(here)
    assert len(gateway.commands) == 1
    assert ((await row(here))["waits"], (await row(here))["expires_at"]) == (False, command.expires_at)


async def test_nobody_else_begins_in_between(
    api: Client,
    here: Site,
    user: int,
    given: Given,
    charging: int,
) -> None:
    key = await reserved(api, here, user)
    await ends(here, charging)
    _, stranger = await here.starts(await tag(given), here.system.clock.now())
    assert stranger.status == "blocked"
    await given.id_tag(idTagUid="CARD", userId=user)
    _, verdict = await here.starts("CARD", here.system.clock.now(), wh=3000)
    assert (verdict.status, (await shown(api, key))["status"]) == ("accepted", "done")


async def test_who_waits_starts_from_afar_as_soon_as_it_is_free(
    api: Client,
    here: Site,
    user: int,
    gateway: Gateway,
    charging: int,
) -> None:
    await reserved(api, here, user)
    await ends(here, charging)
    started = await api.post(f"{PATH}/{here.id}/start/1", {"userId": user})
    assert started.body["success"] is True, started.body
    prelude, command = [one for _, one in gateway.commands]
    assert isinstance(prelude, ReserveNow)
    assert isinstance(command, RemoteStart)
    assert prelude.expires_at < here.system.clock.now() + timedelta(minutes=21)


async def test_who_waits_may_give_up(
    api: Client,
    here: Site,
    user: int,
    gateway: Gateway,
    charging: int,
) -> None:
    """The station knows nothing of it."""
    key = await reserved(api, here, user)
    gateway.answer = StationOffline()
    assert (await api.post(f"/actions/reservation/v1.0/{key}/cancel")).status == 202
    assert (await shown(api, key))["status"] == "canceled"
    assert not any(isinstance(one, CancelReservation) for _, one in gateway.commands)


@pytest.mark.parametrize(
    ("answer", "status", "waits"),
    [("Occupied", "active", True), (StationOffline(), "active", True), ("Rejected", "canceled", False)],
)
async def test_what_the_station_says_when_it_is_free(
    api: Client,
    here: Site,
    user: int,
    gateway: Gateway,
    charging: int,
    answer: Any,
    status: str,
    waits: bool,
) -> None:
    key = await reserved(api, here, user)
    until = (await row(here))["expires_at"]
    await ends(here, charging)
    gateway.answer = answer
    await looks(here)
    found = await row(here)
    assert (found["status"], found["waits"]) == (status, waits)
    assert not waits or found["expires_at"] == until, "the wait is no longer than it was"
    gateway.answer = "Accepted"
    await looks(here)
    assert (await row(here))["waits"] is False
    assert (await shown(api, key))["status"] == status


async def test_a_station_that_knows_better_is_asked_again(
    api: Client,
    here: Site,
    user: int,
    gateway: Gateway,
) -> None:
    """It says Occupied: a car is plugged in that nobody told of."""
    gateway.answer = "Occupied"
    assert (await api.post(f"{PATH}/{here.id}/reserve/1", {"userId": user})).status == 406
    await rules(here, enableReservationsQueue=True)
    key = await reserved(api, here, user)
    assert (await row(here))["waits"] is True
    gateway.answer = "Accepted"
    await looks(here)
    assert ((await row(here))["waits"], (await shown(api, key))["status"]) == (False, "active")


async def test_what_somebody_else_asked_for_is_not_waited_for(
    api: Client,
    here: Site,
    user: int,
    given: Given,
    gateway: Gateway,
) -> None:
    """A charge that is about to begin would be blocked by whoever waits."""
    await rules(here, enableReservationsQueue=True)
    other = int((await given.user())["id"])
    started = await api.post(f"{PATH}/{here.id}/start/1", {"userId": other})
    assert started.body["success"] is True, started.body
    refused = await api.post(f"{PATH}/{here.id}/reserve/1", {"userId": user})
    assert (refused.status, "occupied" in refused.body["message"]) == (406, True)
    assert (await api.get(LISTING)).data == []
