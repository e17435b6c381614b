"""Documents of a user: in the archive of what is held, and when the user is deleted. What was issued
stays as it was, as tax law asks; it is sent to nobody any more."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.rendering import rendered
from ohmstead.rooms.billing.documents.resource import invoices, receipts
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.private_data import held

_own = document.c
_of_user = _own.user_id == bindparam("user", type_=BigInteger)
_IDS = Statement(select(_own.id).where(_of_user).order_by(_own.id))
_FORGET = Statement(update(document).where(_of_user).values(email=None, mail_wanted=False))


@held.answer
async def documents_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    ids = [row[0] for row in await tx.all(_IDS, user=user_id)]
    resources = ((invoices, "v1.0"), (receipts, "v2.0"))
    return {one.name: [*(await rendered(one, version, ids, tx, context)).values()] for one, version in resources}


@erasing.answer
async def no_document_is_sent_to_them(tx: Tx, gone: UserErased) -> None:
    await tx.run(_FORGET, user=gone.id)
