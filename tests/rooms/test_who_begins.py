"""Who begins a charge: a user whose own session there ends, who ordered it, who has it reserved, who presents what."""

from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import insert, select, update

from ohmstead.app.system import System
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.facts import TagPresented
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.tags import remote_tag
from ohmstead.rooms.devices.configuration.table import configuration_variable
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, later, site, tag


async def _user(given: Given, card: str, **fields: Any) -> int:
    user = int((await given.user(**fields))["id"])
    await given.id_tag(idTagUid=card, userId=user, idLabel=f"Label of {card}")
    return user


async def _starts(here: Site, card: str, **facts: Any) -> Any:
    """A start now, its verdict's status."""
    at = here.system.clock.now()
    fact = structs.replace(here.start(card, at, ref=f"{card}/{at}"), **facts)
    return (await here.tells(flow.charge_started, fact))[1].status


async def _rows(system: System, table: Any) -> list[Any]:
    async with system.database.read() as tx:
        return await tx.all(select(table).order_by(table.c.id))


@pytest.mark.parametrize("allowed", ["single_session", "simultaneous_use_of_idtags"])
async def test_ones_own_session_there_ends_with_the_start(given: Given, allowed: str) -> None:
    here, card = await site(given, evses=2), await tag(given, options={"sessionsAllowed": allowed})
    await here.starts(card, later(0))
    number, verdict = await here.starts(card, later(5), 2000)
    assert verdict.status == "accepted"
    assert [row["status"] for row in await here.sessions()] == ["finished", "active"]
    assert (await here.starts(card, later(6), 2100, number=2))[1].status == "concurrent"
    assert (await here.starts(card, later(5), 2000)) == (number, verdict)


@pytest.mark.parametrize("names_the_order", [False, True])
async def test_a_card_fulfils_what_its_user_ordered_there(
    api: Client, given: Given, gateway: Gateway, names_the_order: bool
) -> None:
    here = await site(given, evses=2)
    user = await _user(given, "CARD")
    order = {"userId": user, "paymentMethodId": "balance"}
    path = f"/actions/charge-point/v1.0/{here.id}/start/1"
    told = (await api.post(path, order)).body
    assert told["success"]
    assert (await here.presents("card")).status == "accepted"
    facts = {"remote_start_id": told["sessionId"], "transaction_ref": "tx"} if names_the_order else {}
    assert await _starts(here, "card", **facts) == "accepted"
    row = await here.only_session()
    assert (row["id"], row["status"], row["remote"]) == (told["sessionId"], "active", True)
    assert (row["authorization_id"], row["payment_method_id"]) == (told["authorizationId"], "balance")
    if not names_the_order:
        assert (row["id_tag"], row["id_tag_label"]) == ("card", "Label of CARD")
        await here.stops(-1, here.system.clock.now(), 1000, id_tag="CARD")  # and it ends it
        assert (await here.only_session())["status"] == "finished"


async def test_an_order_is_not_fulfilled_elsewhere_by_others_or_by_a_card_that_is_blocked(
    api: Client, given: Given, gateway: Gateway, system: System
) -> None:
    here = await site(given, evses=2)
    user = await _user(given, "OWN")
    await given.id_tag(idTagUid="LOST", userId=user, status="disabled")
    await _user(given, "OTHER")
    order = (await api.post(f"/actions/charge-point/v1.0/{here.id}/start/1", {"userId": user})).body["sessionId"]
    assert await _starts(here, "OWN", evse_network_id=2) == "concurrent"
    assert await _starts(here, "LOST") == "blocked"
    assert await _starts(here, "OTHER") == "accepted"
    first, *_ = await here.sessions()
    assert (first["id"], first["status"]) == (order, "pending")


async def test_an_order_that_began_is_not_begun_again_by_the_number_of_it(
    api: Client, given: Given, gateway: Gateway
) -> None:
    here = await site(given)
    await _user(given, "OTHER")
    user = await _user(given, "OWN")
    order = (await api.post(f"/actions/charge-point/v1.0/{here.id}/start/1", {"userId": user})).body["sessionId"]
    assert await _starts(here, remote_tag(order)) == "accepted"
    assert await _starts(here, "OTHER", remote_start_id=order, transaction_ref="tx") == "accepted"
    assert len({row["user_id"] for row in await here.sessions()}) == 2


async def _reserved(api: Client, here: Site, user: int, number: int = 1) -> int:
    answer = await api.post(f"/actions/charge-point/v1.0/{here.id}/reserve/{number}", {"userId": user})
    return answer.body["reservationId"]


@pytest.fixture
async def held(api: Client, given: Given, gateway: Gateway) -> tuple[Site, int, int]:
    """Two EVSEs reserved for A and B, the site and the numbers."""
    here = await site(given, evses=3)
    keys = []
    for number, card in ((1, "A"), (2, "B")):
        user = await _user(given, card)
        outlet = f"/resources/charge-points/v2.0/{here.id}/evses/{here.evses[number - 1]}"
        await api.patch(outlet, {"allowsReservation": True})
        keys.append(await _reserved(api, here, user, number))
    return here, keys[0], keys[1]


@pytest.mark.parametrize("number", [None, 0, -1, "own", "there", 2**31, 2**40])
async def test_no_number_opens_what_is_reserved_for_another(held: tuple[Site, int, int], number: Any) -> None:
    here, there, own = held
    meant = {"own": own, "there": there}.get(number, number)
    assert await _starts(here, "B", reservation_id=meant) == "blocked"
    assert [row["status"] for row in await _rows(here.system, reservation)] == ["active", "active"]


@pytest.mark.parametrize("number", [None, 0, -1, "own", "there", 2**31, 2**40])
async def test_its_user_may_begin_whatever_number_is_named(held: tuple[Site, int, int], number: Any) -> None:
    here, there, elsewhere = held
    meant = {"own": elsewhere, "there": there}.get(number, number)
    assert await _starts(here, "A", reservation_id=meant) == "accepted"
    assert [row["status"] for row in await _rows(here.system, reservation)] == ["done", "active"]


async def test_the_number_counts_where_nobody_is_known(held: tuple[Site, int, int], api: Client, given: Given) -> None:
    here, there, elsewhere = held
    await api.patch(f"/resources/charge-points/v2.0/{here.id}", {"autoStartWithoutAuthorization": True})
    assert await _starts(here, "", reservation_id=elsewhere) == "blocked"
    assert await _starts(here, "", reservation_id=there) == "accepted"
    assert [row["status"] for row in await _rows(here.system, reservation)] == ["done", "active"]


async def _presents(here: Site, card: str, kind: str | None) -> str:
    fact = TagPresented(charge_point_id=here.id, id_tag=card, received_at=here.system.clock.now(), token_type=kind)
    return (await here.tells(flow.authorize, fact)).status


async def _demands(here: Site, value: str) -> None:
    """The station's AuthCtrlr.Enabled, as it told it."""
    async with here.system.database.begin() as tx:
        facts = {"charge_point_id": here.id, "name": "Enabled", "component_name": "AuthCtrlr", "value": value}
        moments = dict.fromkeys(("reported_at", "created_at", "updated_at"), tx.now)
        await tx.run(insert(configuration_variable).values(readonly=False, required=False, **facts, **moments))


@pytest.mark.parametrize(("said", "status"), [(None, "accepted"), ("false", "accepted"), ("True", "invalid")])
async def test_a_start_button_is_accepted_where_the_station_does_not_demand_more(
    given: Given, said: str | None, status: str
) -> None:
    """OCPP 2.0.1, C02.FR.02."""
    here = await site(given)
    if said is not None:
        await _demands(here, said)
    assert await _presents(here, "", "NoAuthorization") == status
    assert await _starts(here, "", token_type="NoAuthorization", transaction_ref="tx") == status
    row = await here.only_session()
    assert (row["status"], row["user_id"], row["id_tag"]) == ("active", None, None)
    (made,) = await _rows(here.system, authorization)
    assert (made["token_type"], made["id_tag_uid"], made["id"]) == ("NoAuthorization", None, row["authorization_id"])


async def test_nobody_without_a_button_is_not_let_in(given: Given) -> None:
    here = await site(given)
    for kind in (None, "Central", "ISO14443", "KeyCode"):
        assert await _presents(here, "", kind) == "invalid"


@pytest.mark.parametrize("kind", ["KeyCode", "Central"])
async def test_what_is_no_card_does_not_open_what_a_card_opens(given: Given, kind: str) -> None:
    here, card = await site(given, evses=3), await tag(given)
    assert await _presents(here, card, kind) == "invalid"
    assert await _presents(here, card, "ISO14443") == "accepted"
    assert await _starts(here, card, token_type=kind, transaction_ref="2") == "accepted"  # mislabelled
    assert await _presents(here, card, kind) == "accepted"  # to end it
    assert await _starts(here, card, token_type=kind, transaction_ref="3", evse_network_id=2) == "invalid"


async def test_a_card_presented_long_ago_vouches_for_no_code(given: Given) -> None:
    here, card = await site(given), await tag(given)
    await _presents(here, card, "ISO14443")
    async with here.system.database.begin() as tx:
        await tx.run(update(authorization).values(created_at=later(0)))
    assert await _starts(here, card, token_type="KeyCode", transaction_ref="1") == "invalid"


@pytest.mark.parametrize("kind", ["ISO14443", "ISO15693", "Local", "eMAID", "MacAddress", "Unheard", None])
async def test_other_types_are_matched_by_their_value_and_kept(given: Given, kind: str | None) -> None:
    here, card = await site(given), await tag(given)
    assert await _presents(here, card, kind) == "accepted"
    (made,) = await _rows(here.system, authorization)
    assert made["token_type"] == kind


async def test_what_we_issued_is_central(api: Client, given: Given, gateway: Gateway) -> None:
    here = await site(given)
    order = (await api.post(f"/actions/charge-point/v1.0/{here.id}/start/1")).body["sessionId"]
    assert await _presents(here, remote_tag(order), "Central") == "accepted"
    assert await _starts(here, remote_tag(order), token_type="Central", transaction_ref="tx") == "accepted"
    assert (await here.only_session())["id"] == order
