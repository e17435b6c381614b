"""A gateway that does what a test wrote down: it keeps payments by the keys of its calls, and fails on demand."""

import itertools
import json
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import structs

from ohmstead.rooms.billing.gateways.gateway import (
    Card,
    Event,
    GatewayError,
    Gateways,
    Money,
    Outcome,
    Refused,
    Setup,
    gateways,
)

Scripted = Outcome | Exception
SIGNATURE = "x-scripted-signature"


class ScriptedGateway:
    """Does everything it is asked, the same for the same key; `script(call, …)` says otherwise, one answer a call.

    `lost(call)`: it is done, and the answer is lost. `calls` are all that came, as (call, key); `done` what was done,
    by key: who is charged twice is found in it twice.
    """

    name, in_app = "scripted", False

    def __init__(self, minimum: str = "0.50") -> None:
        self.calls: list[tuple[str, str]] = []
        self.done: dict[str, tuple[str, Money | None]] = {}
        self.payments: dict[str, Outcome] = {}  # by reference
        self.setups: dict[str, Card | None] = {}  # a test puts the card there when it was entered
        self.forgotten: list[str] = []
        self.statements: list[str] = []  # what is to stand on the bank statements of holds
        self._by_key: dict[str, str] = {}
        self._minimum = Decimal(minimum)
        self._script: defaultdict[str, deque[Scripted]] = defaultdict(deque)
        self._lost: defaultdict[str, int] = defaultdict(int)
        self._number = itertools.count(1)

    @contextmanager
    def provided(self) -> Iterator["ScriptedGateway"]:
        """It is the only gateway meanwhile."""
        restore = gateways.provide(Gateways({self.name: self}, self.name))
        try:
            yield self
        finally:
            restore()

    def script(self, call: str, *answers: Scripted) -> None:
        """The next answers of a call; nothing is done for them, but `payments` remember an outcome with a reference."""
        self._script[call].extend(answers)

    def lost(self, call: str, times: int = 1) -> None:
        """The next answers of a call are lost, though it is done."""
        self._lost[call] += times

    def count(self, call: str) -> int:
        """How often it was asked for."""
        return sum(one == call for one, _ in self.calls)

    def minimum(self, currency: str) -> Decimal:
        return self._minimum

    async def begin_setup(self, key: str, return_url: str | None, shown: Money | None, kind: str) -> Setup:
        self._asked("begin_setup", key)
        reference = self._by_key.setdefault(key, f"setup-{next(self._number)}")
        self.setups.setdefault(reference, None)
        return Setup(reference=reference, redirect_url=f"https://pay.example/{reference}", success_url=return_url)

    async def finish_setup(self, reference: str) -> Card | None:
        self._asked("finish_setup", reference)
        return self.setups[reference]

    async def authorize(self, key: str, token: str, money: Money, description: str) -> Outcome:
        self.statements.append(description)
        if (scripted := self._asked("authorize", key)) is not None:
            return self._remember(key, scripted)
        if key in self._by_key:
            return self.payments[self._by_key[key]]
        outcome = Outcome(state="authorized", reference=f"payment-{next(self._number)}", authorized=money.amount)
        return self._did("authorize", key, money, outcome)

    async def capture(self, key: str, reference: str, money: Money) -> Outcome:
        return self._change("capture", key, reference, money, state="captured", captured=money.amount)

    async def void(self, key: str, reference: str) -> Outcome:
        return self._change("void", key, reference, None, state="voided")

    async def refund(self, key: str, reference: str, money: Money) -> Outcome:
        refunded = self.payments[reference].refunded + money.amount
        return self._change("refund", key, reference, money, refunded=refunded)

    async def look_up(self, key: str, reference: str | None) -> Outcome | None:
        if (scripted := self._asked("look_up", key)) is not None:
            return self._remember(key, scripted)
        return self.payments[self._by_key[key]] if key in self._by_key else None

    async def forget(self, token: str) -> None:
        self._asked("forget", token)
        self.forgotten.append(token)

    def parse_event(self, raw: bytes, headers: Mapping[str, str]) -> Event | None:
        if headers.get(SIGNATURE) != "good":
            raise Refused("the signature is wrong")
        return None if json.loads(raw).get("id") is None else msgspec.json.decode(raw, type=Event)

    def event(self, id: str, **fields: Any) -> tuple[bytes, dict[str, str]]:
        """An event as it is sent: its body and its headers."""
        return msgspec.json.encode(Event(id=id, **fields)), {SIGNATURE: "good"}

    def _asked(self, call: str, key: str) -> Outcome | None:
        self.calls.append((call, key))
        if not self._script[call]:
            return None
        answer = self._script[call].popleft()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _remember(self, key: str, outcome: Outcome) -> Outcome:
        if outcome.reference is not None:
            self._by_key[key], self.payments[outcome.reference] = outcome.reference, outcome
        return outcome

    def _change(self, call: str, key: str, reference: str, money: Money | None, **changes: Any) -> Outcome:
        if (scripted := self._asked(call, key)) is not None:
            return self._remember(key, scripted)
        if key in self.done:
            return self.payments[reference]
        return self._did(call, key, money, structs.replace(self.payments[reference], **changes))

    def _did(self, call: str, key: str, money: Money | None, outcome: Outcome) -> Outcome:
        self.done[key] = call, money
        self._remember(key, outcome)
        if self._lost[call]:
            self._lost[call] -= 1
            raise GatewayError(f"the answer to {call} was lost")
        return outcome
