"""Events of gateways: each is taken once by its id, and kept until the payment it is about is known."""

from collections.abc import Mapping

from msgspec import to_builtins
from sqlalchemy import text

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Database, Statement
from ohmstead.kit.errors import Forbidden, NotFound
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.questions import Question
from ohmstead.rooms.billing.gateways.gateway import Event, Refused, gateways
from ohmstead.rooms.billing.gateways.outcomes import EVENT, LOCK_NAMES, apply

setup_told: Question[[Database, str, str], None] = Question("what follows from a card that was entered?")
"""Asked with the gateway's name and the set-up's reference, until it has been answered once."""

_KEEP = Statement(
    text("""
INSERT INTO gateway_event (gateway, event_id, reference, content, created_at, updated_at)
VALUES (:gateway, :event_id, :reference, :content, :now, :now)
ON CONFLICT (gateway, event_id) DO NOTHING RETURNING id""")
)
_TRANSACTION = Statement(
    text("SELECT id FROM payment_transaction WHERE gateway = :gateway AND gateway_reference = :reference")
)
_APPLIED = Statement(
    text("""
UPDATE gateway_event SET applied_at = :now, updated_at = :now WHERE gateway = :gateway AND event_id = :event_id""")
)
_WAITS = Statement(
    text("SELECT id FROM gateway_event WHERE gateway = :gateway AND event_id = :event_id AND applied_at IS NULL")
)


async def take(database: Database, gateway_name: str, raw: bytes, headers: Mapping[str, str]) -> None:
    """Take what a provider sent. KeyError where the gateway is not known, Refused where the signature is wrong."""
    event = gateways.current[gateway_name].parse_event(raw, headers)
    if event is None:
        return
    if event.setup is not None:
        await _entered(database, gateway_name, event, event.setup)
    elif event.payment is not None and event.outcome is not None:
        await _changed(database, gateway_name, event, event.payment)


async def _changed(database: Database, gateway: str, event: Event, payment: str) -> None:
    """Of a payment: applied now, or once the payment is known."""
    assert event.outcome is not None
    named = {"gateway": gateway, "reference": payment}
    async with database.begin() as tx:
        await tx.run(LOCK_NAMES, gateways=[gateway], payments=[payment])
        kept = {"event_id": event.id, "content": to_builtins(event), "now": tx.now}
        if await tx.value(_KEEP, **named, **kept) is None:
            return
        transaction_id = await tx.value(_TRANSACTION, **named)
        if transaction_id is not None:
            await apply(tx, transaction_id, event.outcome, EVENT)
            await tx.run(_APPLIED, gateway=gateway, event_id=event.id, now=tx.now)


async def _entered(database: Database, gateway: str, event: Event, setup: str) -> None:
    """Of a card: who waits for it asks the provider for it, which takes its time; until then the event comes again."""
    named = {"gateway": gateway, "event_id": event.id}
    async with database.begin() as tx:
        await tx.run(_KEEP, **named, reference=setup, content=to_builtins(event), now=tx.now)
        if await tx.value(_WAITS, **named) is None:
            return
    await setup_told(database, gateway, setup)
    async with database.begin() as tx:
        await tx.run(_APPLIED, **named, now=tx.now)


intake = Group("internal / gateway-events", "internal/gateway-events/", "gateway-events", access=OPERATOR, open=True)


@intake.post(
    "v1.0/{gateway}", "Gateway event", status=204, errors=(403, 404), transactions=Transactions.MANUAL, counted=False
)
async def gateway_event_came(call: Call) -> None:
    """What a payment provider tells by itself, signed by it. Taken once, however often it comes."""
    name = call.path["gateway"]
    if name not in gateways.current.known:
        raise NotFound.model("gateway", name)
    try:
        await take(call.database, name, call.raw, call.headers)
    except Refused as error:
        raise Forbidden(str(error)) from error
