"""The adapter: the interface of gateways over the embedded one. Each call is a transaction of the gateway's own."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database
from ohmstead.rooms.billing.gateways.embedded import cards, payments, setups, signatures
from ohmstead.rooms.billing.gateways.gateway import Card, Event, GatewayError, Money, Outcome, Refused, Setup


class EmbeddedGateway:
    """`secret` signs its events; `base` is where its page is reached (None: where the API is, so that URLs begin with
    the path)."""

    name = "embedded"
    in_app = False

    def __init__(self, database: Database, clock: Clock, secret: bytes, base: str | None = None) -> None:
        self._database, self._clock, self._secret = database, clock, secret
        self._base = (base or "").rstrip("/")

    def minimum(self, currency: str) -> Decimal:
        return payments.minimum(currency)

    async def begin_setup(self, key: str, return_url: str | None, shown: Money | None, kind: str) -> Setup:
        async with self._database.begin() as tx:
            row = await setups.begin(tx, key, return_url, shown, kind)
        page = f"{self._base}/pay/{row['reference']}"
        return Setup(
            reference=row["reference"], redirect_url=page, success_url=setups.return_url(row) or f"{page}/stored"
        )

    async def finish_setup(self, reference: str) -> Card | None:
        async with self._database.read() as tx:
            return await setups.finish(tx, reference)

    async def authorize(self, key: str, token: str, money: Money, description: str) -> Outcome:
        async with self._database.begin() as tx:
            outcome = await payments.authorize(tx, key, token, money, description)
        return _answered(outcome)

    async def capture(self, key: str, reference: str, money: Money) -> Outcome:
        async with self._database.begin() as tx:
            outcome = await payments.capture(tx, key, reference, money)
        return _answered(outcome)

    async def void(self, key: str, reference: str) -> Outcome:
        async with self._database.begin() as tx:
            outcome = await payments.void(tx, key, reference)
        return _answered(outcome)

    async def refund(self, key: str, reference: str, money: Money) -> Outcome:
        async with self._database.begin() as tx:
            outcome = await payments.refund(tx, key, reference, money)
        return _answered(outcome)

    async def look_up(self, key: str, reference: str | None) -> Outcome | None:
        async with self._database.read() as tx:
            return await payments.look_up(tx, key)

    async def forget(self, token: str) -> None:
        async with self._database.begin() as tx:
            await cards.forget(tx, token)

    def sign(self, raw: bytes) -> Mapping[str, str]:
        """The header that goes with an event."""
        return signatures.signed(self._secret, raw, self._clock.now())

    def parse_event(self, raw: bytes, headers: Mapping[str, str]) -> Event | None:
        signatures.require(self._secret, raw, headers, self._clock.now())
        try:
            return msgspec.json.decode(raw, type=Event)
        except msgspec.MsgspecError:
            raise Refused("it is no event") from None


def _answered(outcome: Outcome | None) -> Outcome:
    if outcome is None:
        raise GatewayError("the gateway did not answer")
    return outcome
