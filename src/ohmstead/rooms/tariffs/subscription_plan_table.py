"""The rows of subscription plans: what a subscription costs, and what energy is in it."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp

subscription_plan = table(
    "subscription_plan",
    Column("name", JSONB, nullable=False),
    Column("description", JSONB, nullable=False),
    Column("renewal_cycle", Text, nullable=False),  # monthly | annually
    Column("free_renewal_periods", Integer),
    Column("type", Text, nullable=False),  # pre-paid | post-paid
    Column("base_fee", Numeric),  # with tax, in base currency
    Column("base_fee_applies_per_each_home_charger", Boolean, nullable=False, server_default="false"),
    Column("fee_per_each_personal_charge_point", Numeric),  # for each of the subscriber's that requires the plan
    Column("accumulation", Text, nullable=False, server_default="none"),  # none | personal | personal_commercial
    Column("billing_usage_threshold", Numeric),
    Column("billing_type", Text, nullable=False, server_default="default"),  # default | internal | external
    Column("status", Text, nullable=False),  # enabled | disabled
    Column("allowance", JSONB, nullable=False, server_default="{}"),  # as the API shows it
    Column("visibility_restrictions", JSONB, nullable=False, server_default="{}"),
    Column("replacement_plan_id", BigInteger, ForeignKey("subscription_plan.id")),
    timestamp("replaced_at"),  # from when on the other one replaces it, or will
    timestamp("replace_due_at"),  # until that has been done
    CheckConstraint("base_fee >= 0 AND fee_per_each_personal_charge_point >= 0", name="fees_not_below_zero"),
    Index("ix_subscription_plan_replace_due", "replace_due_at", postgresql_where=text("replace_due_at IS NOT NULL")),
)
