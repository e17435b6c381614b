"""Calls to gateways: with a key before they are made, asked about where their answer is lost, applied once."""

import asyncio
from decimal import Decimal

import pytest

from ohmstead.rooms.billing.gateways.calls import carry_out
from ohmstead.rooms.billing.gateways.gateway import GatewayError, Money, Outcome, Refused
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway


async def test_a_hold_is_placed_and_captured(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.opened("30.00", user_id=None)
    row = await payments.call(made, "authorize", "30.00")
    assert (row["status"], row["authorized"], row["gateway_reference"]) == ("authorized", 30, "payment-1")
    row = await payments.call(made, "capture", "12.40")
    assert (row["status"], row["captured"], row["authorized"]) == ("finalized", Decimal("12.40"), 30)
    assert row["finalized_at"] is not None
    assert await payments.entries() == {f"transaction:{made}:captured": Decimal("12.40")}
    assert scripted.calls == [("authorize", f"{made}-authorize"), ("capture", f"{made}-capture")]


async def test_what_is_declined_has_failed(payments: Payments, scripted: ScriptedGateway) -> None:
    scripted.script("authorize", Outcome(state="declined", reference="p", reason="card_declined", message="No funds"))
    row = await payments.call(await payments.opened(), "authorize", "12.40")
    assert (row["status"], row["failure_reason"], row["bank_message"]) == ("failed", "card_declined", "No funds")
    assert await payments.entries() == {}


async def test_what_is_let_go_is_reversed(payments: Payments, scripted: ScriptedGateway) -> None:
    row = await payments.call(await payments.held(), "void")
    assert (row["status"], row["amount"], row["captured"]) == ("reversed", 0, 0)
    assert await payments.entries() == {}


@pytest.mark.parametrize("lost", [GatewayError("no answer"), RuntimeError("a fault of the adapter")])
async def test_an_unknown_outcome_is_pending(payments: Payments, scripted: ScriptedGateway, lost: Exception) -> None:
    scripted.script("authorize", lost)
    row = await payments.call(await payments.opened(), "authorize", "12.40")
    assert (row["status"], row["failure_reason"]) == ("pending", None)


async def test_what_is_refused_has_failed(payments: Payments, scripted: ScriptedGateway) -> None:
    scripted.script("authorize", Refused("the token is unknown"))
    row = await payments.call(await payments.opened(), "authorize", "12.40")
    assert (row["status"], row["failure_reason"]) == ("failed", "the token is unknown")


async def test_a_refund_that_is_refused_is_shown(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    await payments.call(made, "capture", "12.40")
    scripted.script("refund", Refused("too old"))
    row = await payments.call(made, "refund:1", "2.00")
    assert (row["status"], row["failure_reason"], row["refunded"]) == ("finalized", "too old", 0)


async def test_a_call_is_made_once(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    for _ in range(3):
        await payments.call(made, "capture", "12.40")
    assert scripted.count("capture") == 1


async def test_a_hold_is_ended_once(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    await payments.begun(made, "capture", "12.40")
    assert (await payments.call(made, "void"))["status"] == "finalized"
    assert scripted.count("void") == 0


async def test_calls_of_one_transaction_are_made_in_turn(payments: Payments, scripted: ScriptedGateway) -> None:
    scripted.script("authorize", GatewayError("no answer"))
    made = await payments.opened()
    await payments.call(made, "authorize", "12.40")
    assert (await payments.call(made, "void"))["status"] == "pending"
    assert scripted.calls == [("authorize", f"{made}-authorize")]


async def test_a_capture_that_is_refused_has_failed(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    scripted.script("capture", Refused("the hold has expired"))
    row = await payments.call(made, "capture", "12.40")
    assert (row["status"], row["failure_reason"], row["captured"]) == ("failed", "the hold has expired", 0)


async def test_what_somebody_else_has_done_is_no_failure(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    await scripted.capture("somebody-else", "payment-1", Money(Decimal("12.40"), "EUR"))
    scripted.script("capture", Refused("it is captured"))
    row = await payments.call(made, "capture", "12.40")
    assert (row["status"], row["captured"], row["failure_reason"]) == ("finalized", Decimal("12.40"), None)


async def test_what_was_refused_may_be_ended_otherwise(payments: Payments, scripted: ScriptedGateway) -> None:
    made = await payments.held()
    scripted.script("void", Refused("not now"))
    row = await payments.call(made, "void")
    assert (row["status"], row["failure_reason"]) == ("authorized", "not now")
    assert (await payments.call(made, "capture", "12.40"))["status"] == "finalized"


async def test_who_waits_for_a_call_that_is_being_made_does_not_make_it_again(
    payments: Payments, scripted: ScriptedGateway
) -> None:
    made = await payments.opened()
    call_id = await payments.begun(made, "authorize", "12.40", inline=True)
    rows = await asyncio.gather(*(carry_out(payments.database, call_id) for _ in range(5)))
    assert {row["status"] for row in rows} == {"authorized"}
    assert scripted.count("authorize") == 1
