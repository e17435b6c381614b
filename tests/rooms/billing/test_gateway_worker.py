"""The worker of calls to gateways: what is begun is made, and what is not answered is looked up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import text

from ohmstead.app.system import System
from ohmstead.rooms.billing.gateways import worker as worker_module
from ohmstead.rooms.billing.gateways.gateway import GatewayError
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from tests.rooms.billing.payments import Payments
from tests.rooms.billing.scripted_gateway import ScriptedGateway
from tests.rooms.later import Later
from tests.scenarios.waiting import becomes

_ALTER = "ALTER TABLE payment_transaction"


@pytest.fixture
def payments(later: Later) -> Payments:
    """By the clock that a test moves."""
    return Payments(later.database)


@pytest.fixture
def worker(later: Later) -> GatewayCalls:
    """By the same clock; it looks when the test says so."""
    return GatewayCalls(later.database, later.clock)


async def looked(worker: GatewayCalls) -> None:
    """All that is due now was done."""
    await worker.look()
    await worker.settled()


async def states(system: System) -> list[tuple[Any, ...]]:
    """Of all calls: the step, the state, and how often it was tried."""
    async with system.database.read() as tx:
        return [tuple(row) for row in await tx.all(text("SELECT step, state, attempts FROM gateway_call ORDER BY id"))]


async def test_what_is_begun_is_made(payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls) -> None:
    made = [await payments.held() for _ in range(3)]
    for each in made:
        await payments.begun(each, "capture", "12.40")
    await looked(worker)
    assert [(await payments.row(each))["status"] for each in made] == ["finalized"] * 3
    assert len(await payments.entries()) == 3


async def test_what_its_caller_makes_is_left_alone_for_half_a_minute(
    system: System, payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls, later: Later
) -> None:
    made = await payments.opened()
    await payments.begun(made, "authorize", "12.40", inline=True)
    await later.clock.advance(29)
    await looked(worker)
    assert scripted.calls == []
    await later.clock.advance(2)
    await looked(worker)
    assert (await payments.row(made))["status"] == "authorized"
    assert await states(system) == [("authorize", "done", 1)]


async def test_an_unknown_outcome_is_looked_up_ever_more_rarely(
    payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls, later: Later
) -> None:
    made = await payments.held()
    scripted.lost("capture")
    scripted.script("look_up", *[GatewayError("away")] * 5)
    await payments.begun(made, "capture", "12.40")
    await looked(worker)
    for pause in (10, 30, 120, 600, 3600):
        before = scripted.count("look_up")
        await later.clock.advance(pause - 1)
        await looked(worker)
        assert scripted.count("look_up") == before, f"not before {pause} s"
        await later.clock.advance(2)
        await looked(worker)
        assert scripted.count("look_up") == before + 1
        assert (await payments.row(made))["status"] == "pending"
    await later.clock.advance(3601)
    await looked(worker)
    assert (await payments.row(made))["captured"] == Decimal("12.40")
    assert scripted.count("capture") == 1


async def test_what_never_arrived_is_made_again_with_the_same_key(
    payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls, later: Later
) -> None:
    made = await payments.held()
    scripted.script("capture", GatewayError("no route"))
    await payments.begun(made, "capture", "12.40")
    await looked(worker)
    assert (await payments.row(made))["status"] == "pending"
    await later.clock.advance(11)
    await looked(worker)
    assert (await payments.row(made))["status"] == "finalized"
    key = f"{made}-capture"
    assert scripted.calls[1:] == [("capture", key), ("look_up", key), ("capture", key)]


async def test_a_hold_is_let_go_once_it_is_known(
    payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls, later: Later
) -> None:
    scripted.lost("authorize")
    made = await payments.opened()
    await payments.begun(made, "authorize", "12.40")
    await looked(worker)
    await payments.begun(made, "void")
    await looked(worker)
    assert scripted.count("void") == 0
    await later.clock.advance(11)
    await looked(worker)
    await looked(worker)
    row = await payments.row(made)
    assert (row["status"], row["amount"]) == ("reversed", 0)
    assert scripted.payments[row["gateway_reference"]].state == "voided"


async def test_who_does_not_answer_in_time_is_asked_later(
    payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: Any) -> None:
        await asyncio.Event().wait()

    made = await payments.held()
    monkeypatch.setattr("ohmstead.rooms.billing.gateways.calls.CALL_S", 0.01)
    monkeypatch.setattr(scripted, "capture", never)
    await payments.begun(made, "capture", "12.40")
    await looked(worker)
    assert (await payments.row(made))["status"] == "pending"


async def test_what_fails_for_one_is_no_matter_of_the_others(
    system: System, payments: Payments, scripted: ScriptedGateway, worker: GatewayCalls, later: Later
) -> None:
    made = [await payments.held() for _ in range(3)]
    for each in made:
        await payments.begun(each, "capture", "12.40")
    async with system.database.begin() as tx:
        await tx.run(text(f"{_ALTER} ADD CONSTRAINT bad CHECK (id <> {made[1]} OR captured = 0)"))
    await looked(worker)
    found = [(await payments.row(each))["status"] for each in made]
    async with system.database.begin() as tx:
        await tx.run(text(f"{_ALTER} DROP CONSTRAINT bad"))
    assert found == ["finalized", "authorized", "finalized"]
    await later.clock.advance(61)
    await looked(worker)
    assert (await payments.row(made[1]))["status"] == "finalized"
    assert scripted.count("capture") == 3, "it is looked up"


@pytest.fixture
async def at_work(system: System) -> AsyncIterator[GatewayCalls]:
    """As it runs in a server."""
    made = GatewayCalls(system.database, system.clock)
    task = asyncio.create_task(made.run())
    yield made
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_it_makes_more_than_it_has_room_for_without_a_pause(
    payments: Payments, scripted: ScriptedGateway, at_work: GatewayCalls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "AT_ONCE", 3)
    monkeypatch.setattr(worker_module, "LOOK_S", 3600)
    made = [await payments.opened("1.00") for _ in range(10)]
    async with asyncio.TaskGroup() as group:
        for each in made:
            group.create_task(payments.begun(each, "authorize", "1.00"))

    async def authorized() -> int:
        return [(await payments.row(each))["status"] for each in made].count("authorized")

    await becomes(authorized, lambda number: number == len(made))
    assert scripted.count("authorize") == len(made)


async def test_it_is_woken_from_elsewhere(
    system: System, payments: Payments, scripted: ScriptedGateway, at_work: GatewayCalls,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(worker_module, "LOOK_S", 3600)
    made = await payments.opened("1.00")
    monkeypatch.setattr("ohmstead.kit.signals.Signal.send", lambda *_: None)  # as in another process
    await payments.begun(made, "authorize", "1.00")

    async def status() -> str:
        async with system.database.begin() as tx:
            await tx.run(text("NOTIFY gateway_calls"))
        return (await payments.row(made))["status"]

    await becomes(status, lambda found: found == "authorized")
