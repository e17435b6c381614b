"""Delivering: e-mails are handed over until they are taken, at least once, for two days."""

from datetime import timedelta

import structlog
from sqlalchemy import BigInteger, DateTime, Integer, Text, bindparam, delete, null, select, update

from ohmstead.kit.db import Row, Statement
from ohmstead.kit.faults import Seldom
from ohmstead.rooms.operator.durable_facts import EmailTaken
from ohmstead.rooms.operator.mail.composing import compose
from ohmstead.rooms.operator.mail.mailer import NotTaken, mailer
from ohmstead.rooms.operator.mail.table import email_attachment, email_message
from ohmstead.store.due_work import DueWork, back_off

log = structlog.get_logger("ohmstead.mail")

FIRST_RETRY, LAST_RETRY = timedelta(minutes=1), timedelta(hours=4)
MOST_ATTEMPTS = 20  # the last after 48 h 15 min
MOST_TOLD = 1_000  # characters of a problem

_own, _attachment = email_message.c, email_attachment.c
_key, _attempts = bindparam("key", type_=BigInteger), bindparam("attempts", type_=Integer)
_now, _due = (bindparam(name, type_=DateTime(timezone=True)) for name in ("now", "due"))
_TAKE = Statement(
    update(email_message)
    .where(_own.id == _key, _own.attempts == _attempts, _own.due_at <= _now)
    .values(attempts=_attempts + 1, due_at=_due, updated_at=_now)
    .returning(*email_message.c)
)
_ATTACHMENTS = Statement(select(email_attachment).where(_attachment.email_message_id == _key).order_by(_attachment.id))
_SENT = Statement(delete(email_message).where(_own.id == _key))
_problem = bindparam("problem", type_=Text)
_NOT_SENT = Statement(update(email_message).where(_own.id == _key).values(problem=_problem, updated_at=_now))
_GIVEN_UP = Statement(
    update(email_message).where(_own.id == _key).values(problem=_problem, due_at=null(), updated_at=_now)
)


class MailDelivery(DueWork):
    """Hands over what is due. Its next attempt is noted before: what cannot be noted afterwards, because the disk is
    full or this process is killed, is sent again then, and not all the time. It is the same message by its ID."""

    every_s = 5.0
    due = Statement(
        select(*_own["id", "attempts"])
        .where(_own.due_at <= _now)
        .order_by(_own.due_at, _own.id)
        .limit(bindparam("most", type_=Integer))
    )
    _seldom = Seldom()

    async def carry_out(self, row: Row) -> None:
        async with self._database.begin() as tx:
            again = tx.now + back_off(row["attempts"] + 1, FIRST_RETRY, LAST_RETRY)
            email = await tx.one(_TAKE, key=row["id"], attempts=row["attempts"], due=again, now=tx.now)
            attachments = await tx.all(_ATTACHMENTS, key=row["id"])
        if email is None:  # another node had it, or who it was for was deleted
            return
        try:
            await mailer.current.take(compose(email, attachments, mailer.current.sender))
        except NotTaken as problem:
            if self._seldom.passes(str(problem)):
                log.warning("e-mail not sent", id=row["id"], why=str(problem))
            await self.failed(row, problem)
            return
        async with self._database.begin() as tx:
            await tx.run(_SENT, key=row["id"])
            tx.tell(EmailTaken(id=row["id"]))

    async def failed(self, row: Row, error: Exception) -> None:
        """Note why; it comes again by itself, unless it was the last time."""
        over = row["attempts"] + 1 >= MOST_ATTEMPTS or (isinstance(error, NotTaken) and error.for_good)
        problem = (str(error) or type(error).__name__).replace("\0", "")[:MOST_TOLD]
        async with self._database.begin() as tx:
            await tx.run(_GIVEN_UP if over else _NOT_SENT, key=row["id"], problem=problem, now=tx.now)
