"""Sending: an e-mail is queued in the transaction of what it tells of."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Text, bindparam, delete, func, insert

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.operator.mail.table import email_attachment, email_message

_FORGET = Statement(
    delete(email_message).where(func.lower(email_message.c.to) == func.lower(bindparam("address", type_=Text)))
)


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
