"""Flexibility in the database: the assets, what was asked of them, and the energy that flowed there."""

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import table, timestamp
from ohmstead.store.partitions import partitioned

flexibility_asset = table(
    "flexibility_asset",
    Column("dlm_circuit_id", BigInteger, ForeignKey("circuit.id"), index=True),
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), index=True),
    Column("evse_id", BigInteger, ForeignKey("evse.id"), index=True),
    Column("description", Text),
    Column("integration_id", BigInteger),
    Column("integration_parameters", JSONB),
    Column("status", Text, nullable=False, server_default="enabled"),
    timestamp("ends_at"),  # when it is disabled by itself
    timestamp("disabled_at"),
    timestamp("series_from", nullable=False),  # the first quarter of an hour that may be made anew
    timestamp("series_until", nullable=False),  # the first that is not made yet
    CheckConstraint("num_nonnulls(dlm_circuit_id, charge_point_id, evse_id) = 1", name="one_place"),
)

activation_request = table(
    "flexibility_activation_request",
    Column("asset_id", BigInteger, ForeignKey("flexibility_asset.id", ondelete="CASCADE"), nullable=False),
    Column("periods", JSONB, nullable=False),  # as the API shows them
    timestamp("ends_at", nullable=False),  # with its last period
    Index(None, "asset_id", "ends_at"),
)

flexibility_energy = partitioned(  # Wh that an asset took in each quarter of an hour (UTC)
    "flexibility_energy",
    Column("id", BigInteger, primary_key=True),  # the asset and the quarter in one number: see `series`
    timestamp("start_time", primary_key=True),
    Column("asset_id", BigInteger, ForeignKey("flexibility_asset.id", ondelete="CASCADE"), nullable=False),
    Column("energy", BigInteger, nullable=False),
    Index(None, "asset_id", "id"),
    by="start_time",
)
