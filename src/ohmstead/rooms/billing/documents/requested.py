"""Requested: an invoice for one payment of somebody without an account, and an invoice that is sent once more."""

from datetime import timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from ohmstead.kit.access import OPERATOR
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.errors import Conflict, Invalid, PreconditionFailed
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import View
from ohmstead.rooms.billing.documents.credit_notes import take_back
from ohmstead.rooms.billing.documents.details import InvoiceType, Payer, payer_problems
from ohmstead.rooms.billing.documents.issuing import Order, issue
from ohmstead.rooms.billing.documents.mailing import mail_document
from ohmstead.rooms.billing.documents.parties import Client
from ohmstead.rooms.billing.documents.payers import client_of
from ohmstead.rooms.billing.documents.receipts import documented_amount, wanted_for
from ohmstead.rooms.billing.documents.subjects import Subject, documented, of_session
from ohmstead.rooms.billing.transactions.resource import transactions
from ohmstead.rooms.billing.transactions.states import transaction
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.emails import Email

invoicing = Group("action / transaction", "actions/transactions/", "transactions", access=OPERATOR)


class PayerBody(Payer):
    invoice_type: InvoiceType


class InvoiceRequest(View):
    email: Annotated[Email, Meta(description="Where the invoice is sent.")]
    invoice_details: PayerBody


@invoicing.post(
    "v1.0/{transaction}/issue-invoice", "Transaction / Issue Invoice", body=InvoiceRequest,
    errors=(401, 403, 404, 409, 412, 422, 429),
)  # fmt: skip
async def issue_invoice(call: Call, wanted: InvoiceRequest) -> None:
    """Issue an invoice for a charge that somebody without an account paid, for as long as the operator allows, and send
    it. A receipt that there is already is corrected to nothing."""
    tx, key = call.tx, (await transactions.find(call))["id"]
    row = await transaction(tx, key)
    subject = None if row["session_id"] is None else await of_session(tx, row["session_id"])
    row = await transaction(tx, key, lock=True)  # as it is, now that nobody else works on it
    if row["invoice_id"] is not None:
        raise Conflict("Invoice already issued. Use the `Resend Invoice` action to send the invoice again.")
    subject = await _invoiceable(tx, row, subject)
    client = await _client(tx, wanted.invoice_details)
    known = await documented(tx, subject)
    await take_back(tx, subject, known, documented_amount(known))
    issued = await issue(tx, Order(
        kind="invoice", purchase_type=subject.purchase_type, currency=subject.currency, items=subject.lines,
        partner_id=subject.partner_id, client=client, email=wanted.email,
        language=(await wanted_for(tx, subject)).language, mail=True,
    ))  # fmt: skip
    call.changes = {"id": key, "invoiceId": issued[0]}


async def _invoiceable(tx: Tx, row: Row, subject: Subject | None) -> Subject:
    if row["user_id"] is not None:
        raise PreconditionFailed("The transaction's user is not ad-hoc.")
    if subject is None or subject.is_open or not subject.is_whole or row["id"] not in subject.lines[0].paid_by:
        raise PreconditionFailed("The transaction's session has not been paid.")
    days = (await settings.documents(tx)).issue_window_days
    if tx.now > (row["finalized_at"] or row["created_at"]) + timedelta(days=days):
        raise PreconditionFailed(f"An invoice can be issued within {days} days of the payment.")
    return subject


async def _client(tx: Tx, given: PayerBody) -> Client:
    problems = payer_problems(given.invoice_type, given)
    if given.invoice_type == "individual" and not given.individual_name:
        problems["individualName"] = "The individual name field is required when invoice type is individual."
    country = given.country or (await settings.supplier(tx)).country
    if not country:
        problems["country"] = "The country field is required."
    if problems:
        raise Invalid.of({f"invoiceDetails.{name}": [text] for name, text in problems.items()})
    client = client_of(msgspec.to_builtins(given), None, country)
    assert client is not None, "it has a name and a country"
    return client


@invoicing.post("v1.0/{transaction}/resend-invoice", "Transaction / Resend Invoice", errors=(401, 403, 404, 409, 429))
async def resend_invoice(call: Call) -> None:
    """Send the invoice of a transaction again, to the address that it was sent to."""
    row = await transactions.find(call)
    if row["invoice_id"] is None:
        raise Conflict("Invoice not issued yet. Use the `Issue Invoice` action to issue an invoice.")
    await mail_document(call.tx, row["invoice_id"])
    call.changes = {"id": row["id"], "invoiceId": row["invoice_id"]}
