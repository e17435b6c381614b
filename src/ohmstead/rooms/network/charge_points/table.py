"""The charge point's row: what the operator says of it, and what it last said of itself."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

LIVING = text("deleted_at IS NULL")


def flag(name: str, default: bool = False) -> Column[bool]:
    """A boolean that always has a value."""
    return Column(name, Boolean, nullable=False, server_default=text(str(default).lower()))


charge_point = table(
    "charge_point",
    Column("name", Text),
    Column("type", Text, nullable=False, server_default="public"),
    Column("pin", Text),
    Column("status", Text, nullable=False, server_default="enabled"),
    Column("external_id", Text),
    Column("tags", ARRAY(Text), nullable=False, server_default="{}"),
    # where it stands and whose it is
    Column("location_id", BigInteger, ForeignKey("location.id")),
    Column("charging_zone_id", BigInteger, ForeignKey("charging_zone.id")),
    Column("electricity_rate_id", BigInteger, ForeignKey("electricity_rate.id", ondelete="SET NULL"), index=True),
    Column("utility_id", BigInteger, ForeignKey("utility.id", ondelete="SET NULL"), index=True),
    Column("model_id", BigInteger),
    Column("roaming_operator_id", BigInteger),
    Column("installation_and_maintenance_company_id", BigInteger),
    Column("electricity_cost_reimbursement_integration_id", BigInteger),
    Column("notice_id", BigInteger),
    Column("user_id", BigInteger, ForeignKey("ev_user.id")),
    flag("automatic_firmware_updates_enabled", True),
    Column("sharing_code", Text),
    Column("enabled_randomised_delay", Boolean),
    Column("subscription_required", Boolean),
    Column("subscription_plan_ids", ARRAY(BigInteger)),
    Column("partner_id", BigInteger, ForeignKey("partner.id")),
    Column("partner_contract_id", BigInteger, ForeignKey("partner_contract.id")),
    Column("partner_contact_id", BigInteger),
    flag("corporate_billing_as_default"),
    Column("access_type", Text),
    Column("partner_notice", JSONB),
    # how it is reached
    Column("communication_mode", Text, nullable=False, server_default="direct_ocpp"),
    Column("ocpp_connected_charge_point_id", BigInteger, ForeignKey("charge_point.id")),  # a satellite's master
    Column("network_type", Text),
    Column("network_id", Text),  # the OCPP identity
    Column("network_protocol", Text),
    Column("network_password", LargeBinary),  # salted hash
    Column("network_ip", Text),
    Column("network_port", Integer),
    Column("desired_security_profile", SmallInteger),
    Column("current_security_profile", SmallInteger),
    Column("hardware_security_profile", SmallInteger),
    Column("desired_security_profile_status", Text),
    flag("accepts_any_profile"),  # with its next connection, whichever it uses
    # how it behaves
    Column("capabilities", ARRAY(Text), nullable=False, server_default="{}"),
    flag("auto_start_without_authorization"),
    flag("disable_auto_start_emulation"),
    flag("enable_auto_fault_recovery", True),
    flag("uses_renewable_energy"),
    Column("smart_charging", JSONB),
    Column("personal_smart_charging", JSONB),  # the owner's preferences
    Column("charging_profile", JSONB),  # the last one laid on the whole charge point, as the API shows it
    timestamp("integrated_at"),
    timestamp("manufactured_at"),
    # what it said of itself
    flag("connected"),
    Column("node_id", BigInteger),  # the process that holds its socket, or held it last
    timestamp("connected_at"),
    timestamp("disconnected_at"),
    timestamp("long_gone_since"),  # the `disconnected_at` of which it was told that it is long ago
    timestamp("last_seen_at"),
    timestamp("first_contact_at"),
    Column("ocpp_version", Text),
    Column("clock_drift", Double),  # s by which its clock was ahead of ours, and when that was told
    timestamp("clock_drift_at"),
    Column("last_boot_notification", JSONB),
    Column("hardware_status", Text),
    timestamp("hardware_status_at"),
    Column("status_before_problem", Text),  # as of an EVSE
    Column("error_code", Text),
    Column("vendor_error_code", Text),
    timestamp("deleted_at"),
    Index("uq_charge_point_network_id", "network_id", unique=True, postgresql_where=LIVING),
    Index("uq_charge_point_sharing_code", "sharing_code", unique=True, postgresql_where=LIVING),
    Index("ix_charge_point_master", "ocpp_connected_charge_point_id"),
    Index(
        "ix_charge_point_gone",
        "disconnected_at",
        postgresql_where=text("NOT connected AND long_gone_since IS DISTINCT FROM disconnected_at"),
    ),
    *(Index(None, f"{name}_id") for name in ("location", "charging_zone", "partner", "user", "model", "external")),
    Index("ix_charge_point_serial_number", text("(last_boot_notification ->> 'chargePointSerialNumber')")),
    Index(None, "tags", postgresql_using="gin"),
)
