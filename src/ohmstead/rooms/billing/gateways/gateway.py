"""The gateway: what we ask of a payment provider. An adapter is one file; see `embedded` and `stripe`.

Each call that moves money has a key of ours, which is durable before the call and the same at every repetition; the
provider does the same thing for the same key once. What became of a call whose answer is lost is asked by `look_up`,
never by another key (money.md, rule 10).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, Protocol

from msgspec import Struct, field

from ohmstead.kit.ports import Port

State = Literal["pending", "authorized", "captured", "voided", "declined"]


class Money(Struct, frozen=True):
    """An amount in major units of a currency (ISO 4217)."""

    amount: Decimal
    currency: str


class Outcome(Struct, frozen=True, kw_only=True):
    """How a payment stands. `pending`: it is not known yet, an event or `look_up` will say."""

    state: State
    reference: str | None = None  # the provider's name for the payment
    authorized: Decimal = Decimal(0)
    captured: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    reason: str | None = None  # why it was declined, in the provider's words
    message: str | None = None  # what the bank said


class Setup(Struct, frozen=True, kw_only=True):
    """A card that is to be entered: on the provider's page, or by its SDK, which needs `client`."""

    reference: str  # the provider's name for it
    redirect_url: str | None = None
    success_url: str | None = None  # where the page leads when it is done
    client: Mapping[str, str] = field(default_factory=dict)


class Card(Struct, frozen=True, kw_only=True):
    """A stored means of payment: the provider's `token` for it, and what may be shown of it."""

    token: str
    kind: Literal["card", "bank_transfer"] = "card"
    brand: str = "unknown"  # visa, mastercard, maestro, amex, paypal, unknown
    last4: str = "0000"
    exp_month: int | None = None
    exp_year: int | None = None
    wallet: str | None = None  # apple_pay, google_pay, …, where it came by one


class Event(Struct, frozen=True, kw_only=True):
    """What a provider tells by itself: of a payment (`payment`, `outcome`) or of a card that was entered (`setup`)."""

    id: str  # unique at this provider
    payment: str | None = None
    outcome: Outcome | None = None
    setup: str | None = None


class GatewayError(Exception):
    """The provider could not be asked, or did not answer: what became of the call is unknown."""


class Refused(Exception):
    """The provider will not do it, ever: it says why. Nothing was done."""


class Gateway(Protocol):
    """A provider. Calls raise GatewayError where their outcome is unknown, Refused where they make no sense to it."""

    name: str
    in_app: bool  # whether clients of the API let a card be entered by its SDK, not on a page of its

    def minimum(self, currency: str) -> Decimal:
        """The smallest amount it takes."""
        ...

    async def begin_setup(self, key: str, return_url: str | None, shown: Money | None, kind: str) -> Setup:
        """Begin to enter a card (`kind` card or bank_transfer); `shown`: what will be held on it, for the page.
        Without a `return_url` the caller's own app does it."""
        ...

    async def finish_setup(self, reference: str) -> Card | None:
        """The card that was entered; None while it was not. Refused where it was declined."""
        ...

    async def authorize(self, key: str, token: str, money: Money, description: str) -> Outcome:
        """Hold an amount on a stored card; `description` is for the bank statement."""
        ...

    async def capture(self, key: str, reference: str, money: Money) -> Outcome:
        """Take an amount of what is held, once; the rest is let go."""
        ...

    async def void(self, key: str, reference: str) -> Outcome:
        """Let go of what is held."""
        ...

    async def refund(self, key: str, reference: str, money: Money) -> Outcome:
        """Give back an amount of what was captured."""
        ...

    async def look_up(self, key: str, reference: str | None) -> Outcome | None:
        """How the payment stands that the call with this key made or changed; None where no such call came."""
        ...

    async def forget(self, token: str) -> None:
        """Let go of a stored card."""
        ...

    def parse_event(self, raw: bytes, headers: Mapping[str, str]) -> Event | None:
        """What a provider sent, its signature checked (Refused where it is wrong); None for what is no matter to us."""
        ...


class Gateways(Struct):
    """The providers by name; new payments go to `active`."""

    known: dict[str, Any]
    active: str

    def __getitem__(self, name: str) -> Gateway:
        return self.known[name]

    @property
    def current(self) -> Gateway:
        """Where new payments go."""
        return self.known[self.active]


gateways: Port[Gateways] = Port("gateways")
