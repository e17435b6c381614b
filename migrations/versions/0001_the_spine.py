"""The spine."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "admin",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admin")),
        sa.UniqueConstraint("email", name=op.f("uq_admin_email")),
    )
    op.create_index(op.f("ix_admin_updated_at"), "admin", ["updated_at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("admin_id", sa.BigInteger(), nullable=True),
        sa.Column("token_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("trace_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index(op.f("ix_audit_target"), "audit", ["target"], unique=False)
    op.create_table(
        "communication_log",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("latency_ms", sa.Double(), nullable=True),
        sa.Column("deviations", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("raw", sa.Text(), nullable=False),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index(
        op.f("ix_communication_log_charge_point_id_at"), "communication_log", ["charge_point_id", "at"], unique=False
    )
    op.create_table(
        "currency",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("alphabetic_code", sa.Text(), nullable=False),
        sa.Column("numeric_code", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=True),
        sa.Column("suffix", sa.Text(), nullable=True),
        sa.Column("decimal", sa.Integer(), nullable=True),
        sa.Column("unit_price_and_calculations_decimal", sa.Integer(), nullable=True),
        sa.Column("enable_use_of_minor_currency_unit", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("minor_unit_sign", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_currency")),
        sa.UniqueConstraint("alphabetic_code", name=op.f("uq_currency_alphabetic_code")),
    )
    op.create_index(op.f("ix_currency_updated_at"), "currency", ["updated_at"], unique=False)
    op.create_table(
        "electricity_meter",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("integration_id", sa.Integer(), nullable=True),
        sa.Column("integration_parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_electricity_meter")),
    )
    op.create_index(op.f("ix_electricity_meter_updated_at"), "electricity_meter", ["updated_at"], unique=False)
    op.create_table(
        "ev_user",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("email_verified", sa.DateTime(timezone=True), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("require_password_reset", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("first_name", sa.Text(), nullable=True),
        sa.Column("middle_name", sa.Text(), nullable=True),
        sa.Column("last_name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("post_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("vehicle_no", sa.Text(), nullable=True),
        sa.Column("personal_id", sa.Text(), nullable=True),
        sa.Column("locale", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("balance", sa.Numeric(), server_default="0", nullable=False),
        sa.Column("status", sa.Text(), server_default="enabled", nullable=False),
        sa.Column("user_group_ids", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("subscription_id", sa.BigInteger(), nullable=True),
        sa.Column("sessions_allowed", sa.Text(), server_default="single_session", nullable=False),
        sa.Column("receive_news_and_promotions", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("bank_details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("external_app_data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ev_user")),
    )
    op.create_index(
        "ix_ev_user_external_app_data",
        "ev_user",
        ["external_app_data"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"external_app_data": "jsonb_path_ops"},
    )
    op.create_index("ix_ev_user_external_id", "ev_user", ["external_id"], unique=False)
    op.create_index(op.f("ix_ev_user_partner_id"), "ev_user", ["partner_id"], unique=False)
    op.create_index(op.f("ix_ev_user_updated_at"), "ev_user", ["updated_at"], unique=False)
    op.create_index("ix_ev_user_user_group_ids", "ev_user", ["user_group_ids"], unique=False, postgresql_using="gin")
    op.create_index(
        "uq_ev_user_email",
        "ev_user",
        [sa.literal_column("lower(email)")],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index("uq_ev_user_nonce", "ev_user", ["nonce"], unique=True)
    op.create_table(
        "location",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("description", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("short_description", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column(
            "additional_description", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("street_address", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("region", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("post_code", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="enabled", nullable=False),
        sa.Column("parking_type", sa.Text(), nullable=True),
        sa.Column("access_methods", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("facilities", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column(
            "working_hours",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{"isAlwaysOpen": true}',
            nullable=False,
        ),
        sa.Column("location_image", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("images", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("external_app_data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("roaming_operator_id", sa.BigInteger(), nullable=True),
        sa.Column("roaming", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
    )
    op.create_index("ix_location_partner_id", "location", ["partner_id"], unique=False)
    op.create_index(op.f("ix_location_updated_at"), "location", ["updated_at"], unique=False)
    op.create_index(
        "uq_location_external_id",
        "location",
        ["external_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "meter_value",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("energy_wh", sa.Double(), nullable=True),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("current_l1", sa.Double(), nullable=True),
        sa.Column("current_l2", sa.Double(), nullable=True),
        sa.Column("current_l3", sa.Double(), nullable=True),
        sa.Column("voltage_l1", sa.Double(), nullable=True),
        sa.Column("voltage_l2", sa.Double(), nullable=True),
        sa.Column("voltage_l3", sa.Double(), nullable=True),
        sa.Column("soc_percent", sa.Double(), nullable=True),
        sa.Column("temperature_c", sa.Double(), nullable=True),
        sa.Column("context", sa.Text(), nullable=True),
        sa.Column("anomaly", sa.Text(), nullable=True),
        sa.Column("others", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index(op.f("ix_meter_value_evse_id_at"), "meter_value", ["evse_id", "at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(
        "ix_outbox_due", "outbox", ["due_at", "id"], unique=False, postgresql_where=sa.text("failed_at IS NULL")
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_setting")),
    )
    op.create_table(
        "signed_reading",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=True),
        sa.Column("session_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("measurand", sa.Text(), nullable=True),
        sa.Column("context", sa.Text(), nullable=True),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_index(op.f("ix_signed_reading_session_id"), "signed_reading", ["session_id"], unique=False)
    op.create_table(
        "tax",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display_name", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("percentage", sa.Numeric(), nullable=False),
        sa.Column("tax_identification_number_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tax")),
    )
    op.create_index(op.f("ix_tax_updated_at"), "tax", ["updated_at"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("admin_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("ips", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["admin_id"], ["admin.id"], name=op.f("fk_api_token_admin_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
    )
    op.create_index(op.f("ix_api_token_updated_at"), "api_token", ["updated_at"], unique=False)
    op.create_table(
        "charging_zone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column(
            "additional_info",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default='{"enabled": false}',
            nullable=False,
        ),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_charging_zone_location_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_zone")),
    )
    op.create_index(op.f("ix_charging_zone_location_id"), "charging_zone", ["location_id"], unique=False)
    op.create_index(op.f("ix_charging_zone_updated_at"), "charging_zone", ["updated_at"], unique=False)
    op.create_table(
        "circuit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_circuit_id", sa.BigInteger(), nullable=True),
        sa.Column("phases", sa.Text(), nullable=False),
        sa.Column("phase_rotation", sa.Text(), nullable=True),
        sa.Column("connected_phase", sa.Text(), nullable=True),
        sa.Column("electrical_configuration", sa.Text(), server_default="star", nullable=False),
        sa.Column("max_voltage", sa.Text(), nullable=True),
        sa.Column("max_current", sa.Double(), nullable=False),
        sa.Column("min_charge_point_current", sa.Double(), nullable=True),
        sa.Column("set_session_limit_to_zero_on_idle", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("electricity_meter_id", sa.BigInteger(), nullable=True),
        sa.Column("offline_reserved_current", sa.Double(), nullable=True),
        sa.Column("load_balancing_integration", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("soc_priorities", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["electricity_meter_id"], ["electricity_meter.id"], name=op.f("fk_circuit_electricity_meter_id")
        ),
        sa.ForeignKeyConstraint(["parent_circuit_id"], ["circuit.id"], name=op.f("fk_circuit_parent_circuit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circuit")),
    )
    op.create_index(op.f("ix_circuit_electricity_meter_id"), "circuit", ["electricity_meter_id"], unique=False)
    op.create_index(op.f("ix_circuit_parent_circuit_id"), "circuit", ["parent_circuit_id"], unique=False)
    op.create_index(op.f("ix_circuit_updated_at"), "circuit", ["updated_at"], unique=False)
    op.create_table(
        "id_tag",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("id_tag_uid", sa.Text(), nullable=False),
        sa.Column("id_label", sa.Text(), nullable=True),
        sa.Column("expire_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("vehicle_type", sa.Text(), nullable=True),
        sa.Column("payment_method_id", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ev_user.id"], name=op.f("fk_id_tag_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_id_tag")),
    )
    op.create_index(op.f("ix_id_tag_partner_id"), "id_tag", ["partner_id"], unique=False)
    op.create_index(op.f("ix_id_tag_updated_at"), "id_tag", ["updated_at"], unique=False)
    op.create_index(op.f("ix_id_tag_user_id"), "id_tag", ["user_id"], unique=False)
    op.create_index(
        "uq_id_tag_id_tag_uid",
        "id_tag",
        [sa.literal_column("upper(id_tag_uid)")],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "meter_report",
        sa.Column("meter_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("current_l1", sa.Double(), nullable=True),
        sa.Column("current_l2", sa.Double(), nullable=True),
        sa.Column("current_l3", sa.Double(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["meter_id"], ["electricity_meter.id"], name=op.f("fk_meter_report_meter_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("meter_id", "at", name=op.f("pk_meter_report")),
        postgresql_partition_by="RANGE (at)",
    )
    op.create_table(
        "charge_point",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), server_default="public", nullable=False),
        sa.Column("pin", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="enabled", nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("charging_zone_id", sa.BigInteger(), nullable=True),
        sa.Column("electricity_rate_id", sa.BigInteger(), nullable=True),
        sa.Column("utility_id", sa.BigInteger(), nullable=True),
        sa.Column("model_id", sa.BigInteger(), nullable=True),
        sa.Column("vendor_id", sa.BigInteger(), nullable=True),
        sa.Column("sub_operator_id", sa.BigInteger(), nullable=True),
        sa.Column("roaming_operator_id", sa.BigInteger(), nullable=True),
        sa.Column("installation_and_maintenance_company_id", sa.BigInteger(), nullable=True),
        sa.Column("electricity_cost_reimbursement_integration_id", sa.BigInteger(), nullable=True),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("automatic_firmware_updates_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("sharing_code", sa.Text(), nullable=True),
        sa.Column("enabled_randomised_delay", sa.Boolean(), nullable=True),
        sa.Column("subscription_required", sa.Boolean(), nullable=True),
        sa.Column("subscription_plan_ids", sa.ARRAY(sa.BigInteger()), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column("partner_contract_id", sa.BigInteger(), nullable=True),
        sa.Column("partner_contact_id", sa.BigInteger(), nullable=True),
        sa.Column("corporate_billing_as_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("access_type", sa.Text(), nullable=True),
        sa.Column("partner_notice", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("communication_mode", sa.Text(), server_default="direct_ocpp", nullable=False),
        sa.Column("ocpp_connected_charge_point_id", sa.BigInteger(), nullable=True),
        sa.Column("network_type", sa.Text(), nullable=True),
        sa.Column("network_id", sa.Text(), nullable=True),
        sa.Column("network_protocol", sa.Text(), nullable=True),
        sa.Column("network_password", sa.LargeBinary(), nullable=True),
        sa.Column("network_ip", sa.Text(), nullable=True),
        sa.Column("network_port", sa.Integer(), nullable=True),
        sa.Column("desired_security_profile", sa.SmallInteger(), nullable=True),
        sa.Column("current_security_profile", sa.SmallInteger(), nullable=True),
        sa.Column("hardware_security_profile", sa.SmallInteger(), nullable=True),
        sa.Column("desired_security_profile_status", sa.Text(), nullable=True),
        sa.Column("capabilities", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("auto_start_without_authorization", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("disable_auto_start_emulation", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("enable_auto_fault_recovery", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("uses_renewable_energy", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("smart_charging", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("personal_smart_charging", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("charging_profile", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("integrated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("manufactured_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("connected", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ocpp_version", sa.Text(), nullable=True),
        sa.Column("last_boot_notification", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("hardware_status", sa.Text(), nullable=True),
        sa.Column("hardware_status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("vendor_error_code", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charging_zone_id"], ["charging_zone.id"], name=op.f("fk_charge_point_charging_zone_id")
        ),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name=op.f("fk_charge_point_location_id")),
        sa.ForeignKeyConstraint(
            ["ocpp_connected_charge_point_id"],
            ["charge_point.id"],
            name=op.f("fk_charge_point_ocpp_connected_charge_point_id"),
        ),
        sa.ForeignKeyConstraint(["user_id"], ["ev_user.id"], name=op.f("fk_charge_point_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charge_point")),
    )
    op.create_index(op.f("ix_charge_point_charging_zone_id"), "charge_point", ["charging_zone_id"], unique=False)
    op.create_index(op.f("ix_charge_point_external_id"), "charge_point", ["external_id"], unique=False)
    op.create_index(op.f("ix_charge_point_location_id"), "charge_point", ["location_id"], unique=False)
    op.create_index("ix_charge_point_master", "charge_point", ["ocpp_connected_charge_point_id"], unique=False)
    op.create_index(op.f("ix_charge_point_model_id"), "charge_point", ["model_id"], unique=False)
    op.create_index(op.f("ix_charge_point_partner_id"), "charge_point", ["partner_id"], unique=False)
    op.create_index(
        "ix_charge_point_serial_number",
        "charge_point",
        [sa.literal_column("(last_boot_notification ->> 'chargePointSerialNumber')")],
        unique=False,
    )
    op.create_index(op.f("ix_charge_point_tags"), "charge_point", ["tags"], unique=False, postgresql_using="gin")
    op.create_index(op.f("ix_charge_point_updated_at"), "charge_point", ["updated_at"], unique=False)
    op.create_index(op.f("ix_charge_point_user_id"), "charge_point", ["user_id"], unique=False)
    op.create_index(
        "uq_charge_point_network_id",
        "charge_point",
        ["network_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_charge_point_sharing_code",
        "charge_point",
        ["sharing_code"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "circuit_load",
        sa.Column("circuit_id", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("managed", sa.Double(), nullable=False),
        sa.Column("unmanaged", sa.Double(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["circuit_id"], ["circuit.id"], name=op.f("fk_circuit_load_circuit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("circuit_id", "line", name=op.f("pk_circuit_load")),
    )
    op.create_table(
        "circuit_user_priority",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("circuit_id", sa.BigInteger(), nullable=False),
        sa.Column("target_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("priority", sa.Double(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["circuit_id"], ["circuit.id"], name=op.f("fk_circuit_user_priority_circuit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circuit_user_priority")),
        sa.UniqueConstraint("circuit_id", "type", "target_id", name="uq_circuit_user_priority_target"),
    )
    op.create_index(op.f("ix_circuit_user_priority_circuit_id"), "circuit_user_priority", ["circuit_id"], unique=False)
    op.create_index(op.f("ix_circuit_user_priority_updated_at"), "circuit_user_priority", ["updated_at"], unique=False)
    op.create_table(
        "circuit_charge_point",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("circuit_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Double(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"],
            ["charge_point.id"],
            name=op.f("fk_circuit_charge_point_charge_point_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["circuit_id"], ["circuit.id"], name=op.f("fk_circuit_charge_point_circuit_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circuit_charge_point")),
        sa.UniqueConstraint("charge_point_id", name=op.f("uq_circuit_charge_point_charge_point_id")),
    )
    op.create_index(op.f("ix_circuit_charge_point_circuit_id"), "circuit_charge_point", ["circuit_id"], unique=False)
    op.create_index(op.f("ix_circuit_charge_point_updated_at"), "circuit_charge_point", ["updated_at"], unique=False)
    op.create_table(
        "evse",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=False),
        sa.Column("physical_reference", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("current_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="enabled", nullable=False),
        sa.Column("mid_meter_certification_end_year", sa.SmallInteger(), nullable=True),
        sa.Column("tariff_group_id", sa.BigInteger(), nullable=True),
        sa.Column("allows_reservation", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("booking_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("max_power", sa.Integer(), nullable=True),
        sa.Column("max_voltage", sa.Text(), nullable=True),
        sa.Column("max_amperage", sa.Double(), nullable=True),
        sa.Column("phases", sa.Text(), nullable=True),
        sa.Column("phase_rotation", sa.Text(), nullable=True),
        sa.Column("connected_phase", sa.Text(), nullable=True),
        sa.Column("roaming_operator_id", sa.BigInteger(), nullable=True),
        sa.Column("roaming", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_app_data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("charging_profile", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("hardware_status", sa.Text(), nullable=True),
        sa.Column("hardware_status_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_code", sa.Text(), nullable=True),
        sa.Column("vendor_error_code", sa.Text(), nullable=True),
        sa.Column("vendor_id", sa.Text(), nullable=True),
        sa.Column("error_info", sa.Text(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["charge_point_id"], ["charge_point.id"], name=op.f("fk_evse_charge_point_id")),
        sa.ForeignKeyConstraint(["station_id"], ["charge_point.id"], name=op.f("fk_evse_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evse")),
    )
    op.create_index(op.f("ix_evse_charge_point_id"), "evse", ["charge_point_id"], unique=False)
    op.create_index(op.f("ix_evse_external_id"), "evse", ["external_id"], unique=False)
    op.create_index(op.f("ix_evse_physical_reference"), "evse", ["physical_reference"], unique=False)
    op.create_index(op.f("ix_evse_tariff_group_id"), "evse", ["tariff_group_id"], unique=False)
    op.create_index(op.f("ix_evse_updated_at"), "evse", ["updated_at"], unique=False)
    op.create_index(
        "uq_evse_network_id",
        "evse",
        ["station_id", "network_id"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "charging_authorization",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), server_default="local", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rejection_reason", sa.Text(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("id_tag_uid", sa.Text(), nullable=True),
        sa.Column("roaming", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"], ["charge_point.id"], name=op.f("fk_charging_authorization_charge_point_id")
        ),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_charging_authorization_evse_id")),
        sa.ForeignKeyConstraint(["user_id"], ["ev_user.id"], name=op.f("fk_charging_authorization_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_charging_authorization")),
    )
    op.create_index(
        op.f("ix_charging_authorization_charge_point_id"), "charging_authorization", ["charge_point_id"], unique=False
    )
    op.create_index(
        op.f("ix_charging_authorization_updated_at"), "charging_authorization", ["updated_at"], unique=False
    )
    op.create_index(op.f("ix_charging_authorization_user_id"), "charging_authorization", ["user_id"], unique=False)
    op.create_table(
        "charging_limit",
        sa.Column("evse_id", sa.BigInteger(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fallback_set", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_charging_limit_evse_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("evse_id", name=op.f("pk_charging_limit")),
    )
    op.create_table(
        "circuit_evse_priority",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("circuit_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Double(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["charge_point_id"],
            ["charge_point.id"],
            name=op.f("fk_circuit_evse_priority_charge_point_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["circuit_id"], ["circuit.id"], name=op.f("fk_circuit_evse_priority_circuit_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["evse_id"], ["evse.id"], name=op.f("fk_circuit_evse_priority_evse_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circuit_evse_priority")),
        sa.UniqueConstraint("evse_id", name=op.f("uq_circuit_evse_priority_evse_id")),
    )
    op.create_index(
        op.f("ix_circuit_evse_priority_charge_point_id"), "circuit_evse_priority", ["charge_point_id"], unique=False
    )
    op.create_index(op.f("ix_circuit_evse_priority_circuit_id"), "circuit_evse_priority", ["circuit_id"], unique=False)
    op.create_index(op.f("ix_circuit_evse_priority_updated_at"), "circuit_evse_priority", ["updated_at"], unique=False)
    op.create_table(
        "connector",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=False),
        sa.Column("network_id", sa.Integer(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default="enabled", nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_connector_evse_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_connector")),
    )
    op.create_index(op.f("ix_connector_evse_id"), "connector", ["evse_id"], unique=False)
    op.create_index(op.f("ix_connector_updated_at"), "connector", ["updated_at"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("station_id", sa.BigInteger(), nullable=False),
        sa.Column("charge_point_id", sa.BigInteger(), nullable=False),
        sa.Column("evse_id", sa.BigInteger(), nullable=False),
        sa.Column("connector_id", sa.BigInteger(), nullable=True),
        sa.Column("partner_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "transaction_id",
            sa.Integer(),
            sa.Identity(always=False, minvalue=1, maxvalue=2147483647, cycle=True),
            nullable=False,
        ),
        sa.Column("start_ref", sa.Text(), nullable=True),
        sa.Column("stop_ref", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("original_session_id", sa.BigInteger(), nullable=True),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("authorization_id", sa.BigInteger(), nullable=True),
        sa.Column("id_tag", sa.Text(), nullable=True),
        sa.Column("id_tag_label", sa.Text(), nullable=True),
        sa.Column("remote", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("randomised_delay", sa.Integer(), nullable=True),
        sa.Column("external_app_data", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("meter_start_wh", sa.Double(), nullable=True),
        sa.Column("meter_stop_wh", sa.Double(), nullable=True),
        sa.Column("meter_wh", sa.Double(), nullable=True),
        sa.Column("meter_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("metered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("energy_wh", sa.Double(), server_default="0", nullable=False),
        sa.Column("power_w", sa.Double(), nullable=True),
        sa.Column("peak_power_w", sa.Double(), nullable=True),
        sa.Column("soc_percent", sa.Double(), nullable=True),
        sa.Column("anomalies", sa.Integer(), server_default="0", nullable=False),
        sa.Column("payment_method_id", sa.Text(), nullable=True),
        sa.Column("payment_type", sa.Text(), nullable=True),
        sa.Column("payment_status", sa.Text(), nullable=True),
        sa.Column("payment_status_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("billing_status", sa.Text(), nullable=True),
        sa.Column("tariff_snapshot_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("amount_without_tax", sa.Numeric(), nullable=True),
        sa.Column("amount_with_tax", sa.Numeric(), nullable=True),
        sa.Column("tax_id", sa.BigInteger(), nullable=True),
        sa.Column("tax_percentage", sa.Numeric(), nullable=True),
        sa.Column("electricity_cost", sa.Numeric(), nullable=True),
        sa.Column("estimated_savings", sa.Numeric(), nullable=True),
        sa.Column("non_billable_energy_wh", sa.Double(), nullable=True),
        sa.Column("local_energy_wh", sa.Double(), nullable=True),
        sa.Column("reimbursement_eligibility", sa.Boolean(), nullable=True),
        sa.Column("receipt_id", sa.BigInteger(), nullable=True),
        sa.Column("terminal_id", sa.BigInteger(), nullable=True),
        sa.Column("roaming", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("charge_point_operator_roaming_id", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["authorization_id"], ["charging_authorization.id"], name=op.f("fk_session_authorization_id")
        ),
        sa.ForeignKeyConstraint(["charge_point_id"], ["charge_point.id"], name=op.f("fk_session_charge_point_id")),
        sa.ForeignKeyConstraint(["connector_id"], ["connector.id"], name=op.f("fk_session_connector_id")),
        sa.ForeignKeyConstraint(["evse_id"], ["evse.id"], name=op.f("fk_session_evse_id")),
        sa.ForeignKeyConstraint(["original_session_id"], ["session.id"], name=op.f("fk_session_original_session_id")),
        sa.ForeignKeyConstraint(["station_id"], ["charge_point.id"], name=op.f("fk_session_station_id")),
        sa.ForeignKeyConstraint(["user_id"], ["ev_user.id"], name=op.f("fk_session_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("original_session_id", name=op.f("uq_session_original_session_id")),
    )
    op.create_index(op.f("ix_session_authorization_id"), "session", ["authorization_id"], unique=False)
    op.create_index(op.f("ix_session_charge_point_id"), "session", ["charge_point_id"], unique=False)
    op.create_index(op.f("ix_session_evse_id"), "session", ["evse_id"], unique=False)
    op.create_index(op.f("ix_session_id_tag"), "session", ["id_tag"], unique=False)
    op.create_index(op.f("ix_session_partner_id"), "session", ["partner_id"], unique=False)
    op.create_index(
        "ix_session_pending", "session", ["started_at"], unique=False, postgresql_where=sa.text("status = 'pending'")
    )
    op.create_index(op.f("ix_session_started_at"), "session", ["started_at"], unique=False)
    op.create_index(op.f("ix_session_station_id_start_ref"), "session", ["station_id", "start_ref"], unique=True)
    op.create_index(op.f("ix_session_station_id_stop_ref"), "session", ["station_id", "stop_ref"], unique=True)
    op.create_index(
        op.f("ix_session_station_id_transaction_id"), "session", ["station_id", "transaction_id"], unique=True
    )
    op.create_index(op.f("ix_session_updated_at"), "session", ["updated_at"], unique=False)
    op.create_index(op.f("ix_session_user_id_started_at"), "session", ["user_id", "started_at"], unique=False)
    op.create_index(
        "uq_session_active", "session", ["evse_id"], unique=True, postgresql_where=sa.text("status = 'active'")
    )
    op.create_table(
        "circuit_session_priority",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("circuit_id", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.BigInteger(), nullable=False),
        sa.Column("priority", sa.Double(), server_default="1", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["circuit_id"], ["circuit.id"], name=op.f("fk_circuit_session_priority_circuit_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["session.id"], name=op.f("fk_circuit_session_priority_session_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circuit_session_priority")),
        sa.UniqueConstraint("session_id", name=op.f("uq_circuit_session_priority_session_id")),
    )
    op.create_index(
        op.f("ix_circuit_session_priority_circuit_id"), "circuit_session_priority", ["circuit_id"], unique=False
    )
    op.create_index(
        op.f("ix_circuit_session_priority_updated_at"), "circuit_session_priority", ["updated_at"], unique=False
    )

    # every INSERT tells the readers of the outbox, in whatever process they are
    op.execute(
        "CREATE FUNCTION tell_outbox() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY outbox; RETURN NULL; END $$"
    )
    op.execute("CREATE TRIGGER outbox_told AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION tell_outbox()")
