"""The embedded gateway: what every provider does, and the misfortunes that its test cards bring."""

import asyncio
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, text

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.rooms.billing.gateways.embedded import EmbeddedGateway, cards, setups
from ohmstead.rooms.billing.gateways.embedded.delivering import EmbeddedEvents, written
from ohmstead.rooms.billing.gateways.embedded.known_cards import KNOWN_CARDS
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_event
from ohmstead.rooms.billing.gateways.events import setup_told
from ohmstead.rooms.billing.gateways.gateway import (
    Card,
    GatewayError,
    Gateways,
    Money,
    Refused,
    Setup,
    gateways,
)
from tests.client import Client
from tests.conftest import Full
from tests.rooms.billing.gateway_contract import GatewayContract, euros, key
from tests.rooms.later import Later


@pytest.fixture
def provider(system: System, later: Later) -> EmbeddedGateway:
    """By a clock that stands still."""
    return EmbeddedGateway(later.database, later.clock, system.vault.secret("embedded gateway"))


class Told:
    """What the gateway told, and its cards, by the clock of its tests."""

    def __init__(self, later: Later) -> None:
        self.later = later

    async def card(self, number: str) -> Card:
        """A card in its vault."""
        async with self.later.database.begin() as tx:
            return cards.shown(await cards.store(tx, KNOWN_CARDS[number], 12, 2049))

    async def rows(self) -> list[Any]:
        """Its events, the oldest first."""
        async with self.later.database.read() as tx:
            return await tx.all(select(embedded_event).order_by(embedded_event.c.id))

    async def due(self) -> list[tuple[str, float]]:
        """What will be sent by itself: of each kind in how many s."""
        now = self.later.clock.now()
        return [(row["kind"], (row["due_at"] - now).total_seconds()) for row in await self.rows() if row["due_at"]]


@pytest.fixture
def told(later: Later) -> Told:
    return Told(later)


class TestEmbeddedGateway(GatewayContract):
    @pytest.fixture(autouse=True)
    def _reach(self, told: Told) -> None:
        self.told = told

    async def enter(self, provider: Any, setup: Setup) -> None:
        async with self.told.later.database.begin() as tx:
            row = await setups.find(tx, setup.reference, lock=True)
            assert row
            await setups.enter(tx, row, setups.Entry(KNOWN_CARDS["4242424242424242"], 12, 2049))

    async def card(self, provider: Any) -> Card:
        return await self.told.card("4242424242424242")

    async def declined_card(self, provider: Any) -> Card:
        return await self.told.card("4000000000000341")

    async def sent(self, provider: Any) -> list[tuple[bytes, Mapping[str, str]]]:
        return [written(provider, row) for row in await self.told.rows()]


async def test_who_answers_late_says_pending_and_then_how_it_was(
    provider: EmbeddedGateway, told: Told, later: Later
) -> None:
    hold, card = key(), await told.card("4000000000005001")
    answer = await provider.authorize(hold, card.token, euros("20.00"), "A charge")
    assert (answer.state, answer.authorized) == ("pending", 0)
    assert await provider.look_up(hold, None) == answer
    assert await told.due() == [("payment.authorized", 5.0)]
    await later.clock.advance(5)
    held = await provider.look_up(hold, None)
    assert held
    assert (held.state, held.reference, held.authorized) == ("authorized", answer.reference, Decimal("20.00"))
    assert held.reference
    assert (await provider.capture(key(), held.reference, euros("7.00"))).state == "pending"
    assert await told.due() == [("payment.authorized", 0.0), ("payment.captured", 5.0)]


async def test_who_answers_late_may_decline(provider: EmbeddedGateway, told: Told, later: Later) -> None:
    hold, card = key(), await told.card("4000000000005027")
    assert (await provider.authorize(hold, card.token, euros("20.00"), "A charge")).state == "pending"
    await later.clock.advance(5)
    found = await provider.look_up(hold, None)
    assert found
    assert (found.state, found.reason) == ("declined", "card_declined")


@pytest.mark.parametrize(
    ("number", "silent"), [("4000000000006009", "hold"), ("4000000000006017", "take"), ("4000000000006025", "back")]
)
async def test_who_never_answers_has_done_it_once_and_tells_nothing(
    provider: EmbeddedGateway, told: Told, number: str, silent: str
) -> None:
    token = (await told.card(number)).token
    calls = {
        "hold": lambda _: provider.authorize("hold", token, euros("20.00"), "A charge"),
        "take": lambda reference: provider.capture("take", reference, euros("12.40")),
        "back": lambda reference: provider.refund("back", reference, euros("2.40")),
    }
    reference = ""
    for name, call in calls.items():
        for _ in range(2 if name == silent else 0):
            with pytest.raises(GatewayError):
                await call(reference)
        answer = await provider.look_up(name, None) if name == silent else await call(reference)
        assert answer
        reference = answer.reference or ""
    assert (answer.captured, answer.refunded) == (Decimal("12.40"), Decimal("2.40"))
    kinds = {"hold": "payment.authorized", "take": "payment.captured", "back": "payment.refunded"}
    rows = {row["kind"]: row["due_at"] is None for row in await told.rows()}
    assert rows == {kind: name == silent for name, kind in kinds.items()}


async def test_a_card_without_funds_is_stored_and_declined(provider: EmbeddedGateway, told: Told) -> None:
    card = await told.card("4000008260003178")
    outcome = await provider.authorize(key(), card.token, euros("20.00"), "A charge")
    assert (outcome.state, outcome.reason) == ("declined", "insufficient_funds")
    assert outcome.message == "Your card has insufficient funds."


async def test_a_key_of_another_call_is_refused(provider: EmbeddedGateway, told: Told) -> None:
    card, its = await told.card("4242424242424242"), key()
    held = await provider.authorize(its, card.token, euros("20.00"), "A charge")
    assert held.reference
    for amount in (Money(Decimal("21.00"), "EUR"), Money(Decimal("20.00"), "USD")):
        with pytest.raises(Refused, match="another call"):
            await provider.authorize(its, card.token, amount, "A charge")
    with pytest.raises(Refused, match="another call"):
        await provider.capture(its, held.reference, euros("20.00"))
    other = await provider.authorize(key(), card.token, euros("20.00"), "A charge")
    assert other.reference
    await provider.capture("take", held.reference, euros("20.00"))
    with pytest.raises(Refused, match="another call"):
        await provider.capture("take", other.reference, euros("20.00"))


async def test_many_at_once_with_one_key_hold_one_amount(system: System, provider: EmbeddedGateway, told: Told) -> None:
    token = (await told.card("4242424242424242")).token
    one = EmbeddedGateway(system.database, system.clock, b"")
    calls = (one.authorize("one", token, euros("20.00"), "A charge") for _ in range(8))
    assert len({outcome.reference for outcome in await asyncio.gather(*calls)}) == 1
    async with system.database.read() as tx:
        assert await tx.value(text("SELECT times FROM embedded_call")) == 8
        assert await tx.value(text("SELECT count(*) FROM embedded_payment")) == 1


@pytest.mark.parametrize(("currency", "least"), [("EUR", "0.50"), ("JPY", "50"), ("KWD", "0.50"), ("XXX", "50")])
def test_the_least_goes_by_the_decimals_of_the_currency(provider: EmbeddedGateway, currency: str, least: str) -> None:
    assert provider.minimum(currency) == Decimal(least)


@pytest.mark.parametrize("money", [Money(Decimal("1.234"), "EUR"), Money(Decimal("50.5"), "JPY")])
async def test_an_amount_has_the_decimals_of_its_currency(provider: EmbeddedGateway, told: Told, money: Money) -> None:
    with pytest.raises(Refused):
        await provider.authorize(key(), (await told.card("4242424242424242")).token, money, "A charge")


@pytest.mark.parametrize("seconds", [-301, 301])
async def test_an_event_is_believed_for_five_minutes(
    system: System, provider: EmbeddedGateway, told: Told, later: Later, seconds: int
) -> None:
    await provider.authorize(key(), (await told.card("4242424242424242")).token, euros("20.00"), "A charge")
    [row] = await told.rows()
    then = ManualClock(later.clock.now() + timedelta(seconds=seconds))
    signed = written(EmbeddedGateway(later.database, then, system.vault.secret("embedded gateway")), row)
    with pytest.raises(Refused, match="five minutes"):
        provider.parse_event(*signed)
    with pytest.raises(Refused, match="not ours"):
        provider.parse_event(*written(EmbeddedGateway(later.database, later.clock, b"another"), row))


@pytest.fixture
def events(later: Later, provider: EmbeddedGateway) -> Iterator[EmbeddedEvents]:
    """What sends its events, to this system as to any."""
    back = gateways.provide(Gateways(known={"embedded": provider}, active="embedded"))
    yield EmbeddedEvents(later.database, later.clock)
    back()


async def sent(events: EmbeddedEvents) -> None:
    await events.start_due()
    await events.settled()


async def taken(later: Later) -> list[str]:
    """The events that came in, by what they tell."""
    async with later.database.read() as tx:
        rows = await tx.all(text("SELECT content FROM gateway_event ORDER BY id"))
    return [row["content"]["outcome"]["state"] for row in rows]


async def test_events_come_in_when_they_are_due(
    provider: EmbeddedGateway, events: EmbeddedEvents, told: Told, later: Later
) -> None:
    await provider.authorize(key(), (await told.card("4000000000005001")).token, euros("20.00"), "A charge")
    await provider.authorize(key(), (await told.card("4000000000000341")).token, euros("20.00"), "A charge")
    await sent(events)
    assert await taken(later) == ["declined"]
    await later.clock.advance(5)
    await sent(events)
    assert await taken(later) == ["declined", "authorized"]
    assert [(row["due_at"], row["sent_at"] is not None) for row in await told.rows()] == [(None, True)] * 2


async def test_an_event_that_is_not_taken_is_sent_again_later_each_time(
    provider: EmbeddedGateway, events: EmbeddedEvents, told: Told, later: Later, full: Full
) -> None:
    await provider.authorize(key(), (await told.card("4242424242424242")).token, euros("20.00"), "A charge")
    await full("gateway_event")
    for seconds in (1.0, 2.0, 4.0):
        await sent(events)
        assert await told.due() == [("payment.authorized", seconds)]
        await later.clock.advance(seconds)
    await full.room()
    await sent(events)
    assert await taken(later) == ["authorized"]
    assert await told.due() == []


async def test_what_is_never_told_by_itself_is_sent_when_somebody_has_it_sent_again(
    provider: EmbeddedGateway, events: EmbeddedEvents, told: Told, later: Later, api: Client
) -> None:
    with pytest.raises(GatewayError):
        await provider.authorize(key(), (await told.card("4000000000006009")).token, euros("20.00"), "A charge")
    await sent(events)
    assert await taken(later) == []
    [row] = await told.rows()
    for _ in range(3):
        assert (await api.post(f"/internal/embedded-gateway/v1.0/events/{row['id']}/resend")).status == 202
        await later.clock.advance(60)
        await sent(events)
    assert await taken(later) == ["authorized"], "an event is taken once"


async def test_a_card_that_was_entered_is_told(events: EmbeddedEvents, provider: EmbeddedGateway, later: Later) -> None:
    heard: list[str] = []

    async def hear(_: Any, gateway: str, reference: str) -> None:
        heard.append(f"{gateway} {reference}")

    setup = await provider.begin_setup(key(), None, None, "card")
    async with later.database.begin() as tx:
        row = await setups.find(tx, setup.reference, lock=True)
        assert row
        await setups.enter(tx, row, setups.Entry(KNOWN_CARDS["4242424242424242"], 12, 2049))
    setup_told.answer(hear)
    await sent(events)
    setup_told._answerers.remove(hear)
    assert heard == [f"embedded {setup.reference}"]
