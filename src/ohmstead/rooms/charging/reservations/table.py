"""The reservation's row: which EVSE is kept for whom, until when, and what became of it."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, Text, text

from ohmstead.kit.db import table, timestamp
from ohmstead.rooms.charging import booking_table  # noqa: F401 - it is referred to

reservation = table(
    "reservation",
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),  # it holds the OCPP connection
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, index=True),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False),
    Column("status", Text, nullable=False),  # active | expired | canceled | done
    Column("reason", Text, nullable=False),
    Column("cancel_reason", Text),
    timestamp("reserved_at", nullable=False),
    Column("duration", Integer, nullable=False),  # min
    timestamp("expires_at", nullable=False),
    # the EVSE is taken, and kept for `duration` once it is free; until then `expires_at` is the end of waiting
    Column("waits", Boolean, nullable=False, server_default=text("false")),
    timestamp("ended_at"),  # whatever ended it
    Column("session_id", BigInteger, ForeignKey("session.id")),  # the one it was made for
    Column("partner_id", BigInteger),  # the charge point's when it was made
    Column("booking_id", BigInteger, ForeignKey("booking.id"), index=True),  # the one that it keeps the EVSE for
    timestamp("release_at"),  # it is not wanted any more: when its station is asked to give it up
    Index(None, "partner_id", "id"),
    Index("uq_reservation_active", "evse_id", unique=True, postgresql_where=text("status = 'active'")),
    Index(None, "user_id", "reserved_at"),
    Index("ix_reservation_waits", "evse_id", postgresql_where=text("waits AND status = 'active'")),
    Index("ix_reservation_release_at", "release_at", postgresql_where=text("release_at IS NOT NULL")),
)
