"""A provider of cards alone: one is entered when the test says so, and it remembers what it was asked to forget."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import count

import pytest

from ohmstead.rooms.billing.gateways.gateway import Card, GatewayError, Gateways, Money, Refused, Setup, gateways

_tokens = count(1)


class CardGateway:
    """Holds cards by the reference of the request to enter them."""

    name = "cards"

    def __init__(self) -> None:
        self.in_app = False
        self.away = False
        self.begun: list[tuple[str, str | None, Money | None, str]] = []
        self.entered: dict[str, Card] = {}
        self.declined: dict[str, str] = {}
        self.forgotten: list[str] = []

    def minimum(self, currency: str) -> Decimal:
        return Decimal("0.50")

    async def begin_setup(self, key: str, return_url: str | None, shown: Money | None, kind: str) -> Setup:
        self._reach()
        self.begun.append((key, return_url, shown, kind))
        if self.in_app:
            client = {"publishableKey": "pk", "clientSecret": "secret", "setupIntentReference": f"in-{key}"}
            return Setup(reference=f"in-{key}", client=client)
        return Setup(reference=f"in-{key}", redirect_url=f"https://cards.example/{key}", success_url="https://done/")

    def enter(self, setup_id: int, **fields: object) -> None:
        """A card is entered for a request."""
        card = {"token": f"tok-{next(_tokens)}", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2099}
        self.entered[f"in-setup-{setup_id}"] = Card(**(card | fields))  # type: ignore[arg-type]

    async def finish_setup(self, reference: str) -> Card | None:
        self._reach()
        if reference in self.declined:
            raise Refused(self.declined[reference])
        return self.entered.get(reference)

    async def forget(self, token: str) -> None:
        self._reach()
        self.forgotten.append(token)

    def _reach(self) -> None:
        if self.away:
            raise GatewayError("no answer")


@pytest.fixture
def cards() -> Iterator[CardGateway]:
    """New cards go there."""
    found = CardGateway()
    back = gateways.provide(Gateways({found.name: found}, found.name))
    yield found
    back()
