"""The rows of station events: what a component's variable was at a moment, kept three months."""

from datetime import timedelta

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Text

from ohmstead.kit.db import moment
from ohmstead.store.partitions import partitioned

station_event = partitioned(
    "station_event",
    moment("at", nullable=False),  # the station's time, or that of receipt where it cannot be true
    moment("received_at", nullable=False),
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
    by="at",
    keep=timedelta(days=90),
)
