"""The codes on the labels of EVSEs, and the charges of drivers without an account."""

from typing import Literal

from sqlalchemy import BigInteger, Column, ForeignKey, Index, LargeBinary, Numeric, Text, text

from ohmstead.kit.db import table, timestamp

State = Literal["entering", "held", "starting", "charging", "stopping", "captured", "released", "failed"]
Reason = Literal[
    "cancelled", "not_entered", "declined", "not_plugged_in", "station_refused", "in_use", "out_of_service",
    "not_possible", "not_captured",
]  # fmt: skip
"""Why a charge came to nothing."""

drive_code = table(
    "drive_code",
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, unique=True),
    Column("code", Text, nullable=False, unique=True),
)

ad_hoc_charge = table(
    "ad_hoc_charge",
    Column("key_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the key, which the driver alone has
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("reason", Text),  # why it came to nothing; said before the hold is let go
    Column("setup_id", BigInteger, ForeignKey("setup_request.id"), unique=True),  # NULL: nothing is to be paid
    Column("method_id", BigInteger, ForeignKey("payment_method.id")),
    Column("transaction_id", BigInteger, ForeignKey("payment_transaction.id"), unique=True),
    Column("session_id", BigInteger, nullable=False, unique=True),  # that it has, or will have
    Column("amount", Numeric),  # to be held, in `currency`
    Column("currency", Text, nullable=False),
    timestamp("until", nullable=False),  # by when the card must be entered, then by when it must begin to charge
    Column("language", Text),  # in which the page was read
    timestamp("stop_asked_at"),
    timestamp("over_at"),
    timestamp("due_at"),  # when it is looked at next; NULL: nothing is left to be done
    Index("ix_ad_hoc_charge_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
