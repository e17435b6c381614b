"""Sending: an e-mail is queued in the transaction of what it tells of."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, Text, bindparam, delete, func, insert, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.operator.mail.table import email_attachment, email_message

_own = email_message.c
_to = func.lower(_own.to) == func.lower(bindparam("address", type_=Text))
_FORGET = Statement(delete(email_message).where(_to))
_WITHDRAW = Statement(delete(email_message).where(_own.id == bindparam("key", type_=BigInteger)))
_WAITING = Statement(select(*_own["subject", "body", "created_at"]).where(_to).order_by(_own.id))


class Attachment(Struct, frozen=True):
    """A file with it."""

    name: str
    media_type: str
    content: bytes


class Email(Struct, frozen=True):
    """An e-mail in plain text, to one address."""

    to: str
    subject: str
    body: str
    attachments: Sequence[Attachment] = ()
    reply_to: str | None = None


async def send(tx: Tx, email: Email) -> int:
    """Queue an e-mail; its id."""
    times = {"created_at": tx.now, "updated_at": tx.now}
    said = {"to": email.to, "reply_to": email.reply_to, "subject": email.subject, "body": email.body}
    key = await tx.value(insert(email_message).values(**said, due_at=tx.now, **times).returning(email_message.c.id))
    for one in email.attachments:
        file = {"name": one.name, "media_type": one.media_type, "content": one.content}
        await tx.run(insert(email_attachment).values(email_message_id=key, **file, **times))
    return key


async def forget(tx: Tx, address: str) -> None:
    """Nobody has this address any more: what waits for it goes, with what it says."""
    await tx.run(_FORGET, address=address)


async def withdraw(tx: Tx, key: int) -> None:
    """Do not send it, where it was not sent yet."""
    await tx.run(_WITHDRAW, key=key)


async def waiting_for(tx: Tx, address: str) -> list[dict[str, Any]]:
    """What waits for an address, for whom it belongs to."""
    return [dict(row) for row in await tx.all(_WAITING, address=address)]
