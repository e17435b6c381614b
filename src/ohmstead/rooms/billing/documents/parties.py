"""Parties of a document, as they were when it was issued: who sells, and who buys."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.places import Country, State
from ohmstead.rooms.people.partners import partner

_own = partner.c
_PARTNER = Statement(
    select(partner).where(
        _own.id == bindparam("partner", type_=BigInteger), _own.options["supplierOnReceipts"].as_boolean()
    )
)


class Client(View):
    """Who buys."""

    type: Literal["individual", "company"]
    name: str
    email: Opt[str] = UNSET
    id: Annotated[Opt[str], Meta(description="Of the person, or the company's in its register.")] = UNSET
    tax_id: Opt[str] = UNSET
    tax_administration_office_name: Opt[str | None] = UNSET
    country: Country
    region: Opt[str | None] = UNSET
    state: Opt[State] = UNSET
    city: Opt[str] = UNSET
    post_code: Opt[str] = msgspec.field(name="post_code", default=UNSET)
    address: Opt[str] = UNSET


async def supplier_of(tx: Tx, partner_id: int | None) -> dict[str, Any]:
    """Who sells, as the column has it: the operator, or the partner whose charge point it was where that is the
    supplier of its receipts."""
    row = None if partner_id is None else await tx.one(_PARTNER, partner=partner_id)
    if row is None:
        return msgspec.to_builtins(await settings.supplier(tx))
    return {
        "name": row["business_name"] or row["name"], "address": row["address"], "postCode": row["postcode"],
        "city": row["city"], "country": row["country"], "vatNo": row["vat_no"], "regNo": row["reg_no"],
        "iban": (row["bank_details"] or {}).get("bankIban"),
    }  # fmt: skip
