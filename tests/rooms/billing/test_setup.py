"""Setting up means of payment: two steps, once, whatever happens between them."""

import asyncio
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.events import take
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Money, Refused
from ohmstead.rooms.billing.methods.means import chosen, means_of
from ohmstead.rooms.billing.methods.setup import begin_setup, finish_setup
from ohmstead.rooms.billing.methods.table import setup_request
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user
from tests.given import Given
from tests.rooms.billing.stored_cards import CardGateway, cards, stored

__all__ = ["cards"]


async def ids(system: System, user_id: int, wish: str | None, partner_id: int | None = None) -> list[str | None]:
    async with system.database.read() as tx:
        return [one.id for one in await chosen(tx, user_id, wish, partner_id, tx.now)]


async def test_what_the_provider_needs_to_show_is_kept(system: System, cards: CardGateway) -> None:
    money = Money(Decimal("30.00"), "EUR")
    asked = await begin_setup(system.database, user_id=None, kind="card", return_url="https://back/", shown=money)
    assert cards.calls == [("begin_setup", f"setup-{asked['id']}")]
    assert (asked["status"], asked["reference"], asked["amount"]) == ("begun", "setup-1", Decimal("30.00"))
    assert asked["client"] == {"redirectUrl": "https://pay.example/setup-1", "successUrl": "https://back/"}


async def test_a_request_is_numbered_as_transactions_are(system: System, cards: CardGateway) -> None:
    first = await begin_setup(system.database, user_id=None, kind="card", return_url=None, shown=None)
    second = await begin_setup(system.database, user_id=None, kind="card", return_url=None, shown=None)
    async with system.database.begin() as tx:
        taken = await tx.value(select(setup_request.c.id).where(setup_request.c.id == first["id"] + 1))
    assert taken == second["id"]


async def test_nothing_is_stored_before_a_card_is_entered(system: System, cards: CardGateway) -> None:
    asked = await begin_setup(system.database, user_id=None, kind="card", return_url=None, shown=None)
    assert await finish_setup(system.database, asked["id"]) is None
    assert await finish_setup(system.database, asked["id"] + 99) is None


async def test_finishing_at_once_and_again_stores_one_card(system: System, given: Given, cards: CardGateway) -> None:
    user = int((await given.user())["id"])
    asked = await begin_setup(system.database, user_id=user, kind="card", return_url=None, shown=None)
    cards.enter(asked)
    rows = await asyncio.gather(*(finish_setup(system.database, asked["id"]) for _ in range(4)))
    calls = list(cards.calls)
    rows.append(await finish_setup(system.database, asked["id"]))
    assert cards.calls == calls  # it is not asked for what is known
    assert len({one["id"] for one in rows if one}) == 1
    assert rows[0] is not None
    assert rows[0]["is_default"]


async def test_a_declined_card_says_why_and_another_may_be_entered(system: System, cards: CardGateway) -> None:
    asked = await begin_setup(system.database, user_id=None, kind="card", return_url=None, shown=None)
    cards.script("finish_setup", Refused("Your card was declined."))
    with pytest.raises(Refused, match="declined"):
        await finish_setup(system.database, asked["id"])
    cards.enter(asked)
    assert await finish_setup(system.database, asked["id"]) is not None


async def test_a_provider_that_is_away_changes_nothing(system: System, cards: CardGateway) -> None:
    asked = await begin_setup(system.database, user_id=None, kind="card", return_url=None, shown=None)
    cards.enter(asked)
    cards.script("finish_setup", GatewayError("no answer"))
    with pytest.raises(GatewayError):
        await finish_setup(system.database, asked["id"])
    assert await finish_setup(system.database, asked["id"]) is not None


async def test_the_provider_says_that_it_was_entered(system: System, cards: CardGateway) -> None:
    asked = await begin_setup(system.database, user_id=None, kind="card", return_url=None, shown=None)
    cards.enter(asked)
    for name, setup in (("no", "setup-99"), ("yes", asked["reference"]), ("yes", asked["reference"])):
        await take(system.database, cards.name, *cards.event(name, setup=setup))
    cards.script("finish_setup", AssertionError("it is known"))
    assert await finish_setup(system.database, asked["id"]) is not None


async def test_one_card_is_not_two_peoples(system: System, given: Given, cards: CardGateway) -> None:
    await stored(system, cards, int((await given.user())["id"]), token="same")
    with pytest.raises(Refused, match="before"):
        await stored(system, cards, int((await given.user())["id"]), token="same")


async def test_the_card_of_who_is_deleted_meanwhile_is_not_kept(
    system: System, given: Given, cards: CardGateway
) -> None:
    user = int((await given.user())["id"])
    asked = await begin_setup(system.database, user_id=user, kind="card", return_url=None, shown=None)
    async with system.database.begin() as tx:
        await tx.run(update(ev_user).where(ev_user.c.id == user).values(deleted_at=tx.now))
    cards.enter(asked)
    with pytest.raises(Refused, match="deleted"):
        await finish_setup(system.database, asked["id"])


async def test_means_come_in_turn_and_a_wish_chooses(system: System, given: Given, cards: CardGateway) -> None:
    user = int((await given.user())["id"])
    first, second, third = [str(await stored(system, cards, user)) for _ in range(3)]
    old = str(await stored(system, cards, user, exp_month=1, exp_year=2020))
    for partner_id, only in ((7, False), (8, True)):
        await given.corporate_account(partner_id, user, only_at_partner=only)
    assert await ids(system, user, "auto") == [first, third, second, "corporate:7", None]
    assert await ids(system, user, "auto", partner_id=8) == [first, third, second, "corporate:7", "corporate:8", None]
    assert await ids(system, user, second) == [second]
    assert [await ids(system, user, wish) for wish in (old, "999", "corporate:8", "subscription")] == [[]] * 4
    assert await ids(system, user, "corporate:8", partner_id=8) == ["corporate:8"]
    assert await ids(system, user, None) == await ids(system, user, "balance") == [None]


async def test_a_card_is_good_to_the_end_of_its_month(system: System, given: Given, cards: CardGateway) -> None:
    user = int((await given.user())["id"])
    async with system.database.read() as tx:
        now = tx.now
    await stored(system, cards, user, exp_month=now.month, exp_year=now.year)
    async with system.database.read() as tx:
        assert not (await means_of(tx, user, now))[0].expired
        assert (await means_of(tx, user, now + timedelta(days=32)))[0].expired


async def test_with_many_taxes_there_are_no_balances(system: System, given: Given) -> None:
    user = int((await given.user())["id"])
    tax = await given.tax()
    async with system.database.begin() as tx:
        await settings.put(tx, "defaultTax", id=tax["id"], enableMultiTaxSupport=True)
    assert await ids(system, user, "auto") == await ids(system, user, None) == []
