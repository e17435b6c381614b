"""Invoice details: whether a user wants invoices, and what those say of who pays. Given whole, each time."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Reply
from ohmstead.kit.validation import decode
from ohmstead.kit.views import Opt, ReadOnly, View, fields, stamp
from ohmstead.rooms.billing.documents import other_managers
from ohmstead.rooms.billing.documents.table import user_invoice_details
from ohmstead.rooms.billing.durable_facts import InvoiceDetailsChanged
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.places import STATES, Country, State
from ohmstead.rooms.operator.registration_numbers import vat_number_problem
from ohmstead.rooms.people.user_views import Short
from ohmstead.rooms.people.users import users

InvoiceType = Literal["individual", "company"]
_Moment = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Payer(View):
    """Who pays, as an invoice names it."""

    individual_name: Opt[Short | None] = UNSET
    individual_personal_id: Opt[Short | None] = UNSET
    individual_tax_id: Opt[Short | None] = UNSET
    company_name: Opt[Short | None] = UNSET
    company_reg_no: Opt[Short | None] = UNSET
    company_tax_id: Opt[Short | None] = UNSET
    company_tax_administration_office_name: Opt[Short | None] = UNSET
    country: Opt[Country | None] = UNSET
    city: Opt[Short | None] = UNSET
    post_code: Opt[Short | None] = UNSET
    address: Opt[Short | None] = UNSET


class InvoiceDetailsBody(Payer):
    require_invoice: bool
    invoice_type: InvoiceType | None
    region: Annotated[Opt[Short | None], Meta(description="Of a country without states.")] = UNSET
    state: Annotated[Opt[State | None], Meta(description="Of US, AU, CA, UM and RO.")] = UNSET


class InvoiceDetails(InvoiceDetailsBody):
    require_invoice_last_updated_at: ReadOnly[Annotated[_Moment | None, Meta(description="When that became so.")]]
    require_invoice_enforced_by: ReadOnly[
        Annotated[
            Opt[Literal["operator_setting", "user_request"]],
            Meta(description="Only where the operator's setting goes before what was asked for."),
        ]
    ] = UNSET
    original_request_value: ReadOnly[Opt[bool]] = UNSET


def _shapes(view: type[View], others: list[dict[str, Any]]) -> Any:
    """The type of an object with one of these shapes, for the document."""
    own = msgspec.json.schema_components([view])[1][view.__name__]
    return Annotated[Any, Meta(extra_json_schema={"anyOf": [own, *others]})]


_BODY = _shapes(InvoiceDetailsBody, other_managers.BODIES)
_ANSWER = _shapes(InvoiceDetails, other_managers.ANSWERS)
_own = user_invoice_details.c
_decoder = msgspec.json.Decoder(InvoiceDetailsBody)
_KNOWN = {one.encode_name for one in fields(InvoiceDetailsBody).values()}
_SHOWN = [one for one in _KNOWN if one != "requireInvoice"]
_OF_USER = Statement(select(user_invoice_details).where(_own.user_id == bindparam("user", type_=BigInteger)))

invoice_details = Group("resource / users", "resources/users/v1.0/{user}/invoice-details", "users", access=PARTNERS)


@invoice_details.get("", "Invoice details / Read", gives=_ANSWER)
async def read(call: Call) -> InvoiceDetails:
    """What invoices say of a user; nothing but nulls of one who gave nothing yet."""
    user = await users.find(call)
    always = (await settings.documents(call.tx)).always_collect_invoice_details
    return shown(await call.tx.one(_OF_USER, user=user["id"]), always)


@invoice_details.declare(
    "POST", "", "Invoice details / Create or update", scope="write", body=_BODY, answers={200: _ANSWER}, status=200,
    errors=(401, 403, 404, 422, 429),
)  # fmt: skip
async def replace(call: Call, given: Any) -> Reply:
    """Give a user's details, all of them: what is left out is none. Where the operator collects invoice details of all
    users, an invoice is required whatever is asked for."""
    if isinstance(given, dict) and other_managers.is_of_another(given, _KNOWN):
        raise Invalid(invoiceType=other_managers.OFFERED)
    body: InvoiceDetailsBody = decode(call.raw or b"{}", _decoder)
    if problems := {**_problems_of_type(body), **payer_problems(body.invoice_type, body), **_problems_of_place(body)}:
        raise Invalid.of({name: [text] for name, text in problems.items()})
    user, tx = await users.find(call, lock=True), call.tx
    always = (await settings.documents(tx)).always_collect_invoice_details
    before = await tx.one(_OF_USER, user=user["id"])
    required = body.require_invoice or always
    changed = before is None or before["require_invoice"] != required
    values = {
        "require_invoice": required,
        "require_invoice_at": tx.now if before is None or changed else before["require_invoice_at"],
        "require_invoice_wish": body.require_invoice,
        "details": _stored(body),
        "updated_at": tx.now,
    }
    put_in = insert(user_invoice_details).values(user_id=user["id"], created_at=tx.now, **values)
    put_in = put_in.on_conflict_do_update(index_elements=["user_id"], set_=values)
    row = await tx.one(put_in.returning(user_invoice_details))
    tx.tell(InvoiceDetailsChanged(id=user["id"], action="updated" if before else "created"))
    call.changes = {"id": user["id"], "requireInvoice": required}
    return Reply.of(200, shown(row, always))


def shown(row: Row | None, always: bool) -> InvoiceDetails:
    """As the API shows them. `always`: whether the operator wants an invoice for everybody."""
    wish = None if row is None else bool(row["require_invoice_wish"])
    told = dict.fromkeys(_SHOWN) | ({} if row is None else row["details"])
    moment = None if row is None else stamp(row["require_invoice_at"])
    told |= {"requireInvoice": bool(always or wish), "requireInvoiceLastUpdatedAt": moment}
    if always and wish is False:
        told |= {"requireInvoiceEnforcedBy": "operator_setting", "originalRequestValue": False}
    return msgspec.convert(told, InvoiceDetails)


def _stored(body: InvoiceDetailsBody) -> dict[str, Any]:
    given = msgspec.to_builtins(body)
    return {name: given[name] for name in _SHOWN if given.get(name) is not None}


def payer_problems(kind: InvoiceType | None, payer: Payer) -> dict[str, str]:
    """What is missing or wrong for invoices to a payer of a kind, field -> text."""
    if kind != "company":
        return {}
    found: dict[str, str] = {}
    if not payer.company_name:
        found["companyName"] = "The company name field is required when invoice type is company."
    if payer.company_tax_id:
        problem = vat_number_problem(payer.country or None, payer.company_tax_id)
        if problem:
            found["companyTaxId"] = problem
    elif not payer.company_reg_no:
        found["companyTaxId"] = "The company tax id field is required when company reg no is not present."
    return found


def _problems_of_type(body: InvoiceDetailsBody) -> dict[str, str]:
    if body.require_invoice and body.invoice_type is None:
        return {"invoiceType": "The invoice type field is required when an invoice is required."}
    if body.require_invoice and body.invoice_type == "individual" and not body.individual_name:
        return {"individualName": "The individual name field is required when an invoice is required."}
    return {}


def _problems_of_place(body: InvoiceDetailsBody) -> dict[str, str]:
    codes = STATES.get(body.country or "", ())
    if body.region and codes:
        return {"region": "The region may not be given for a country with states."}
    if body.state and body.state not in codes:
        return {"state": "The selected state is not one of the country."}
    return {}
