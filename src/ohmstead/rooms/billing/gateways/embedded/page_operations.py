"""What the card page asks: the state of a set-up, and what is entered into it. Whoever has its reference may."""

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import Meta

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Conflict, Invalid, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Parameter
from ohmstead.kit.views import View
from ohmstead.rooms.billing.gateways.embedded import setups
from ohmstead.rooms.billing.gateways.embedded.known_cards import KNOWN_CARDS, KnownCard
from ohmstead.rooms.operator import settings

State = Literal["open", "challenged", "stored", "closed"]
Reason = Literal["card_declined", "insufficient_funds", "expired_card", "authentication_failed", "expired"]
_SETUP = "v1.0/setups/{reference}"
_REFERENCE = (Parameter("reference", str, doc="As it is in the address of the page."),)


class StoredCard(View):
    brand: str
    last4: str


class CardSetup(View):
    """A card that is to be entered, or was."""

    state: Annotated[
        State, Meta(description="`challenged`: the bank waits for the cardholder. `closed`: no card can be entered.")
    ]
    reason: Annotated[Reason | None, Meta(description="Why the last card was refused, or the set-up is closed.")]
    amount: Annotated[Decimal | None, Meta(description="That will be held, in `currency`.")]
    currency: str | None
    operator: Annotated[str | None, Meta(description="For whom the card is stored.")]
    card: StoredCard | None
    return_url: Annotated[str | None, Meta(description="Where the page leads when it is done.")]


class CardEntry(View):
    """A test card. Nothing of it is kept but the last four digits of its number and when it expires."""

    number: Annotated[str, Meta(max_length=40, description="With or without spaces.")]
    exp_month: Annotated[int, Meta(ge=1, le=12)]
    exp_year: Annotated[int, Meta(ge=2000, le=2099)]
    cvc: Annotated[str, Meta(max_length=10, description="Three digits, of American Express four.")]


class ChallengeAnswer(View):
    confirmed: bool


group = Group(
    "internal / embedded-gateway", "internal/embedded-gateway/", "embedded-gateway", access=PARTNERS, open=True
)


@group.get(_SETUP, "Card set-up / Read", gives=CardSetup, parameters=_REFERENCE)
async def read(call: Call) -> CardSetup:
    """What is to be entered for whom, and how that stands."""
    return await _shown(call.tx, await _found(call))


@group.post(
    f"{_SETUP}/card", "Card set-up / Enter a card", body=CardEntry, status=200, gives=CardSetup,
    parameters=_REFERENCE, errors=(404, 409, 429),
)  # fmt: skip
async def enter(call: Call, body: CardEntry) -> CardSetup:
    """Enter a card. Only test cards are taken; any other number is refused and nowhere kept."""
    row = await _found(call, "open")
    await setups.enter(call.tx, row, setups.Entry(_accepted(body, call), body.exp_month, body.exp_year))
    return await _shown(call.tx, await _found(call))


@group.post(
    f"{_SETUP}/challenge", "Card set-up / Answer the bank", body=ChallengeAnswer, status=200, gives=CardSetup,
    parameters=_REFERENCE, errors=(404, 409, 429),
)  # fmt: skip
async def answer_challenge(call: Call, body: ChallengeAnswer) -> CardSetup:
    """Confirm or refuse what the bank asks (3-D Secure)."""
    await setups.answer_challenge(call.tx, await _found(call, "challenged"), body.confirmed)
    return await _shown(call.tx, await _found(call))


async def _found(call: Call, state: State | None = None) -> Row:
    """The set-up of the address; where a state is required it is locked, and in another that is a conflict."""
    row = await setups.find(call.tx, call.path["reference"], lock=state is not None)
    if row is None:
        raise NotFound
    if state is not None and row["state"] != state:
        raise Conflict(f"The set-up is {row['state']}.")
    return row


async def _shown(tx: Tx, row: Row) -> CardSetup:
    card = await setups.card_of(tx, row)
    return CardSetup(
        **{name: row[name] for name in ("state", "reason", "amount", "currency")},
        operator=(await settings.read(tx)).ad_hoc_charging.operator_name,
        card=None if card is None else StoredCard(brand=card["brand"], last4=card["last4"]),
        return_url=setups.return_url(row),
    )


def _accepted(body: CardEntry, call: Call) -> KnownCard:
    """The test card; Invalid names each field that is wrong, and never what was in it."""
    card, wrong = KNOWN_CARDS.get(body.number.replace(" ", "").replace("-", "")), {}
    if card is None:
        wrong["number"] = "The number is none of a test card. No other card is taken here."
    if (body.exp_year, body.exp_month) < (call.now.year, call.now.month):
        wrong["expMonth"] = "The card has expired."
    if not (body.cvc.isdecimal() and body.cvc.isascii() and len(body.cvc) == (card.cvc_digits if card else 3)):
        wrong["cvc"] = "The security code has three digits, that of American Express four."
    if card is None or wrong:
        raise Invalid(**wrong)
    return card
