"""The session's row: who charged where, what the meter said, and what the bill says of it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Text,
    cast,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp
from ohmstead.rooms.charging.tag_case import folded

session = table(
    "session",
    # where: the station is the charge point that holds the OCPP connection (the master, where the other is a satellite)
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id"), nullable=False, index=True),
    Column("connector_id", BigInteger, ForeignKey("connector.id")),
    Column("partner_id", BigInteger, index=True),  # the charge point's when it began
    # the number the station knows it by: 32 bits, and given anew only after two thousand million others
    Column("transaction_id", Integer, Identity(minvalue=1, maxvalue=2**31 - 1, cycle=True), nullable=False),
    Column("transaction_ref", Text),  # the station's own name for it (OCPP 2.x), which goes before the number
    Column("start_ref", Text),  # equal for two tellings of one start
    Column("stop_ref", Text),  # equal for two tellings of one stop
    Column("status", Text, nullable=False),  # unknown | pending | active | finished | failed | expired
    Column("reason", Text),
    Column("stop_reason", Text),  # why its station was asked to end it, unless that refused
    timestamp("started_at", nullable=False),
    timestamp("stopped_at"),
    Column("original_session_id", BigInteger, ForeignKey("session.id"), unique=True),  # the one that this one extends
    # who
    Column("user_id", BigInteger, ForeignKey("ev_user.id")),
    Column("authorization_id", BigInteger, ForeignKey("charging_authorization.id"), index=True),
    Column("id_tag", Text),
    Column("id_tag_label", Text),
    Column("remote", Boolean, nullable=False, server_default=text("false")),  # started through the API
    Column("booking_id", BigInteger),
    Column("randomised_delay", Integer),  # s
    Column("external_app_data", JSONB),
    # what the meter said: readings of its register in Wh, as sent at the ends and as believed between them
    Column("meter_start_wh", Double),
    timestamp("meter_start_at"),  # when it stood there
    Column("meter_rebased", Boolean, nullable=False, server_default=text("false")),  # the 0 told was no reading
    Column("meter_stop_wh", Double),
    Column("meter_wh", Double),
    timestamp("meter_at"),  # when the believed reading was last a higher one
    timestamp("metered_at"),  # the newest sample
    timestamp("named_at"),  # the newest that came under the name of this transaction
    Column("energy_wh", Double, nullable=False, server_default="0"),
    Column("power_w", Double),
    Column("peak_power_w", Double),
    Column("soc_percent", Double),
    Column("anomalies", Integer, nullable=False, server_default="0"),  # readings that were not believed
    # what the bill says; filled by the rooms above
    Column("payment_method_id", Text),
    Column("payment_type", Text),
    Column("payment_status", Text),
    timestamp("payment_status_updated_at"),
    Column("billing_status", Text),
    Column("tariff_snapshot_id", BigInteger),
    Column("currency", Text),
    Column("amount_without_tax", Numeric),
    Column("amount_with_tax", Numeric),
    Column("tax_id", BigInteger),
    Column("tax_percentage", Numeric),
    Column("electricity_cost", Numeric),
    Column("estimated_savings", Numeric),
    Column("non_billable_energy_wh", Double),
    Column("local_energy_wh", Double),  # of renewable sources on the spot
    Column("reimbursement_eligibility", Boolean),
    Column("receipt_id", BigInteger),
    Column("terminal_id", BigInteger),
    Column("roaming", JSONB),  # as the API shows it
    Column("charge_point_operator_roaming_id", Text),
    Index(None, "station_id", "transaction_id", unique=True),
    Index(None, "station_id", "transaction_ref"),
    Index(None, "station_id", "start_ref", unique=True),
    Index(None, "station_id", "stop_ref", unique=True),
    Index("uq_session_active", "evse_id", unique=True, postgresql_where=text("status = 'active'")),
    Index("ix_session_pending", "started_at", postgresql_where=text("status = 'pending'")),
    Index("ix_session_id_tag", folded(text("id_tag"))),
    Index("ix_session_anomalies", "id", postgresql_where=text("anomalies > 0")),
    Index(None, "started_at"),
    Index(None, "user_id", "started_at"),
)

known_as = func.coalesce(session.c.transaction_ref, cast(session.c.transaction_id, Text))
"""What the station knows the transaction by, as text."""
