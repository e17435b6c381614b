"""The rows of station events, kept three months: what a component's variable was at a moment. And what is watched."""

from datetime import timedelta

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, Text, UniqueConstraint

from ohmstead.kit.db import table, timestamp
from ohmstead.store.partitions import partitioned

station_event = partitioned(
    "station_event",
    timestamp("at", nullable=False),  # the station's time, or that of receipt where it cannot be true
    timestamp("received_at", nullable=False),
    Column("charge_point_id", BigInteger, nullable=False),  # it holds the OCPP connection
    Column("ref", Text, nullable=False),  # equal for two tellings of one event
    Column("number", BigInteger, nullable=False),  # the station's
    Column("component", Text, nullable=False),
    Column("component_instance", Text),
    Column("evse_network_id", Integer, nullable=False),  # 0: the whole station
    Column("connector_network_id", Integer),
    Column("variable", Text, nullable=False),
    Column("variable_instance", Text),
    Column("value", Text, nullable=False),
    Column("trigger", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("cleared", Boolean, nullable=False),
    Column("tech_code", Text),
    Column("tech_info", Text),
    Column("cause", BigInteger),
    Column("transaction_ref", Text),
    Column("monitor", BigInteger),
    Column("severity", Integer),  # 0 (danger) to 9 (debug), where the monitor is known
    Index(None, "charge_point_id", "ref"),
    Index(None, "charge_point_id", "at"),
    Index(None, "at"),
    by="at",
    keep=timedelta(days=90),
)

station_monitor = table(
    "station_monitor",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("number", BigInteger, nullable=False),  # the station's
    Column("component", Text, nullable=False),
    Column("component_instance", Text),
    Column("evse_network_id", Integer, nullable=False),
    Column("connector_network_id", Integer),
    Column("variable", Text, nullable=False),
    Column("variable_instance", Text),
    Column("kind", Text, nullable=False),
    Column("value", Double, nullable=False),
    Column("severity", Integer, nullable=False),
    UniqueConstraint("charge_point_id", "number", name="uq_station_monitor"),
)
