"""E-mails that are not sent yet, or were given up: for those who run the system."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta
from sqlalchemy import ARRAY, BigInteger, Text, bindparam, case, func, select, update

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Statement
from ohmstead.kit.filters import equals, one_of
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View
from ohmstead.rooms.operator.mail.table import email_attachment, email_message

_own, _attachment = email_message.c, email_attachment.c
_STATUS = case((_own.due_at.is_(None), "failed"), else_="pending")
_FILES = (
    select(func.coalesce(func.array_agg(_attachment.name, type_=ARRAY(Text)), []))
    .where(_attachment.email_message_id == _own.id)
    .scalar_subquery()
)
_RETRY = Statement(
    update(email_message)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(due_at=bindparam("now"), attempts=0, updated_at=bindparam("now"))
)


class QueuedEmail(View):
    """One that is on its way. What was sent is not kept; what is in it is for who gets it."""

    id: Id
    to: str
    reply_to: str | None
    subject: str
    attachments: Annotated[list[str], Meta(description="What they are called.")]
    status: Annotated[Literal["pending", "failed"], Meta(description="failed: it was given up.")]
    attempts: int
    problem: Annotated[str | None, Meta(description="Of the last attempt: what the server said, where it said it.")]
    next_attempt_at: datetime | None
    created_at: datetime


emails = Resource(
    "emails",
    email_message,
    tag="internal / emails",
    title="E-mail",
    key="emailMessage",
    access=OPERATOR,
    versions=[Version("v1.0", QueuedEmail, verbs=("list", "read"), internal=True)],
    columns={"status": _STATUS, "attachments": _FILES, "next_attempt_at": _own.due_at},
    filters=[one_of("status", _STATUS, "pending", "failed"), equals("to", _own.to)],
)

retrying = Group("internal / emails", "internal/emails/", "emails", access=OPERATOR)


@retrying.post("v1.0/{emailMessage}/retry", "E-mails / Retry", errors=(401, 403, 404, 429))
async def retry(call: Call) -> None:
    """Try now to send it, and for two days from now."""
    email = await emails.find(call, lock=True)
    await call.tx.run(_RETRY, key=email["id"], now=call.now)
