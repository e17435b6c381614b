"""Stripe, as localstripe plays it: what every provider does, its amounts, its errors and its events."""

import time
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import stripe

from ohmstead.app.gateways import known_gateways
from ohmstead.app.settings import Settings, SettingsError
from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.gateway import Card, GatewayError, Money, Refused, Setup
from ohmstead.rooms.billing.gateways.stripe import HOLD, StripeGateway, amount, units
from tests.rooms.billing.gateway_contract import RETURN, GatewayContract, euros, key
from tests.rooms.billing.local_stripe import KEY, Form, Relay, local_stripe

SECRET = "whsec_test"
VISA, DECLINED = "4242424242424242", "4000000000000341"


@pytest.fixture(scope="module")
async def relay() -> AsyncIterator[Relay]:
    async with local_stripe() as at_work:
        yield at_work


@pytest.fixture(scope="module")
async def provider(relay: Relay) -> AsyncIterator[StripeGateway]:
    adapter = StripeGateway(KEY, "pk_test_1", SECRET, "ohmstead", relay.url)
    yield adapter
    await adapter.close()


async def stored(relay: Relay, number: str = VISA) -> Card:
    """A card that is a customer's."""
    _, customer = await relay.ask("POST", "/v1/customers", [("email", "a@example.org")])
    status, method = await relay.ask("POST", "/v1/payment_methods", [("type", "card"), *_card("", number)])
    assert status == 200, method
    await attached(relay, method["id"], customer["id"])
    return Card(token=f"{customer['id']}:{method['id']}")


async def attached(relay: Relay, method: str, customer: str) -> None:
    status, said = await relay.ask("POST", f"/v1/payment_methods/{method}/attach", [("customer", customer)])
    assert status == 200, said


def _card(prefix: str, number: str) -> Form:
    fields = {"number": number, "exp_month": "12", "exp_year": "2049", "cvc": "123"}
    return [(f"{prefix}[card][{name}]" if prefix else f"card[{name}]", value) for name, value in fields.items()]


async def confirmed(relay: Relay, intent_id: str, number: str = VISA) -> int:
    """A card is entered into a SetupIntent. Stripe makes it the customer's; localstripe leaves that to who asks."""
    entered: Form = [("payment_method_data[type]", "card"), *_card("payment_method_data", number)]
    status, intent = await relay.ask("POST", f"/v1/setup_intents/{intent_id}/confirm", entered)
    if status == 200:
        await attached(relay, intent["payment_method"], intent["customer"])
    return status


def event(kind: str, its: Mapping[str, Any], *, secret: str = SECRET) -> tuple[bytes, Mapping[str, str]]:
    """One as Stripe sends it."""
    told = {"id": f"evt_{kind}_{its['id']}", "object": "event", "type": kind, "data": {"object": its}}
    raw, now = msgspec.json.encode(told), int(time.time())
    signature = stripe.WebhookSignature._compute_signature(f"{now}.{raw.decode()}", secret)
    return raw, {"STRIPE-SIGNATURE": f"t={now},v1={signature}"}


class TestStripe(GatewayContract):
    @pytest.fixture(autouse=True)
    def _reach(self, relay: Relay) -> None:
        self.relay = relay

    async def enter(self, provider: Any, setup: Setup) -> None:
        _, page = await self.relay._page([], setup.reference)
        assert await confirmed(self.relay, page["setup_intent"]) == 200

    async def card(self, provider: Any) -> Card:
        return await stored(self.relay)

    async def declined_card(self, provider: Any) -> Card:
        return await stored(self.relay, DECLINED)

    async def sent(self, provider: Any) -> list[tuple[bytes, Mapping[str, str]]]:
        _, every = await self.relay.ask("GET", "/v1/payment_intents?limit=100")
        paid = [await self.relay.payment(one["id"]) for one in every["data"] if one["status"] == "succeeded"]
        return [event("payment_intent.succeeded", paid[-1])]


async def test_a_card_is_entered_by_the_sdk_of_an_app(provider: StripeGateway, relay: Relay) -> None:
    setup = await provider.begin_setup(key(), None, None, "card")
    assert setup.redirect_url is None
    assert setup.client.keys() == {"publishableKey", "clientSecret", "setupIntentReference"}
    assert setup.client["publishableKey"] == "pk_test_1"
    assert setup.client["clientSecret"].startswith(f"{setup.reference}_secret_")
    assert await provider.finish_setup(setup.reference) is None
    assert await confirmed(relay, setup.client["setupIntentReference"]) == 200
    card = await provider.finish_setup(setup.reference)
    assert card
    assert (card.brand, card.last4, card.exp_month, card.exp_year, card.wallet) == ("visa", "4242", 12, 2049, None)


async def test_a_card_that_is_declined_is_not_stored(provider: StripeGateway, relay: Relay) -> None:
    setup = await provider.begin_setup(key(), None, None, "card")
    assert await confirmed(relay, setup.reference, "4000000000000002") == 402
    with pytest.raises(Refused, match="declined"):
        await provider.finish_setup(setup.reference)


async def test_the_page_leads_back_with_its_reference(provider: StripeGateway) -> None:
    setup = await provider.begin_setup(key(), f"{RETURN}?a=1#b", euros("25.00"), "card")
    assert setup.success_url == f"{RETURN}?a=1&setup={setup.reference}#b"
    with pytest.raises(Refused):
        await provider.begin_setup(key(), RETURN, None, "bank_transfer")


@pytest.mark.parametrize(
    ("text", "currency", "counted"),
    [("12.34", "EUR", 1234), ("500", "JPY", 500), ("5", "ISK", 500), ("1.230", "KWD", 1230), ("0.5", "USD", 50)],
)
def test_amounts_are_counted_as_stripe_counts_them(text: str, currency: str, counted: int) -> None:
    assert units(Money(Decimal(text), currency)) == counted
    assert amount(counted, currency.lower()) == Decimal(text)


@pytest.mark.parametrize(("text", "currency"), [("12.345", "EUR"), ("0.5", "JPY"), ("1.234", "KWD")])
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(Refused):
        units(Money(Decimal(text), currency))


async def test_the_least_amount_is_that_of_the_currency(provider: StripeGateway) -> None:
    least = {one: provider.minimum(one) for one in ("EUR", "GBP", "JPY", "HUF", "SEK")}
    assert least == {"EUR": Decimal("0.5"), "GBP": Decimal("0.3"), "JPY": 50, "HUF": 175, "SEK": 3}


async def test_an_answer_that_is_lost_is_looked_up_and_never_held_twice(provider: StripeGateway, relay: Relay) -> None:
    token, its = (await stored(relay)).token, key()
    relay.broken = 1
    with pytest.raises(GatewayError):
        await provider.authorize(its, token, euros("8.00"), "A charge")
    found = await provider.look_up(its, None)
    assert found
    assert (found.state, found.authorized) == ("authorized", Decimal("8.00"))
    assert await provider.authorize(its, token, euros("8.00"), "A charge") == found
    assert found.reference
    back = key()
    await provider.capture(key(), found.reference, euros("5.00"))
    relay.broken = 1
    with pytest.raises(GatewayError):
        await provider.refund(back, found.reference, euros("2.00"))
    again = await provider.look_up(back, found.reference)
    assert again
    assert (again.captured, again.refunded) == (Decimal("5.00"), Decimal("2.00"))


async def test_who_is_not_there_leaves_all_open() -> None:
    away = StripeGateway(KEY, "pk", SECRET, "ohmstead", "http://127.0.0.1:9")
    for call in (away.void(key(), "pi_1"), away.look_up(key(), None), away.forget("cus_1:pm_1")):
        with pytest.raises(GatewayError):
            await call
    await away.close()


async def test_events_say_how_payments_stand(provider: StripeGateway, relay: Relay) -> None:
    held = await provider.authorize(key(), (await stored(relay)).token, euros("25.00"), "A charge")
    assert held.reference
    waiting = await relay.payment(held.reference)
    told = provider.parse_event(*event("payment_intent.amount_capturable_updated", waiting))
    assert told
    assert (told.payment, told.outcome) == (held.reference, held)
    await provider.capture(key(), held.reference, euros("12.34"))
    for amount_back, given_back in ((None, "0"), ("2.34", "2.34"), ("1.00", "3.34")):  # a capture alone is told, too
        if amount_back:
            await provider.refund(key(), held.reference, euros(amount_back))
        charge = (await relay.payment(held.reference))["latest_charge"]
        told = provider.parse_event(*event("charge.refunded", charge))
        assert told
        assert told.outcome
        assert (told.payment, told.outcome.captured) == (held.reference, Decimal("12.34"))
        assert told.outcome.refunded == Decimal(given_back)


async def test_what_is_let_go_and_what_has_only_begun_is_no_capture_and_no_decline(
    provider: StripeGateway, relay: Relay
) -> None:
    held = await provider.authorize(key(), (await stored(relay)).token, euros("25.00"), "A charge")
    assert held.reference
    begun = (await relay.payment(held.reference)) | {"status": "requires_payment_method"}
    assert provider.parse_event(*event("payment_intent.created", begun)) is None
    await provider.void(key(), held.reference)
    gone = await relay.payment(held.reference)
    assert provider.parse_event(*event("charge.refunded", gone["latest_charge"])) is None
    told = provider.parse_event(*event("payment_intent.canceled", gone))
    assert told
    assert told.outcome
    assert (told.outcome.state, told.outcome.captured) == ("voided", 0)


async def test_a_hold_that_wants_its_driver_is_declined(provider: StripeGateway, relay: Relay) -> None:
    token = (await stored(relay, "4000002500003155")).token
    outcome = await provider.authorize(key(), token, euros("25.00"), "A charge")
    assert (outcome.state, outcome.reason, outcome.authorized) == ("declined", "authentication_required", 0)


async def test_an_installation_may_have_any_name(relay: Relay) -> None:
    odd, its = StripeGateway(KEY, "pk", SECRET, "o'hm\\stead", relay.url), key()
    held = await odd.authorize(its, (await stored(relay)).token, euros("8.00"), "A charge")
    assert await odd.look_up(its, None) == held
    await odd.close()


async def test_events_of_cards_name_their_set_up(provider: StripeGateway) -> None:
    ours = {"metadata": {"ohmstead_setup": "ohmstead:1"}}
    for kind, its in (("setup_intent.succeeded", "seti_1"), ("checkout.session.completed", "cs_1")):
        told = provider.parse_event(*event(kind, {"id": its} | ours))
        assert told
        assert (told.setup, told.payment) == (its, None)


async def test_events_of_others_are_no_matter(provider: StripeGateway, relay: Relay) -> None:
    foreign = {"id": "pi_1", "status": "succeeded", "currency": "eur", "amount": 5}
    for metadata in ({}, None, {HOLD: "another:17-authorize"}):
        assert provider.parse_event(*event("payment_intent.succeeded", foreign | {"metadata": metadata})) is None
    assert provider.parse_event(*event("customer.created", {"id": "c", "metadata": {HOLD: "ohmstead:1"}})) is None
    for raw, headers in (event("customer.created", {"id": "c"}, secret="whsec_other"), (b"{}", {})):
        with pytest.raises(Refused):
            provider.parse_event(raw, headers)


async def test_it_is_there_where_its_keys_are_set(system: System, tmp_path: Path) -> None:
    def known(**fields: Any) -> Any:
        settings = Settings(data_dir=tmp_path, **fields)
        return known_gateways(settings, system.database, system.clock, system.vault)

    assert list(known().known) == ["embedded"]
    made = known(stripe_secret_key=KEY, stripe_webhook_secret=SECRET, gateway="stripe")
    assert isinstance(made.current, StripeGateway)
    for fields, named in (({"gateway": "stripe"}, "gateway"), ({"stripe_secret_key": KEY}, "stripe_webhook_secret")):
        with pytest.raises(SettingsError, match=named):
            known(**fields)
