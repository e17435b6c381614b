"""The booking's row: which EVSE is kept for whom from when until when, and what became of it."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from ohmstead.kit.db import table, timestamp

HOLDING = text("status IN ('accepted', 'reserved', 'completed')")

booking = table(
    "booking",
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False),
    Column("location_id", BigInteger, ForeignKey("location.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False),
    Column("evse_ids", ARRAY(BigInteger), nullable=False),  # those that were to serve it so far, the first one first
    Column("status", Text, nullable=False),  # accepted | reserved | completed | cancelled | no-show | failed
    timestamp("start_at", nullable=False),
    timestamp("end_at", nullable=False),
    Column("lead", Integer, nullable=False),  # min before its start that it is reserved, and after it that it is kept
    # what no other booking may have of the EVSE: from the lead until the end, or the end of its session
    timestamp("holds_from", nullable=False),
    timestamp("holds_until", nullable=False),
    timestamp("due_at"),  # when something is to be done about it
    Column("evse_named", Boolean, nullable=False),  # no other EVSE will do
    Column("evse_criteria", JSONB),  # as the API shows them
    Column("parking_space_criteria", JSONB),
    Column("access_methods", ARRAY(Text)),  # the location's when it was made
    Column("session_id", BigInteger, ForeignKey("session.id"), index=True),  # the one that fulfilled it
    Column("partner_id", BigInteger),  # the charge point's when the EVSE was chosen
    Column("asking_partner_ids", ARRAY(BigInteger)),  # whose token asked for it: at no others' charge points it may be
    # an EVSE is a range of one number: so an index over ranges needs no extension of the database
    ExcludeConstraint(
        (func.int8range(text("evse_id"), text("evse_id"), text("'[]'")), "&&"),
        (func.tstzrange(text("holds_from"), text("holds_until")), "&&"),
        name="ex_booking_evse_id",
        using="gist",
        where=HOLDING,
    ),
    Index(None, "evse_id", "holds_until"),
    Index(None, "partner_id", "id"),
    Index(None, "user_id", "start_at"),
    Index("ix_booking_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
