"""E10: a capture whose answer is lost. The card is charged once, whoever tells of it first and however often."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.embedded import EmbeddedGateway
from ohmstead.rooms.billing.gateways.embedded.delivering import written
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_event
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.billing.gateways.worker import GatewayCalls
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.till import SILENT_CAPTURE, Till, till
from tests.rooms.booked import running  # noqa: F401 - the fixture

RETRY = "/actions/session/v1.0/1/retry-payment"


@pytest.fixture
async def desk(api: Client, given: Given) -> Till:
    """Where a session of 12.40 has ended, and the answer to its capture never came."""
    found = await till(api, given)
    user, tag = await found.user()
    await found.card(user, SILENT_CAPTURE)
    await found.charges(tag, 24.8)
    return found


async def stands(desk: Till) -> tuple[str, str, str]:
    """The only transaction: its status, what was collected by it, and what its session says."""
    [row] = await desk.transactions()
    return row["status"], f"{row['captured']:.2f}", (await desk.there.shown())["paymentStatus"]


async def captured_event(desk: Till) -> tuple[bytes, Mapping[str, str]]:
    """What the gateway would have told."""
    gateway = gateways.current.current
    assert isinstance(gateway, EmbeddedGateway)
    async with desk.system.database.read() as tx:
        row: Row | None = await tx.one(select(embedded_event).where(embedded_event.c.kind == "payment.captured"))
    assert row is not None
    return written(gateway, row)


async def told(desk: Till) -> int:
    """The event is sent once more: how it was answered."""
    raw, headers = await captured_event(desk)
    sent = {"Content-Type": "application/json"} | dict(headers)
    answer = await desk.there.api.post("/internal/gateway-events/v1.0/embedded", data=raw, headers=sent)
    return answer.status


async def looked_up(desk: Till) -> None:
    """Ten seconds have passed, and the worker has looked."""
    clock = desk.system.clock
    assert isinstance(clock, ManualClock)
    await clock.advance(timedelta(seconds=11).total_seconds())
    calls = GatewayCalls(desk.system.database, clock)
    await calls.look()
    await calls.settled()
    await desk.pays()


async def charged_once(desk: Till) -> None:
    """One movement in the ledger, one charge of the card by the gateway's own list, and nothing is owed."""
    assert await stands(desk) == ("finalized", "12.40", "paid")
    assert await desk.owed() == {}
    async with desk.system.database.read() as tx:
        entries = await tx.all(text("SELECT amount FROM ledger_entry WHERE key = 'transaction:1:captured'"))
        charges = await tx.all(text("SELECT captured FROM embedded_payment"))
        captures = await tx.all(text("SELECT key, times FROM embedded_call WHERE step = 'capture'"))
    assert [row["amount"] for row in entries] == [row["captured"] for row in charges] == [Decimal("12.40")]
    assert [tuple(row) for row in captures] == [("1-capture", 1)]


async def test_it_is_pending_until_its_outcome_is_known(desk: Till) -> None:
    assert await stands(desk) == ("pending", "0.00", "pending")
    answer = await desk.there.api.post(RETRY)
    assert answer.status == 409, answer.body
    assert "failed or partially paid" in answer.body["message"]
    await looked_up(desk)
    await charged_once(desk)


async def test_its_event_may_come_three_times(desk: Till) -> None:
    assert await told(desk) == 204
    await charged_once(desk)
    await looked_up(desk)
    assert [await told(desk), await told(desk)] == [204, 204]
    await charged_once(desk)


async def test_what_is_looked_up_first_is_told_in_vain(desk: Till) -> None:
    await looked_up(desk)
    assert [await told(desk) for _ in range(3)] == [204] * 3
    await charged_once(desk)
