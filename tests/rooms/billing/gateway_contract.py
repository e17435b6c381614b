"""What every payment provider does for us, whoever it is: the tests of an adapter, which says how to reach its own."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from ohmstead.rooms.billing.gateways.gateway import Card, Gateway, Money, Outcome, Refused, Setup

RETURN = "https://drivers.example/back"


def euros(amount: str) -> Money:
    """So many of them."""
    return Money(Decimal(amount), "EUR")


def key() -> str:
    """One that nobody used."""
    return f"test-{uuid4()}"


class GatewayContract:
    """A subclass has a fixture `provider`, the adapter at work, and says how a driver and a provider do their part."""

    async def enter(self, provider: Any, setup: Setup) -> None:
        """Enter a card that is accepted into a set-up."""
        raise NotImplementedError

    async def card(self, provider: Any) -> Card:
        """A stored card that is accepted."""
        raise NotImplementedError

    async def declined_card(self, provider: Any) -> Card:
        """A stored card on which nothing is held."""
        raise NotImplementedError

    async def sent(self, provider: Any) -> list[tuple[bytes, Mapping[str, str]]]:
        """The events that the provider told so far: bodies and headers."""
        raise NotImplementedError

    async def held(self, provider: Gateway, amount: str = "25.00") -> Outcome:
        """An amount that is held."""
        token = (await self.card(provider)).token
        return await provider.authorize(key(), token, euros(amount), "A charge")

    async def captured(self, provider: Gateway, amount: str = "25.00") -> str:
        """The reference of a payment of which an amount was taken."""
        reference = (await self.held(provider)).reference
        assert reference
        await provider.capture(key(), reference, euros(amount))
        return reference

    async def test_a_card_is_entered_and_stored(self, provider: Gateway) -> None:
        setup = await provider.begin_setup(key(), RETURN, euros("25.00"), "card")
        assert await provider.finish_setup(setup.reference) is None
        await self.enter(provider, setup)
        card = await provider.finish_setup(setup.reference)
        assert card
        assert (card.kind, card.brand, card.last4) == ("card", "visa", "4242")
        assert card.exp_month in range(1, 13)
        assert await provider.finish_setup(setup.reference) == card
        assert (await provider.authorize(key(), card.token, euros("1.00"), "A charge")).state == "authorized"

    async def test_a_set_up_is_begun_once(self, provider: Gateway) -> None:
        its = key()
        first, again = [await provider.begin_setup(its, RETURN, None, "card") for _ in range(2)]
        assert first == again
        assert (await provider.begin_setup(key(), RETURN, None, "card")).reference != first.reference

    async def test_part_of_what_is_held_is_taken_and_part_of_that_given_back(self, provider: Gateway) -> None:
        held = await self.held(provider)
        assert (held.state, held.authorized, held.captured) == ("authorized", Decimal("25.00"), 0)
        assert held.reference
        taken = await provider.capture(key(), held.reference, euros("12.34"))
        assert (taken.state, taken.reference, taken.captured) == ("captured", held.reference, Decimal("12.34"))
        back = await provider.refund(key(), held.reference, euros("2.34"))
        assert (back.state, back.captured, back.refunded) == ("captured", Decimal("12.34"), Decimal("2.34"))
        assert (await provider.refund(key(), held.reference, euros("10.00"))).refunded == Decimal("12.34")

    async def test_a_key_does_its_thing_once(self, provider: Gateway) -> None:
        token = (await self.card(provider)).token
        hold, take, back = key(), key(), key()
        held = [await provider.authorize(hold, token, euros("9.00"), "A charge") for _ in range(2)]
        assert held[0].reference
        assert held[0] == held[1]
        for _ in range(2):
            assert (await provider.capture(take, held[0].reference, euros("6.00"))).captured == Decimal("6.00")
        for _ in range(2):
            assert (await provider.refund(back, held[0].reference, euros("2.00"))).refunded == Decimal("2.00")
        assert (await provider.refund(key(), held[0].reference, euros("2.00"))).refunded == Decimal("4.00")

    async def test_what_is_held_is_let_go(self, provider: Gateway) -> None:
        held, its = await self.held(provider), key()
        assert held.reference
        for _ in range(2):
            gone = await provider.void(its, held.reference)
            assert (gone.state, gone.captured) == ("voided", 0)
        with pytest.raises(Refused):
            await provider.capture(key(), held.reference, euros("1.00"))

    async def test_a_declined_hold_says_why(self, provider: Gateway) -> None:
        token, its = (await self.declined_card(provider)).token, key()
        outcome = await provider.authorize(its, token, euros("25.00"), "A charge")
        assert (outcome.state, outcome.authorized, outcome.captured) == ("declined", 0, 0)
        assert outcome.reason == "card_declined"
        assert outcome.message
        found = await provider.look_up(its, outcome.reference)
        assert found
        assert found.state == "declined"

    async def test_no_more_is_taken_than_is_held_and_no_more_given_back_than_was_taken(self, provider: Gateway) -> None:
        held = await self.held(provider)
        assert held.reference
        with pytest.raises(Refused):
            await provider.capture(key(), held.reference, euros("25.01"))
        with pytest.raises(Refused):
            await provider.refund(key(), held.reference, euros("1.00"))
        await provider.capture(key(), held.reference, euros("25.00"))
        with pytest.raises(Refused):
            await provider.refund(key(), held.reference, euros("25.01"))
        with pytest.raises(Refused):
            await provider.void(key(), held.reference)

    async def test_what_became_of_a_call_is_looked_up_by_its_key(self, provider: Gateway) -> None:
        token = (await self.card(provider)).token
        hold, take = key(), key()
        assert await provider.look_up(hold, None) is None
        held = await provider.authorize(hold, token, euros("8.00"), "A charge")
        assert await provider.look_up(hold, None) == held
        assert await provider.look_up(take, held.reference) is None
        assert held.reference
        taken = await provider.capture(take, held.reference, euros("8.00"))
        assert await provider.look_up(take, held.reference) == taken

    async def test_what_it_does_not_take(self, provider: Gateway) -> None:
        token = (await self.card(provider)).token
        least = provider.minimum("EUR")
        with pytest.raises(Refused):
            await provider.authorize(key(), token, Money(least - Decimal("0.01"), "EUR"), "A charge")
        assert (await provider.authorize(key(), token, Money(least, "EUR"), "A charge")).authorized == least
        with pytest.raises(Refused):
            await provider.capture(key(), "nobody", euros("1.00"))

    async def test_nothing_more_is_held_on_a_card_that_is_forgotten(self, provider: Gateway) -> None:
        token = (await self.card(provider)).token
        await provider.forget(token)
        await provider.forget(token)
        with pytest.raises(Refused):
            await provider.authorize(key(), token, euros("1.00"), "A charge")

    async def test_it_tells_by_signed_events(self, provider: Gateway) -> None:
        reference = await self.captured(provider, "12.34")
        told = await self.sent(provider)
        events = [event for raw, headers in told if (event := provider.parse_event(raw, headers))]
        assert len({event.id for event in events}) == len(events)
        [captured] = [one.outcome for one in events if one.outcome and one.outcome.state == "captured"]
        assert (captured.reference, captured.captured) == (reference, Decimal("12.34"))
        raw, headers = told[-1]
        for wrong in ((raw.replace(b"12.34", b"99.99") + b" ", headers), (raw, {})):
            with pytest.raises(Refused):
                provider.parse_event(*wrong)
