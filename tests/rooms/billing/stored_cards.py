"""Cards of users, entered at the scripted gateway."""

from collections.abc import Iterator
from itertools import count

import pytest

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.gateway import Card, Money, Setup
from ohmstead.rooms.billing.methods.setup import begin_setup, finish_setup
from tests.rooms.billing.scripted_gateway import ScriptedGateway

_tokens = count(1)


class CardGateway(ScriptedGateway):
    """Takes cards when the test says so, on a page or, `in_app`, by its SDK."""

    async def begin_setup(self, key: str, return_url: str | None, shown: Money | None, kind: str) -> Setup:
        begun = await super().begin_setup(key, return_url, shown, kind)
        if not self.in_app:
            return begun
        client = {"publishableKey": "pk", "clientSecret": "secret", "setupIntentReference": begun.reference}
        return Setup(reference=begun.reference, client=client)

    def enter(self, asked: Row, **fields: object) -> None:
        """A card is entered for a request."""
        card = {"token": f"tok-{next(_tokens)}", "brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2099}
        self.setups[asked["reference"]] = Card(**(card | fields))  # type: ignore[arg-type]


@pytest.fixture
def cards() -> Iterator[CardGateway]:
    """New cards go there."""
    with CardGateway().provided() as found:
        assert isinstance(found, CardGateway)
        yield found


async def stored(system: System, cards: CardGateway, user_id: int | None, **card: object) -> int:
    """A card of a user's, stored; the id of its row."""
    asked = await begin_setup(system.database, user_id=user_id, kind="card", return_url=None, shown=None)
    cards.enter(asked, **card)
    row = await finish_setup(system.database, asked["id"])
    assert row is not None
    return row["id"]
