"""Documents as the API shows them: invoices with credit notes and pro formas, and receipts."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Double, any_, bindparam, case, cast, false, func, null, select

from ohmstead.kit.access import PARTNER, Access
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.filters import equals, one_of, since, until
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.rooms.billing.documents.links import download_url
from ohmstead.rooms.billing.documents.parties import Client
from ohmstead.rooms.billing.documents.table import document

_own = document.c
Url = Annotated[str, Meta(description="Of the PDF; it works for 24 hours.")]
PaymentStatus = Literal["pending", "paid", "partially_paid"]
_access = Access(_own.partner_id == PARTNER, false())  # about its charge points and users
_kwh = cast(_own.energy_wh, Double) / 1000
_CLIENTS = Statement(select(_own.id, _own.client).where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))))


async def _urls(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, str]:
    return {key: download_url(key, context.base_url) for key in ids}


async def _clients(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    return {key: client for key, client in await tx.all(_CLIENTS, ids=ids) if client is not None}


class Invoice(View):
    id: Id
    type: Literal["invoice", "pro_forma", "credit_note"]
    number: str
    date: datetime
    user_id: Annotated[Opt[int], Meta(description="-1: issued to nobody in particular.")] = UNSET
    period_from: Opt[datetime | None] = UNSET
    period_to: Opt[datetime | None] = UNSET
    total_energy: Annotated[Opt[float], Meta(description="kWh")] = UNSET
    total_amount: Annotated[Decimal, Meta(description="With tax; below 0 on a credit note.")]
    tax_rate: Annotated[int, Meta(description="%, rounded.")]
    tax_amount: Decimal
    service: Annotated[str, Meta(description="What transactions call what was bought.")]
    quantity: Decimal
    unit_price: Annotated[Decimal, Meta(description="Without tax.")]
    subtotal: Annotated[Decimal, Meta(description="Without tax.")]
    download_url: Opt[Url] = UNSET
    client: Opt[Client] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


class Tax(View):
    tax_id: Opt[int] = UNSET
    tax_percentage: Opt[Decimal] = UNSET


class Receipt(View):
    id: ReadOnly[int]
    receipt_no: str
    user_id: int | None
    total_kwh: Opt[float] = UNSET
    period_start: Opt[datetime | None] = UNSET
    period_end: Opt[datetime | None] = UNSET
    total_amount: Decimal
    tax: Opt[Tax] = UNSET
    payment_status: Opt[PaymentStatus] = UNSET
    download_url: Opt[Url] = UNSET


invoices = Resource(
    "invoices",
    document,
    tag="resource / invoices",
    title="Invoice",
    key="invoice",
    access=_access,
    where=_own.kind != "receipt",
    versions=[Version("v1.0", Invoice, pages=Pages.NUMBER, verbs=("list", "read"))],
    filters=[since("issuedFrom", _own.issued_at), until("issuedTo", _own.issued_at)],
    includes=(
        Include("downloadUrl", _urls, always=True, empty=UNSET),
        Include("client", _clients, always=True, empty=UNSET),
    ),
    columns={
        "type": _own.kind,
        "date": _own.issued_at,
        "user_id": func.coalesce(_own.user_id, -1),
        "total_energy": _kwh,
        "total_amount": _own.total,
        "tax_rate": cast(func.round(func.coalesce(_own.tax_percentage, 0)), BigInteger),
        "tax_amount": _own.tax,
        "service": _own.purchase_type,
        "quantity": cast(1, _own.total.type),
        "unit_price": _own.subtotal,
    },
)
_of_a_period = _own.purchase_type == "subscription_plan"
receipts = Resource(
    "receipts",
    document,
    tag="resource / receipts",
    title="Receipt",
    key="receipt",
    access=_access,
    where=_own.kind == "receipt",
    versions=[Version("v2.0", Receipt, pages=Pages.EITHER, verbs=("list", "read"))],
    filters=[
        equals("userId", _own.user_id, int),
        equals("taxId", _own.tax_id, int),
        one_of("paymentStatus", _own.payment_status, "pending", "paid", "partially_paid"),
        since("periodStart", _own.period_from),
        until("periodEnd", _own.period_to),
    ],
    includes=(Include("downloadUrl", _urls, always=True, empty=UNSET),),
    columns={
        "receipt_no": _own.number,
        "total_kwh": _kwh,
        "period_start": case((_of_a_period, _own.period_from), else_=null()),
        "period_end": case((_of_a_period, _own.period_to), else_=null()),
        "total_amount": _own.total,
    },
    parts={
        "tax": Columns({"tax_id": _own.tax_id, "tax_percentage": _own.tax_percentage}, when=_own.tax_id.is_not(None))
    },
)
