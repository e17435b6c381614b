"""The rows of configuration: a charge point's variables in the shape of OCPP 2.0.1, the syncs that fetched them, and
the templates that write them."""

from sqlalchemy import ARRAY, BigInteger, Boolean, Column, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

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
    timestamp("reported_at", nullable=False),
    UniqueConstraint("charge_point_id", "name", "component_name", "instance", "evse_number", name="uq_variable"),
)

configuration_sync = table(
    "configuration_sync",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("keys", ARRAY(Text), nullable=False, server_default="{}"),  # none: all
    Column("after_boot", Boolean, nullable=False),
    timestamp("due_at", nullable=False),
    timestamp("finished_at"),
    Column("error", Text),
    timestamp("report_due_at"),  # a report of all is to come (2.x), and given up then
    Index("ix_configuration_sync_due", "due_at", postgresql_where=text("finished_at IS NULL AND after_boot")),
    Index("ix_configuration_sync_report", "charge_point_id", postgresql_where=text("report_due_at IS NOT NULL")),
)

configuration_template = table(
    "configuration_template",
    Column("name", Text, nullable=False),
    Column("ocpp_version", Text, nullable=False),
    UniqueConstraint("name", name="uq_configuration_template_name"),
)

template_variable = table(
    "template_variable",
    Column("configuration_template_id", BigInteger, ForeignKey("configuration_template.id", ondelete="CASCADE"),
           nullable=False),
    Column("name", Text, nullable=False),  # OCPP 1.6: the key
    Column("value", Text, nullable=False),
    # None in a template for OCPP 1.6, which has names alone
    Column("component", Text),
    Column("component_instance", Text),
    Column("evse_id", Integer),  # numbers of OCPP
    Column("connector_id", Integer),
    Column("variable_instance", Text),
    Column("variable_type", Text),  # None: Actual
    Index(
        "uq_template_variable", "configuration_template_id", "name", "component", "component_instance", "evse_id",
        "connector_id", "variable_instance", text("coalesce(variable_type, 'Actual')"), unique=True,
        postgresql_nulls_not_distinct=True,
    ),
)  # fmt: skip

template_application = table(
    "template_application",
    Column("configuration_template_id", BigInteger, ForeignKey("configuration_template.id", ondelete="CASCADE"),
           nullable=False),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("persists", Boolean, nullable=False),  # enforced anew after each boot
    timestamp("asked_at", nullable=False),  # of what two templates say of one variable, the later counts
    timestamp("due_at"),  # None: there is nothing to do until the next boot
    Column("only_differing", Boolean, nullable=False),  # leave alone what the station has already
    Column("attempts", Integer, nullable=False, server_default="0"),
    # how the last attempt ended
    timestamp("finished_at"),
    Column("error", Text),
    Column("refused", JSONB),  # variable -> why the station did not take it
    UniqueConstraint("configuration_template_id", "charge_point_id", name="uq_template_application"),
    Index(None, "charge_point_id"),
    Index("ix_template_application_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)  # fmt: skip
