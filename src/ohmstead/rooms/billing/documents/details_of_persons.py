"""Invoice details of persons: what is held of one is given on demand, and goes with the user. What was issued keeps
what it says."""

from typing import Any

import msgspec
from sqlalchemy import BigInteger, bindparam, delete, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.operations import RenderContext
from ohmstead.rooms.billing.documents.details import shown
from ohmstead.rooms.billing.documents.table import user_invoice_details
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.erasure import UserErased, erasing, known_by
from ohmstead.rooms.people.private_data import held

_of_user = user_invoice_details.c.user_id == bindparam("user", type_=BigInteger)
_READ = Statement(select(user_invoice_details).where(_of_user))
_DELETE = Statement(delete(user_invoice_details).where(_of_user))
_NAMING = ("individualName", "individualPersonalId", "individualTaxId")


@held.answer
async def invoice_details_of(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    row = await tx.one(_READ, user=user_id)
    if row is None:
        return {"invoice-details": None}
    always = (await settings.documents(tx)).always_collect_invoice_details
    return {"invoice-details": msgspec.to_builtins(shown(row, always))}


@known_by.answer
async def by_what_invoices_call_them(tx: Tx, user_id: int) -> list[str]:
    row = await tx.one(_READ, user=user_id)
    return [] if row is None else [row["details"][name] for name in _NAMING if row["details"].get(name)]


@erasing.answer
async def invoice_details_go(tx: Tx, gone: UserErased) -> None:
    await tx.run(_DELETE, user=gone.id)
