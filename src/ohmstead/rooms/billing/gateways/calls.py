"""Calls to gateways: each is a row, with its key, before it is made, and keeps what came of it.

A call that was begun and whose answer nobody has (it timed out, or its process was killed) is looked up by its key.
Only where the provider never had it, it is made again, with the same key.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from msgspec import Struct, to_builtins
from sqlalchemy import text

from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.signals import Signal
from ohmstead.rooms.billing.gateways.gateway import Gateway, GatewayError, Money, Outcome, Refused, gateways
from ohmstead.rooms.billing.gateways.outcomes import applied, hear
from ohmstead.rooms.billing.gateways.tables import gateway_call  # noqa: F401 - its table
from ohmstead.rooms.billing.transactions.states import amend, move, transaction

log = structlog.get_logger("ohmstead.gateways")

CHANNEL = "gateway_calls"
CALL_S = 10.0  # real s that a provider has for its answer
INLINE = timedelta(seconds=30)  # who begins a call and makes it at once has so long before the worker looks after it
LEASE = timedelta(seconds=30)  # who has taken a call has it so long
LOOKS = tuple(timedelta(seconds=each) for each in (10, 30, 120, 600, 3600))
"""Pauses before a call of unknown outcome is looked up, the last again and again."""

begun = Signal()
"""Calls were begun here, and are durable."""
in_hand: dict[int, asyncio.Future[Any]] = {}
"""The calls that are being made in this process; done once what came of them is durable."""

_ENDS = ("capture", "void")
_ENDED_BY = Statement(
    text("""
SELECT id FROM gateway_call WHERE transaction_id = :transaction_id AND step = ANY(CAST(:ends AS text[]))
AND NOT (state = 'done' AND outcome IS NULL) ORDER BY id LIMIT 1""")
)
_BEGIN = Statement(
    text("""
INSERT INTO gateway_call (transaction_id, step, key, gateway, amount, state, due_at, created_at, updated_at)
VALUES (:transaction_id, :step, :key, :gateway, :amount, 'begun', :due_at, :now, :now)
ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id""")
)
_TAKEN = """
UPDATE gateway_call AS call SET attempts = call.attempts + 1, due_at = :until, updated_at = :now
FROM taken, payment_transaction AS paid LEFT JOIN payment_method AS method ON method.id = paid.method_id
WHERE call.id = taken.id AND paid.id = call.transaction_id
RETURNING call.id, call.transaction_id, call.step, call.key, call.gateway, call.amount, call.attempts,
    paid.currency, paid.gateway_reference, paid.bank_message, method.token"""
_IN_TURN = """NOT EXISTS (
        SELECT FROM gateway_call AS earlier
        WHERE earlier.transaction_id = own.transaction_id AND earlier.id < own.id AND earlier.due_at IS NOT NULL)"""
_TAKE = Statement(
    text(f"""
WITH taken AS (
    SELECT id FROM gateway_call AS own
    WHERE id = :call_id AND (due_at <= :now OR due_at IS NOT NULL AND attempts = 0) AND {_IN_TURN} FOR UPDATE
) {_TAKEN}""")
)
_TAKE_DUE = Statement(
    text(f"""
WITH taken AS (
    SELECT id FROM gateway_call AS own
    WHERE due_at <= :now AND id <> ALL(CAST(:in_hand AS bigint[])) AND {_IN_TURN}
    ORDER BY due_at LIMIT :most FOR UPDATE SKIP LOCKED
) {_TAKEN}""")
)
_NOTE = Statement(
    text("""
UPDATE gateway_call AS call SET state = told.state, outcome = COALESCE(told.outcome, call.outcome), error = told.error,
    due_at = told.due_at, updated_at = :now
FROM json_to_recordset(CAST(:told AS json)) AS told(
    id bigint, state text, outcome jsonb, error text, due_at timestamptz)
WHERE call.id = told.id AND call.state <> 'done'""")
)
_LOCK = Statement(
    text("""
SELECT id FROM payment_transaction WHERE id = ANY(CAST(:ids AS bigint[])) ORDER BY id FOR NO KEY UPDATE""")
)
_TRANSACTION = Statement(text("SELECT transaction_id FROM gateway_call WHERE id = :call_id"))


class Result(Struct, frozen=True):
    """What came of a call: an outcome, that it was refused and why, or (neither, or `pending`) nothing is known."""

    call: Row
    outcome: Outcome | None = None
    refused: str | None = None
    error: str | None = None

    @property
    def known(self) -> bool:
        """Whether it is over."""
        return self.refused is not None or (self.outcome is not None and self.outcome.state != "pending")


async def begin_call(tx: Tx, transaction: Row, step: str, amount: Decimal, *, inline: bool = False) -> int:
    """Write that a call is to be made, of a transaction that is locked (or new); its id. Begun twice it is one call,
    and of capture and void, which both end a hold, the first stays unless it was refused. `inline`: the caller makes
    it."""
    if step in _ENDS:
        ended = await tx.value(_ENDED_BY, transaction_id=transaction["id"], ends=list(_ENDS))
        if ended is not None:
            return ended
    call_id = await tx.value(
        _BEGIN, transaction_id=transaction["id"], step=step, key=_key(transaction["id"], step), amount=amount,
        gateway=transaction["gateway"], due_at=tx.now + INLINE if inline else tx.now, now=tx.now,
    )  # fmt: skip
    if not inline:
        tx.after_commit(begun.send)
    return call_id


async def carry_out(database: Database, call_id: int) -> Row:
    """Make a call that is committed, and apply what comes of it; the transaction as it then is: `pending` where nothing
    is known. A call that is done, or waits for one before it, or that somebody else has in hand, is left alone."""
    if (others := in_hand.get(call_id)) is not None:
        await asyncio.wait([others])
    else:
        with holding(call_id, asyncio.get_running_loop().create_future()):
            await _carry_out(database, call_id)
    async with database.read() as tx:
        return await transaction(tx, await tx.value(_TRANSACTION, call_id=call_id))


async def _carry_out(database: Database, call_id: int) -> None:
    async with database.begin() as tx:
        call = await tx.one(_TAKE, call_id=call_id, now=tx.now, until=tx.now + LEASE)
    if call is not None:
        result = await make(call)
        async with database.begin() as tx:
            await keep(tx, [result])


@contextmanager
def holding(call_id: int, done: asyncio.Future[Any]) -> Iterator[None]:
    """Have a call in hand."""
    in_hand[call_id] = done
    try:
        yield
    finally:
        del in_hand[call_id]
        if not done.done():
            done.set_result(None)


async def take_due(tx: Tx, most: int, lease: timedelta) -> list[Row]:
    """Take up to so many calls that have fallen due, and that nobody here has in hand, for as long as `lease`. Those of
    one transaction come in their turn."""
    return await tx.all(_TAKE_DUE, now=tx.now, until=tx.now + lease, most=most, in_hand=list(in_hand))


def _key(transaction_id: int, step: str) -> str:
    return f"{transaction_id}-{step}"


async def make(call: Row) -> Result:
    """Ask the provider; it has CALL_S for it."""
    try:
        async with asyncio.timeout(CALL_S):  # `wait_for` of Python 3.11 can swallow a cancellation
            return await _asked(gateways.current[call["gateway"]], call)
    except Exception as error:
        if not isinstance(error, GatewayError | TimeoutError):
            log.exception("gateway failed", gateway=call["gateway"], key=call["key"])
        return Result(call, error=str(error) or type(error).__name__)


async def _asked(gateway: Gateway, call: Row) -> Result:
    if call["attempts"] > 1:
        found = await gateway.look_up(call["key"], call["gateway_reference"])
        if found is not None and not _to_be_made(call, found):
            return Result(call, found)
    try:
        return Result(call, await _sent(gateway, call))
    except Refused as error:
        found = None
        if call["step"] != "authorize" and call["gateway_reference"] is not None:
            held_by = _key(call["transaction_id"], "authorize")
            found = await gateway.look_up(held_by, call["gateway_reference"])  # somebody else may have done it
        return Result(call, found, refused=str(error))


def _to_be_made(call: Row, found: Outcome) -> bool:
    """Whether a payment stands as if a call to end the hold had not come."""
    return call["step"] in _ENDS and found.state == "authorized"


async def _sent(gateway: Gateway, call: Row) -> Outcome:
    key, reference, money = call["key"], call["gateway_reference"], Money(call["amount"], call["currency"])
    if call["step"] == "authorize":
        statement = call["bank_message"] or f"Transaction {call['transaction_id']}"
        return await gateway.authorize(key, call["token"], money, statement)
    if reference is None:
        raise Refused("There is no payment.")
    if call["step"] == "capture":
        return await gateway.capture(key, reference, money)
    if call["step"] == "void":
        return await gateway.void(key, reference)
    return await gateway.refund(key, reference, money)


async def keep(tx: Tx, results: Iterable[Result]) -> None:
    """Write what came of calls. All transactions are locked first, in the order of their ids."""
    ordered = sorted(results, key=lambda one: (one.call["transaction_id"], one.call["id"]))
    if len(ordered) > 1:
        await tx.all(_LOCK, ids=[one.call["transaction_id"] for one in ordered])
    followed = [await _follow(tx, one) for one in ordered]
    if named := [row for row in followed if row is not None]:
        await hear(tx, named)
    await tx.run(_NOTE, told=[_noted(one, tx.now) for one in ordered], now=tx.now)


def _noted(one: Result, now: datetime) -> dict[str, Any]:
    outcome = None if one.outcome is None or one.refused is not None else to_builtins(one.outcome)
    state = "done" if one.known else "unknown"
    due_at = None if one.known else now + LOOKS[min(one.call["attempts"], len(LOOKS)) - 1]
    return {"id": one.call["id"], "state": state, "outcome": outcome, "error": one.refused or one.error,
            "due_at": due_at and due_at.isoformat()}  # fmt: skip


async def _follow(tx: Tx, one: Result) -> Row | None:
    """The transaction, where the provider's name for its payment is known by this."""
    transaction_id, step, named = one.call["transaction_id"], one.call["step"], None
    if one.outcome is not None:
        row, is_named = await applied(tx, transaction_id, one.outcome, step)
        named = row if is_named else None
    if one.refused is not None:
        await _refused(tx, transaction_id, step, one.refused)
    elif not one.known:
        await _unknown(tx, transaction_id, step)
    return named


async def _unknown(tx: Tx, transaction_id: int, step: str) -> None:
    """What nobody knows the outcome of is pending, also where it was authorized and that is to end."""
    row = await transaction(tx, transaction_id, lock=True)
    if row["status"] == ("authorized" if step in _ENDS else "initialized"):
        await amend(tx, transaction_id, status="pending")


async def _refused(tx: Tx, transaction_id: int, step: str, why: str) -> None:
    """What is refused when money is to be had has failed: it will never come by this transaction. What is refused when
    money is to go back, or is no longer held, is shown on the transaction, which stays."""
    if step in ("authorize", "capture"):
        await move(tx, transaction_id, "failed", failure_reason=why)
        return
    row = await transaction(tx, transaction_id, lock=True)
    if row["status"] in ("failed", "reversed"):
        return
    held = row["status"] == "pending" and row["authorized"] > row["captured"]
    changes: dict[str, Any] = {"status": "authorized"} if held else {}
    await amend(tx, transaction_id, failure_reason=why, **changes)
