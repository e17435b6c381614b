"""Calls to gateways: with a key before they are made, asked about where their answer is lost, applied once."""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Outcome, Refused
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway


@pytest.fixture
def provider() -> Iterator[ScriptedGateway]:
    with ScriptedGateway().provided() as found:
        yield found


@pytest.fixture
def payments(system: System, provider: ScriptedGateway) -> Payments:
    return Payments(system)


async def test_a_hold_is_placed_and_captured(payments: Payments, provider: ScriptedGateway) -> None:
    made = await payments.opened("30.00", user_id=None)
    row = await payments.call(made, "authorize", "30.00")
    assert (row["status"], row["authorized"], row["gateway_reference"]) == ("authorized", 30, "payment-1")
    row = await payments.call(made, "capture", "12.40")
    assert (row["status"], row["captured"], row["authorized"]) == ("finalized", Decimal("12.40"), 30)
    assert row["finalized_at"] is not None
    assert await payments.entries() == {f"transaction:{made}:captured": Decimal("12.40")}
    assert provider.calls == [("authorize", f"{made}-authorize"), ("capture", f"{made}-capture")]


async def test_what_is_declined_has_failed(payments: Payments, provider: ScriptedGateway) -> None:
    provider.script("authorize", Outcome(state="declined", reference="p", reason="card_declined", message="No funds"))
    row = await payments.call(await payments.opened(), "authorize", "12.40")
    assert (row["status"], row["failure_reason"], row["bank_message"]) == ("failed", "card_declined", "No funds")
    assert await payments.entries() == {}


async def test_what_is_let_go_is_reversed(payments: Payments) -> None:
    row = await payments.call(await payments.held(), "void")
    assert (row["status"], row["amount"], row["captured"]) == ("reversed", 0, 0)
    assert await payments.entries() == {}


@pytest.mark.parametrize("lost", [GatewayError("no answer"), RuntimeError("a fault of the adapter")])
async def test_an_unknown_outcome_is_pending(payments: Payments, provider: ScriptedGateway, lost: Exception) -> None:
    provider.script("authorize", lost)
    row = await payments.call(await payments.opened(), "authorize", "12.40")
    assert (row["status"], row["failure_reason"]) == ("pending", None)


async def test_what_is_refused_has_failed(payments: Payments, provider: ScriptedGateway) -> None:
    provider.script("authorize", Refused("the token is unknown"))
    row = await payments.call(await payments.opened(), "authorize", "12.40")
    assert (row["status"], row["failure_reason"]) == ("failed", "the token is unknown")


async def test_a_refund_that_is_refused_is_shown(payments: Payments, provider: ScriptedGateway) -> None:
    made = await payments.held()
    await payments.call(made, "capture", "12.40")
    provider.script("refund", Refused("too old"))
    row = await payments.call(made, "refund:1", "2.00")
    assert (row["status"], row["failure_reason"], row["refunded"]) == ("finalized", "too old", 0)


async def test_a_call_is_made_once(payments: Payments, provider: ScriptedGateway) -> None:
    made = await payments.held()
    for _ in range(3):
        await payments.call(made, "capture", "12.40")
    assert provider.count("capture") == 1


async def test_a_hold_is_ended_once(payments: Payments, provider: ScriptedGateway) -> None:
    made = await payments.held()
    await payments.begun(made, "capture", "12.40")
    assert (await payments.call(made, "void"))["status"] == "finalized"
    assert provider.count("void") == 0
