"""Setting up: a card is entered at the provider, in two steps, and stored by what the provider calls it."""

from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, func, insert, select, update

from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.rooms.billing.durable_facts import PaymentMethodChanged
from ohmstead.rooms.billing.gateways.events import setup_told
from ohmstead.rooms.billing.gateways.gateway import Card, Money, Refused, gateways
from ohmstead.rooms.billing.methods.keeping import lock_owner
from ohmstead.rooms.billing.methods.table import payment_method, setup_request

setup_finished: Question[[Tx, Row, Row], None] = Question("what follows from a stored means of payment?")
"""Asked once, with the request to store it and the row that came of it, in the transaction that stores it."""

_asked, _own = setup_request.c, payment_method.c
_key, _user = bindparam("key", type_=BigInteger), bindparam("user", type_=BigInteger)
_SETUP = Statement(select(setup_request).where(_asked.id == _key))
_LOCKED = Statement(select(setup_request).where(_asked.id == _key).with_for_update(key_share=True))
_BY_REFERENCE = Statement(
    select(_asked.id).where(_asked.gateway == bindparam("gateway"), _asked.reference == bindparam("reference"))
)
_METHOD = Statement(select(payment_method).where(_own.id == _key))
_BY_TOKEN = Statement(
    select(payment_method).where(_own.gateway == bindparam("gateway"), _own.token == bindparam("token"))
)
_DEFAULT = Statement(select(_own.id).where(_own.user_id == _user, _own.is_default))


async def begin_setup(
    database: Database, *, user_id: int | None, kind: str, return_url: str | None, shown: Money | None
) -> Row:
    """Begin to enter a card (`kind` card or bank_transfer) of a user's, or for one charge of nobody's; `shown` will be
    held on it. The row of `setup_request`, whose `client` holds what the one who enters it needs, as the API names it.
    GatewayError or Refused where the provider will not."""
    gateway = gateways.current.current
    row = {"user_id": user_id, "gateway": gateway.name, "kind": kind, "status": "begun"}
    if shown is not None:
        row |= {"amount": shown.amount, "currency": shown.currency}
    async with database.begin() as tx:
        number = func.nextval(func.pg_get_serial_sequence("payment_transaction", "id"))  # `transactionId` of the API
        times = {"created_at": tx.now, "updated_at": tx.now}
        made = insert(setup_request).values(id=number, **row, **times).returning(_asked.id)
        key: int = await tx.value(made)
    begun = await gateway.begin_setup(f"setup-{key}", return_url, shown, kind)
    client: dict[str, Any] = {"redirectUrl": begun.redirect_url, "successUrl": begun.success_url, **begun.client}
    async with database.begin() as tx:
        return await _amend(tx, key, reference=begun.reference, client=client)


async def finish_setup(database: Database, setup_id: int) -> Row | None:
    """The means of payment that was entered, stored; asked again the same row. None while nothing is entered. Refused
    says why the provider declined it, GatewayError that it cannot be asked now."""
    async with database.read() as tx:
        asked = await tx.one(_SETUP, key=setup_id)
        if asked is None or asked["reference"] is None:
            return None
        if asked["method_id"] is not None:
            return await tx.one(_METHOD, key=asked["method_id"])
    try:
        card = await gateways.current[asked["gateway"]].finish_setup(asked["reference"])
    except Refused:
        async with database.begin() as tx:
            if (locked := await tx.one(_LOCKED, key=setup_id)) is not None and locked["method_id"] is None:
                await _amend(tx, setup_id, status="failed")
        raise
    if card is None:
        return None
    async with database.begin() as tx:
        stored = await _store(tx, setup_id, asked["gateway"], card)
    if stored["removed_at"] is not None and stored["user_id"] is None:
        raise Refused("The user has been deleted.")
    return stored


@setup_told.answer
async def it_was_entered(database: Database, gateway: str, reference: str) -> None:
    """The provider says so by itself; whoever began it may never come back."""
    async with database.read() as tx:
        setup_id = await tx.value(_BY_REFERENCE, gateway=gateway, reference=reference)
    if setup_id is not None:
        with suppress(Refused):  # which is noted
            await finish_setup(database, setup_id)


async def _store(tx: Tx, setup_id: int, gateway: str, card: Card) -> Row:
    """The card's row; of a request that was erased meanwhile, one that is removed at once, so that the provider is told
    to forget it."""
    asked = await tx.one(_LOCKED, key=setup_id)
    if asked is not None and asked["method_id"] is not None:
        found = await tx.one(_METHOD, key=asked["method_id"])
        assert found is not None, "methods stay"
        return found
    user_id = asked["user_id"] if asked else None
    gone = asked is None or (user_id is not None and not await lock_owner(tx, user_id))
    known = await tx.one(_BY_TOKEN, gateway=gateway, token=card.token)
    if known is not None and (gone or known["user_id"] != user_id or known["removed_at"] is not None):
        raise Refused("The card has been stored before.")
    stored = known or await store_card(
        tx, None if gone else user_id, gateway, card, removed_at=tx.now if gone else None
    )
    if asked is not None and not gone:
        asked = await _amend(tx, setup_id, status="stored", method_id=stored["id"], client={})
        await setup_finished(tx, asked, stored)
    return stored


async def store_card(tx: Tx, user_id: int | None, gateway: str, card: Card, removed_at: datetime | None = None) -> Row:
    """A card of a user's (who is locked) or of nobody's; the first of a user becomes the default."""
    row = {
        "user_id": user_id, "gateway": gateway, "token": card.token, "kind": card.kind, "brand": card.brand,
        "last4": card.last4, "exp_month": card.exp_month, "exp_year": card.exp_year, "wallet": card.wallet,
        "is_default": user_id is not None and await tx.value(_DEFAULT, user=user_id) is None,
        "removed_at": removed_at, "forget_at": removed_at, "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    stored = await tx.one(insert(payment_method).values(row).returning(payment_method))
    assert stored is not None, "it is inserted"
    if user_id is not None:
        tx.tell(PaymentMethodChanged(id=str(stored["id"]), user_id=user_id, action="created"))
    return stored


async def _amend(tx: Tx, key: int, **values: Any) -> Row:
    changed = update(setup_request).where(_asked.id == key).values(updated_at=tx.now, **values)
    row = await tx.one(changed.returning(setup_request))
    if row is None:
        raise LookupError(f"there is no request {key} to store a means of payment")
    return row
