"""Events of gateways: signed, taken once each, in any order, and kept until the payment is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.kit.db import Database
from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.gateways.events import setup_told, take
from ohmstead.rooms.billing.gateways.gateway import Outcome, Refused
from tests.client import Client
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway

PATH = "/internal/gateway-events/v1.0"
CAPTURED = Outcome(state="captured", reference="payment-1", authorized=Decimal("12.40"), captured=Decimal("12.40"))


async def waiting(system: System) -> int:
    """How many events are kept and not applied."""
    async with system.database.read() as tx:
        return await tx.value(text("SELECT count(*) FROM gateway_event WHERE applied_at IS NULL"))


async def kept(system: System) -> int:
    """How many were taken."""
    async with system.database.read() as tx:
        return await tx.value(text("SELECT count(*) FROM gateway_event"))


async def test_an_event_is_taken_once(
    system: System, api: Client, payments: Payments, scripted: ScriptedGateway
) -> None:
    made = await payments.held()
    raw, headers = scripted.event("ev-1", payment="payment-1", outcome=CAPTURED)
    for _ in range(5):
        answer = await api.post(f"{PATH}/scripted", data=raw, headers={"Content-Type": "application/json"} | headers)
        assert answer.status == 204
    row = await payments.row(made)
    assert (row["status"], row["captured"]) == ("finalized", Decimal("12.40"))
    assert await payments.entries() == {f"transaction:{made}:captured": Decimal("12.40")}
    assert (await kept(system), await waiting(system)) == (1, 0)


async def test_it_needs_no_token_but_a_signature(
    system: System, api: Client, payments: Payments, scripted: ScriptedGateway
) -> None:
    made = await payments.held()
    raw, headers = scripted.event("ev-1", payment="payment-1", outcome=CAPTURED)
    nobody = Client(api.base, None)
    usual = {"Content-Type": "application/json"}
    assert (await nobody.post(f"{PATH}/scripted", data=raw, headers=usual)).status == 403
    assert (await nobody.post(f"{PATH}/another", data=raw, headers=usual | headers)).status == 404
    assert await kept(system) == 0
    assert (await payments.row(made))["status"] == "authorized"
    assert (await nobody.post(f"{PATH}/scripted", data=raw, headers=usual | headers)).status == 204
    assert (await nobody.post(f"{PATH}/scripted", data=b"{}", headers=usual | headers)).status == 204
    assert (await payments.row(made))["status"] == "finalized"
    await nobody.close()


async def test_many_from_one_address_are_taken(api: Client, scripted: ScriptedGateway) -> None:
    raw, headers = scripted.event("ev-1", payment="payment-1", outcome=CAPTURED)
    found = {
        (await api.post(f"{PATH}/scripted", data=raw, headers={"Content-Type": "application/json"} | headers)).status
        for _ in range(70)
    }
    assert found == {204}


async def test_an_event_waits_for_its_payment(system: System, payments: Payments, scripted: ScriptedGateway) -> None:
    await take(system.database, "scripted", *scripted.event("ev-1", payment="payment-1", outcome=CAPTURED))
    assert await waiting(system) == 1
    made = await payments.opened()
    assert (await payments.call(made, "authorize", "12.40"))["status"] == "finalized"
    assert await waiting(system) == 0
    assert await payments.entries() == {f"transaction:{made}:captured": Decimal("12.40")}


async def test_an_event_answers_a_call_that_waits(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    scripted.lost("capture")
    assert (await payments.call(made, "capture", "12.40"))["status"] == "pending"
    await take(payments.database, "scripted", *scripted.event("ev-1", payment="payment-1", outcome=CAPTURED))
    async with payments.database.read() as tx:
        calls = await tx.all(text("SELECT step, state, due_at FROM gateway_call ORDER BY id"))
    assert [tuple(call) for call in calls] == [("authorize", "done", None), ("capture", "done", None)]


async def test_a_card_that_was_entered_is_told_until_somebody_took_it(
    system: System, scripted: ScriptedGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, str]] = []

    async def answer(database: Database, gateway: str, reference: str) -> None:
        told.append((gateway, reference))
        if len(told) == 1:
            raise RuntimeError("the provider is away")

    monkeypatch.setattr(setup_told, "_answerers", [answer])
    event = scripted.event("ev-1", setup="setup-1")
    with pytest.raises(RuntimeError):
        await take(system.database, "scripted", *event)
    for _ in range(3):
        await take(system.database, "scripted", *event)
    assert told == [("scripted", "setup-1")] * 2


async def test_nothing_is_kept_of_what_is_not_signed(system: System, scripted: ScriptedGateway) -> None:
    raw, _ = scripted.event("ev-1", payment="payment-1", outcome=CAPTURED)
    with pytest.raises(Refused):
        await take(system.database, "scripted", raw, {})
    assert await kept(system) == 0


@dataclass(frozen=True)
class History:
    """How a payment stands, one thing after the other, and in which order we hear of it (indexes, the call's answer
    being the first thing)."""

    outcomes: list[Mapping[str, Any]]
    heard: list[int]
    end: str


def _sums(**fields: str) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in fields.items()}


HELD = {"state": "authorized"} | _sums(authorized="30.00")
TAKEN = {"state": "captured"} | _sums(authorized="30.00", captured="12.40")
COURSES: list[tuple[str, list[dict[str, Any]]]] = [
    ("authorized", [{"state": "pending"}, HELD]),
    ("failed", [{"state": "pending"}, {"state": "declined", "reason": "card_declined"}]),
    ("reversed", [HELD, {"state": "voided"}]),
    ("reversed", [{"state": "declined", "reason": "try_again"}, HELD, {"state": "voided"}]),
    ("finalized", [HELD, TAKEN]),
    ("finalized", [{"state": "declined", "reason": "try_again"}, HELD, TAKEN]),
    ("finalized", [HELD, TAKEN, TAKEN | _sums(refunded="2.40"), TAKEN | _sums(refunded="5.00")]),
    ("refunded", [HELD, TAKEN, TAKEN | _sums(refunded="2.40"), TAKEN | _sums(refunded="12.40")]),
]


@st.composite
def histories(draw: st.DrawFn) -> History:
    end, outcomes = draw(st.sampled_from(COURSES))
    times = [draw(st.integers(1, 5)) for _ in outcomes]
    heard = [number for number, often in enumerate(times) for _ in range(often)]
    return History(outcomes, draw(st.permutations([*heard, -1])), end)


@given(histories())
@settings(
    max_examples=30, deadline=None, database=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
async def test_in_whatever_order_and_however_often_the_same_remains(
    payments: Payments, scripted: ScriptedGateway, history: History
) -> None:
    made = await payments.opened("30.00")
    call_id = await payments.begun(made, "authorize", "30.00")
    outcomes = [Outcome(reference=f"p-{made}", **fields) for fields in history.outcomes]
    for number in history.heard:
        if number < 0:
            scripted.script("authorize", outcomes[0])
            await carry_out(payments.database, call_id)
        else:
            event = scripted.event(f"ev-{made}-{number}", payment=f"p-{made}", outcome=outcomes[number])
            await take(payments.database, "scripted", *event)
    row, last = await payments.row(made), outcomes[-1]
    assert row["status"] == history.end
    assert (row["captured"], row["refunded"]) == (last.captured, last.refunded)
    assert row["failure_reason"] == last.reason
    assert row["amount"] == (0 if history.end == "reversed" else 30)
    entries = {key: amount for key, amount in (await payments.entries()).items() if f":{made}:captured" in key}
    assert sum(entries.values()) == last.captured
