"""The row of a downtime period: of a charge point as a whole, or of one of its EVSEs."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

downtime_period = table(
    "downtime_period",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id"), index=True),  # None: the charge point as a whole
    Column("location_id", BigInteger, index=True),  # where it stood when the period was entered
    Column("entry_mode", Text, nullable=False),  # manual | automatic
    Column("type", Text, nullable=False),  # downtime | exempt: as its notice is; without one, downtime
    Column("notice_id", BigInteger, ForeignKey("downtime_notice.id"), index=True),
    Column("statuses", JSONB, nullable=False),  # when the period was entered, as the API shows them
    Column("partner_id", BigInteger),  # the charge point's when the period was entered
    timestamp("started_at", nullable=False, index=True),
    timestamp("ended_at"),
    Index(None, "partner_id", "id"),
    Index("uq_downtime_period_of_charge_point", "charge_point_id", unique=True,
          postgresql_where=text("evse_id IS NULL AND entry_mode = 'automatic' AND ended_at IS NULL")),
    Index("uq_downtime_period_of_evse", "evse_id", unique=True,
          postgresql_where=text("evse_id IS NOT NULL AND entry_mode = 'automatic' AND ended_at IS NULL")),
)  # fmt: skip
