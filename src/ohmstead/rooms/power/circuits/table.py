"""Circuits in the database: the cables, what hangs on them with which weight, and what flows through them."""

from datetime import timedelta

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import metadata, table, timestamp
from ohmstead.store.partitions import partitioned

circuit = table(
    "circuit",
    Column("name", Text, nullable=False),
    Column("parent_circuit_id", BigInteger, ForeignKey("circuit.id"), index=True),
    Column("phases", Text, nullable=False),
    Column("phase_rotation", Text),
    Column("connected_phase", Text),
    Column("electrical_configuration", Text, nullable=False, server_default="star"),
    Column("max_voltage", Text),
    Column("max_current", Double, nullable=False),  # A, on each line
    Column("min_charge_point_current", Double),  # A
    Column("set_session_limit_to_zero_on_idle", Boolean, nullable=False, server_default="false"),
    Column("electricity_meter_id", BigInteger, ForeignKey("electricity_meter.id"), index=True),
    Column("offline_reserved_current", Double),  # A
    Column("load_balancing_integration", JSONB),
    Column("soc_priorities", JSONB),
    Column("phase_policy", Text, nullable=False, server_default="wired"),  # or measured: which lines of an EVSE count
)


def _of_circuit() -> Column[int]:
    return Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), nullable=False, index=True)


def _priority() -> Column[float]:
    return Column("priority", Double, nullable=False, server_default="1")


circuit_charge_point = table(  # a charge point hangs on one circuit at most
    "circuit_charge_point",
    _of_circuit(),
    Column(
        "charge_point_id", BigInteger, ForeignKey("charge_point.id", ondelete="CASCADE"), nullable=False, unique=True
    ),
    _priority(),
)

circuit_evse_priority = table(
    "circuit_evse_priority",
    _of_circuit(),
    Column(
        "charge_point_id", BigInteger, ForeignKey("charge_point.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("evse_id", BigInteger, ForeignKey("evse.id", ondelete="CASCADE"), nullable=False, unique=True),
    _priority(),
)

circuit_session_priority = table(
    "circuit_session_priority",
    _of_circuit(),
    Column("session_id", BigInteger, ForeignKey("session.id", ondelete="CASCADE"), nullable=False, unique=True),
    _priority(),
)

circuit_user_priority = table(
    "circuit_user_priority",
    _of_circuit(),
    Column("target_id", BigInteger, nullable=False),
    Column("type", Text, nullable=False),
    _priority(),
    UniqueConstraint("circuit_id", "type", "target_id", name="uq_circuit_user_priority_target"),
)

circuit_load = Table(  # what load management last knew of a circuit's own lines, A
    "circuit_load",
    metadata,
    Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True),  # 1, 2, 3
    Column("managed", Double, nullable=False),
    timestamp("managed_at", nullable=False),  # when the oldest part of it was measured
    Column("managed_is_measured", Boolean, nullable=False, server_default="true"),  # else it may flow
    Column("unmanaged", Double, nullable=False),
    timestamp("unmanaged_at"),  # None: it never was
    Column("unmanaged_is_measured", Boolean, nullable=False, server_default="true"),
)

circuit_current = partitioned(  # what flowed through a circuit's own lines, A; None: nobody measured it at the time
    "circuit_current",
    Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), primary_key=True),
    timestamp("at", primary_key=True),  # a whole minute
    Column("limit", Double, nullable=False),  # on each line, of the moment
    *(Column(f"managed_l{line}", Double) for line in (1, 2, 3)),
    *(Column(f"unmanaged_l{line}", Double) for line in (1, 2, 3)),
    by="at",
    keep=timedelta(days=400),
)
