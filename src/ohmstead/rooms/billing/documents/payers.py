"""Payers: whom an invoice for a user names, and who gets one in the place of a receipt."""

from typing import Any

import msgspec
from msgspec.structs import replace
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.languages import language_of
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.documents.parties import Client
from ohmstead.rooms.billing.documents.receipts import Wanted, wanted
from ohmstead.rooms.billing.documents.table import user_invoice_details
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.registration_numbers import whole_vat_number
from ohmstead.rooms.people.users import ev_user

_own = ev_user.c
_PLACE = ("country", "region", "state", "city", "postCode", "address")
_USER = Statement(
    select(ev_user, user_invoice_details.c.details, user_invoice_details.c.require_invoice_wish)
    .outerjoin(user_invoice_details, user_invoice_details.c.user_id == _own.id)
    .where(_own.id == bindparam("user", type_=BigInteger), _own.deleted_at.is_(None))
)


@wanted.answer
async def who_requires_invoices_gets_them(tx: Tx, user_id: int, usual: Wanted) -> Wanted | None:
    """At once, or where they are monthly for everybody nothing before the month is over."""
    told = await settings.documents(tx)
    if told.invoices == "monthly":
        return replace(usual, kind="none")
    row = await tx.one(_USER, user=user_id)
    if row is None or not (told.always_collect_invoice_details or row["require_invoice_wish"]):
        return None
    return await _invoice(tx, row)


async def invoice_for(tx: Tx, user_id: int) -> Wanted | None:
    """How an invoice for a user is issued; None where the user is deleted, or nothing says in which country one is."""
    row = await tx.one(_USER, user=user_id)
    return None if row is None else await _invoice(tx, row)


async def _invoice(tx: Tx, row: Row) -> Wanted | None:
    fallback = (await settings.supplier(tx)).country
    client = client_of(row["details"] or _account(row), row, fallback)
    if client is None:
        return None
    mail = (await settings.documents(tx)).send_invoices
    language = language_of(row["locale"] or "")
    return Wanted(kind="invoice", client=client, email=row["email"] if mail else None, language=language, mail=mail)


def _account(row: Row) -> dict[str, Any]:
    """What the account alone says, as invoice details would."""
    names = [row[name] for name in ("first_name", "middle_name", "last_name") if row[name]]
    return {"invoiceType": "individual", "individualName": " ".join(names), "individualPersonalId": row["personal_id"]}


def client_of(details: dict[str, Any], user: Row | None, fallback: str | None) -> Client | None:
    """By invoice details, and by the account where those leave something out; `fallback`: the country where neither
    says one. None where nobody does."""
    kind = details.get("invoiceType") or "individual"
    place = {name: details[name] for name in _PLACE if details.get(name)}
    if not place and user is not None:
        named = dict(zip(_PLACE, ("country", None, "state", "city", "post_code", "address"), strict=True))
        place = {name: user[column] for name, column in named.items() if column and user[column]}
    country = place.pop("country", None) or (user["country"] if user is not None else None) or fallback
    name = details.get(f"{kind}Name") or (user["email"] if user is not None else None)
    if not country or not name:
        return None
    number = details.get("companyRegNo" if kind == "company" else "individualPersonalId")
    office = details.get("companyTaxAdministrationOfficeName") if kind == "company" else None
    tax_id = details.get(f"{kind}TaxId")
    if tax_id and kind == "company":
        tax_id = whole_vat_number(country, tax_id)
    told = {"id": number, "taxId": tax_id, "taxAdministrationOfficeName": office} | place
    told = {"post_code" if field == "postCode" else field: text for field, text in told.items() if text}
    return msgspec.convert({"type": kind, "name": name, "country": country} | told, Client)
