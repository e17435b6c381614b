"""Tariffs by which nobody charges whom they are for: cards, starts by themselves and reservations are refused; what has
begun nevertheless is a session."""

import asyncio
from typing import Any

import pytest

from ohmstead.app.system import System
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.charging.control import Autostart
from ohmstead.rooms.charging.facts import TagVerdict
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, site, tag
from tests.rooms.tariff_rows import FORBIDDEN, FREE, tariffs_at


async def authorizations(api: Client) -> list[tuple[str, str | None]]:
    """Status and reason of each, oldest first."""
    found = (await api.get("/resources/authorizations/v2.0")).data
    return [(one["status"], one["rejectionReason"]) for one in found]


@pytest.fixture
async def here(given: Given) -> Site:
    """Two EVSEs without a tariff."""
    return await site(given, evses=2)


async def test_a_card_is_refused_and_what_begins_is_a_session(api: Client, given: Given, here: Site) -> None:
    await tariffs_at(here.system, here.evses, FORBIDDEN)
    card = await tag(given)
    assert (await here.presents(card)).status == "charging_not_allowed"
    _, verdict = await here.starts(card)
    assert verdict.status == "charging_not_allowed"
    assert await authorizations(api) == [("rejected", "charging_not_allowed")]
    begun = await here.only_session()
    assert (begun["status"], begun["authorization_id"]) == ("active", 1)
    _, again = await here.starts(card)
    assert again.status == "charging_not_allowed"


@pytest.mark.parametrize(("number", "status"), [(1, "charging_not_allowed"), (2, "accepted")])
async def test_where_one_evse_is_good_the_card_is_good_there(
    api: Client, given: Given, here: Site, number: int, status: Any
) -> None:
    await tariffs_at(here.system, here.evses[:1], FORBIDDEN)
    card = await tag(given)
    verdict = await here.presents(card)
    assert (verdict.status, verdict.evses) == ("accepted", (2,))
    assert (await here.starts(card, number=number))[1].status == status


async def test_it_depends_on_who_comes(api: Client, given: Given, here: Site) -> None:
    group = (await given.user_group())["id"]
    await tariffs_at(here.system, here.evses, FORBIDDEN, FREE | {"restrictions": {"applyToUserGroupIds": [group]}})
    member, other = await tag(given, userGroupIds=[group]), await tag(given)
    assert await here.presents(member) == TagVerdict(status="accepted", parent="user1")
    assert (await here.presents(other)).status == "charging_not_allowed"


@pytest.mark.parametrize(("start", "status"), [("2020-01-01", "charging_not_allowed"), ("2999-01-01", "accepted")])
async def test_it_depends_on_the_day(given: Given, here: Site, start: str, status: Any) -> None:
    await tariffs_at(here.system, here.evses, FREE, FORBIDDEN | {"restrictions": {"startDate": start}})
    assert (await here.starts(await tag(given)))[1].status == status


async def test_who_charges_may_end_that(given: Given, here: Site) -> None:
    card = await tag(given)
    await here.starts(card)
    await tariffs_at(here.system, here.evses, FORBIDDEN)
    assert (await here.presents(card)).status == "accepted"
    owner = (await here.only_session())["user_id"]
    other = (await given.id_tag(userId=owner))["idTagUid"]
    assert (await here.presents(other)).status == "accepted"


async def test_a_card_that_is_no_good_is_still_that(given: Given, here: Site) -> None:
    await tariffs_at(here.system, here.evses, FORBIDDEN)
    assert (await here.presents("NOBODYS")).status == "invalid"


async def test_nothing_begins_by_itself(system: System, given: Given, gateway: Gateway) -> None:
    refused, taken = [await site(given, autoStartWithoutAuthorization=True) for _ in range(2)]
    await tariffs_at(system, refused.evses, FORBIDDEN)
    watching = asyncio.create_task(Autostart(system.database, SystemClock(speed=1000)).run())
    try:
        for here in (refused, taken):
            await here.status("preparing")
        await gateway.asked.wait()
        assert [station for station, _ in gateway.commands] == [taken.id]
    finally:
        watching.cancel()
    _, verdict = await refused.starts("ANY", number=1)
    assert verdict.status == "charging_not_allowed"


async def test_no_evse_is_reserved_for_whom_it_is_no_good(
    api: Client, given: Given, here: Site, gateway: Gateway
) -> None:
    user = (await given.user())["id"]
    await api.patch(f"/resources/charge-points/v2.0/{here.id}/evses/{here.evses[0]}", {"allowsReservation": True})
    await tariffs_at(here.system, here.evses, FORBIDDEN)
    answer = await api.post(f"/actions/charge-point/v1.0/{here.id}/reserve/1", {"userId": int(user)})
    assert (answer.status, list(answer.body["errors"])) == (422, ["userId"])
    assert gateway.commands == []
