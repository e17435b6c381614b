"""Meter values: one row for each moment a charge point's meter told of, the common quantities in columns."""

from sqlalchemy import BigInteger, Column, Double, Index, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import moment, table
from ohmstead.store.partitions import partitioned

meter_value = partitioned(
    "meter_value",
    moment("at", nullable=False),  # as the station said; the time of receipt where that cannot be
    Column("station_id", BigInteger, nullable=False),
    Column("evse_id", BigInteger),  # null: the station's main meter
    Column("session_id", BigInteger),
    moment("received_at", nullable=False),
    Column("energy_wh", Double),  # the register
    Column("power_w", Double),
    *(Column(f"current_l{line}", Double) for line in (1, 2, 3)),  # A
    *(Column(f"voltage_l{line}", Double) for line in (1, 2, 3)),  # V
    Column("soc_percent", Double),
    Column("temperature_c", Double),
    Column("context", Text),  # null: Sample.Periodic
    Column("anomaly", Text),  # why the register was not believed: backwards | leap
    Column("others", JSONB),  # samples that have no column, and the wording of those that were converted
    Index(None, "evse_id", "at"),
    by="at",
)

signed_reading = table(
    "signed_reading",
    Column("station_id", BigInteger, nullable=False),
    Column("evse_id", BigInteger),
    Column("session_id", BigInteger, index=True),
    moment("at", nullable=False),
    Column("data", Text, nullable=False),  # unchanged: calibration law wants it verifiable
    Column("measurand", Text),
    Column("context", Text),
)
