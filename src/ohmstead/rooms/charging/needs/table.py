"""Charging needs in the database: when a vehicle leaves and what it wants by then, by an operator or by itself."""

from sqlalchemy import BigInteger, Column, Double, ForeignKey, Index, text

from ohmstead.kit.db import table, timestamp

operator_needs = table(
    "operator_needs",
    Column("session_id", BigInteger, ForeignKey("session.id", ondelete="CASCADE"), nullable=False, unique=True),
    timestamp("departure_at"),
    Column("energy_wh", Double),  # wanted when it was told
    Column("target_soc_percent", Double),  # that was worked out of: both or none
    Column("battery_capacity_wh", Double),
    timestamp("told_at", nullable=False),
    Column("delivered_wh", Double, nullable=False),  # by then
)

vehicle_needs = table(
    "vehicle_needs",
    Column("evse_id", BigInteger, ForeignKey("evse.id", ondelete="CASCADE"), nullable=False),
    # of the next one at the EVSE where nobody may charge yet
    Column("session_id", BigInteger, ForeignKey("session.id", ondelete="CASCADE"), unique=True),
    timestamp("departure_at"),  # by our clock
    Column("energy_wh", Double),
    Column("soc_percent", Double),
    Column("min_current", Double),  # A a line; of an AC vehicle
    Column("max_current", Double),
    timestamp("told_at", nullable=False),
    Column("delivered_wh", Double, nullable=False),
    Index("uq_vehicle_needs_next", "evse_id", unique=True, postgresql_where=text("session_id IS NULL")),
)
