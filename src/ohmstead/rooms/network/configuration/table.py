"""The rows of configuration: a charge point's variables in the shape of OCPP 2.0.1, and the syncs that fetched them."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Text, UniqueConstraint, text

from ohmstead.kit.db import moment, table

configuration_variable = table(
    "configuration_variable",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("name", Text, nullable=False),
    # an OCPP 1.6 station has names alone
    Column("component_name", Text, nullable=False, server_default=""),
    Column("instance", Text, nullable=False, server_default=""),
    Column("evse_number", Integer, nullable=False, server_default="0"),
    Column("value", Text),  # None: hidden, or not set
    Column("max_limit", Integer),
    Column("readonly", Boolean, nullable=False),
    Column("required", Boolean, nullable=False),
    Column("reboot_required", Boolean, nullable=False, server_default=text("false")),
    moment("reported_at", nullable=False),
    UniqueConstraint("charge_point_id", "name", "component_name", "instance", "evse_number", name="uq_variable"),
)

configuration_sync = table(
    "configuration_sync",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("keys", ARRAY(Text), nullable=False, server_default="{}"),  # none: all
    Column("after_boot", Boolean, nullable=False),
    moment("due_at", nullable=False),
    moment("finished_at"),
    Column("error", Text),
    Index("ix_configuration_sync_due", "due_at", postgresql_where=text("finished_at IS NULL AND after_boot")),
)
