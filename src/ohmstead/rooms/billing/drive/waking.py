"""What wakes a charge ad hoc: its card was stored, its payment moved, its session began or ended. Only when it is
looked at is changed; the step that follows goes by how things are."""

from sqlalchemy import BigInteger, bindparam, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.billing.drive.table import ad_hoc_charge
from ohmstead.rooms.billing.methods.setup import setup_finished
from ohmstead.rooms.billing.sessions.holds import PURCHASE
from ohmstead.rooms.billing.transactions.states import moved
from ohmstead.rooms.charging.durable_facts import SessionStarted, SessionStopped

_own = ad_hoc_charge.c
_now = bindparam("now")
_STORED = Statement(
    update(ad_hoc_charge)
    .where(_own.setup_id == bindparam("setup", type_=BigInteger))
    .values(method_id=bindparam("method", type_=BigInteger), due_at=_now, updated_at=_now)
)
_OF_SESSION = Statement(
    update(ad_hoc_charge)
    .where(_own.session_id == bindparam("session", type_=BigInteger), _own.over_at.is_(None))
    .values(due_at=_now, updated_at=_now)
)


@setup_finished.answer
async def charges_go_on_with_their_card(tx: Tx, asked: Row, stored: Row) -> None:
    if asked["user_id"] is None:
        await tx.run(_STORED, setup=asked["id"], method=stored["id"], now=tx.now)


@moved.answer
async def charges_follow_their_payment(tx: Tx, row: Row) -> None:
    if row["purchase_type"] == PURCHASE and row["user_id"] is None:
        await tx.run(_OF_SESSION, session=row["session_id"], now=tx.now)


@on(SessionStarted)
async def charges_begin_with_their_session(tx: Tx, fact: SessionStarted) -> None:
    await tx.run(_OF_SESSION, session=fact.id, now=tx.now)


@on(SessionStopped)
async def charges_end_with_their_session(tx: Tx, fact: SessionStopped) -> None:
    await tx.run(_OF_SESSION, session=fact.id, now=tx.now)
