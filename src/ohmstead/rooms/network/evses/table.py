"""The row of an EVSE: what the operator says of it, and what it last said of itself."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp
from ohmstead.rooms.network.charge_points.table import LIVING

evse = table(
    "evse",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    # the charge point whose OCPP connection serves it: the master's of a satellite, else its own
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("network_id", Integer, nullable=False),  # its number within the OCPP connection, from 1
    Column("physical_reference", Text, nullable=False, index=True),
    Column("label", Text),
    Column("external_id", Text, index=True),
    Column("current_type", Text, nullable=False),
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("mid_meter_certification_end_year", SmallInteger),
    Column("tariff_group_id", BigInteger, ForeignKey("tariff_group.id"), index=True),
    Column("allows_reservation", Boolean, nullable=False, server_default=text("false")),
    Column("booking_enabled", Boolean, nullable=False, server_default=text("false")),
    Column("max_power", Integer),  # W
    Column("efficiency_percent", Numeric),  # of a DC one: what it gives of what it takes; as its template had it
    Column("max_voltage", Text),  # V, or a range of it
    Column("max_amperage", Double),  # A a phase
    Column("phases", Text),
    Column("phase_rotation", Text),
    Column("connected_phase", Text),
    Column("roaming_operator_id", BigInteger),
    Column("roaming", JSONB),
    Column("external_app_data", JSONB),
    Column("charging_profile", JSONB),  # the last one laid on it, as the API shows it
    Column("hardware_status", Text),
    timestamp("hardware_status_at"),
    Column("status_before_problem", Text),  # what it was in when it reported a problem that is not over (2.x)
    Column("error_code", Text),
    Column("vendor_error_code", Text),
    Column("vendor_id", Text),
    Column("error_info", Text),
    timestamp("deleted_at"),
    Index("uq_evse_network_id", "station_id", "network_id", unique=True, postgresql_where=LIVING),
)
