"""The rows of documents: what is written on them, what they are called, and the file made of each.

What is on a document never changes: a trigger sees to it. What may: a receipt's payment status, and what was done with
the file. Numbers are given in the transaction that inserts the document (see `series.py`)."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

number_series = table(
    "number_series",
    Column("name", Text, nullable=False, unique=True),  # of a kind of document and a year
    Column("last", Integer, nullable=False, server_default="0"),  # the number given last; 0: none yet
)
document = table(
    "document",
    Column("kind", Text, nullable=False),  # invoice | pro_forma | credit_note | receipt
    Column("number", Text, nullable=False, unique=True),
    Column("series", Text, nullable=False),
    Column("place", Integer, nullable=False),  # in the series, from 1
    timestamp("issued_at", nullable=False),
    # for whom and by whom, as they were then
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),  # NULL: nobody in particular
    Column("partner_id", BigInteger, index=True),  # whose users or charge points it is about: their tokens see it
    Column("client", JSONB),  # see parties.py; NULL where nobody is named
    Column("supplier", JSONB, nullable=False),
    Column("language", Text, nullable=False),  # en | de | fr
    Column("email", Text),  # where it is sent
    # about what
    Column("purchase_type", Text, nullable=False),  # what transactions call it
    timestamp("period_from"),
    timestamp("period_to"),
    Column("energy_wh", BigInteger, nullable=False, server_default="0"),
    # how much, in `currency`; below 0 on a credit note
    Column("currency", Text, nullable=False),
    Column("total", Numeric, nullable=False),  # with tax
    Column("subtotal", Numeric, nullable=False),  # without
    Column("tax", Numeric, nullable=False),
    Column("tax_id", BigInteger),
    Column("tax_percentage", Numeric),  # exact; NULL: there is no tax
    Column("reverse_charge", Boolean, nullable=False, server_default="false"),
    Column("credited_id", BigInteger, ForeignKey("document.id"), index=True),  # what a credit note corrects
    # what may change
    Column("payment_status", Text, nullable=False),  # pending | paid | partially_paid
    timestamp("file_due_at"),  # when its file is made; NULL: it is there
    Column("file_attempts", Integer, nullable=False, server_default="0"),
    Column("mail_wanted", Boolean, nullable=False, server_default="false"),  # once the file is there
    timestamp("mailed_at"),
    UniqueConstraint("series", "place"),
    CheckConstraint("subtotal + tax = total", name="parts_add_up"),
    Index("ix_document_kind", "kind", "issued_at"),
    Index("ix_document_file_due", "file_due_at", postgresql_where=text("file_due_at IS NOT NULL")),
)
document_line = table(
    "document_line",
    Column("document_id", BigInteger, ForeignKey("document.id"), nullable=False),
    Column("place", Integer, nullable=False),  # from 1
    Column("item", JSONB, nullable=False),  # what it is, see items.py
    Column("quantity", Numeric, nullable=False),
    Column("unit", Text, nullable=False),  # piece | kwh
    Column("unit_price", Numeric, nullable=False),  # without tax
    Column("net", Numeric, nullable=False),  # without tax: the lines add up to the subtotal
    Column("gross", Numeric, nullable=False),  # with tax: to the total
    Column("session_id", BigInteger),
    Column("transaction_id", BigInteger, index=True),
    UniqueConstraint("document_id", "place"),
)
document_file = table(
    "document_file",
    Column("document_id", BigInteger, ForeignKey("document.id"), nullable=False, unique=True),
    Column("content", LargeBinary, nullable=False),  # PDF
    Column("sha256", Text, nullable=False),
    Column("has_xml", Boolean, nullable=False),  # whether an electronic invoice is in it
)
user_invoice_details = table(
    "user_invoice_details",
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False, unique=True),
    Column("require_invoice", Boolean, nullable=False),
    timestamp("require_invoice_at", nullable=False),  # when that became so
    Column("require_invoice_wish", Boolean),  # as it was asked for, where the operator's setting goes before it
    Column("details", JSONB, nullable=False),  # as the API shows them
)
