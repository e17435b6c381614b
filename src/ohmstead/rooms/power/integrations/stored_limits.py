"""What third parties leave circuits, as it was last said: kept through restarts, and caps until it has expired."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from msgspec import UNSET
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    Double,
    ForeignKey,
    Integer,
    Table,
    any_,
    bindparam,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, insert

from ohmstead.kit.db import Statement, Tx, metadata, timestamp
from ohmstead.rooms.power.circuits.resource import circuit_changed
from ohmstead.rooms.power.circuits.table import circuit
from ohmstead.rooms.power.integrations.interface import Limits
from ohmstead.rooms.power.integrations.registry import NAMES
from ohmstead.rooms.power.management.caps import Limit, Members, Seen, cap_sources

balanced_limit = Table(
    "balanced_limit",
    metadata,
    Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), primary_key=True),
    Column("integration_id", Integer, nullable=False),  # whose limits they are
    Column("evses", JSONB, nullable=False),  # by id: A on each line
    Column("charge_points", JSONB, nullable=False),
    Column("safe_current", Double),  # A, left to each EVSE after that
    timestamp("valid_until", nullable=False),
    timestamp("answered_at", nullable=False),
)
_own = balanced_limit.c
_chosen = circuit.c.load_balancing_integration["id"].as_integer()
_said = ("evses", "charge_points", "safe_current", "valid_until")


def _store() -> Statement:
    """Unless the circuit was given to somebody else meanwhile."""
    values = [bindparam(f"v_{name}", type_=_own[name].type) for name in (*_said, "answered_at")]
    by = bindparam("by", type_=Integer)
    still = select(circuit.c.id, by, *values).where(circuit.c.id == bindparam("at", type_=BigInteger), _chosen == by)
    put = insert(balanced_limit).from_select(["circuit_id", "integration_id", *_said, "answered_at"], still)
    newer = {name: put.excluded[name] for name in ("integration_id", *_said, "answered_at")}
    return Statement(put.on_conflict_do_update(index_elements=["circuit_id"], set_=newer).returning(literal(True)))


_STORE = _store()
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_STORED = Statement(
    select(balanced_limit)
    .join(circuit, circuit.c.id == _own.circuit_id)
    .where(_own.circuit_id == any_(_ids), _own.integration_id == _chosen)
)


async def store(tx: Tx, circuit_id: int, integration_id: int, limits: Limits) -> None:
    """Keep what a third party said; load management looks again where it is something else than before."""
    [known] = await tx.all(_STORED, ids=[circuit_id]) or [None]
    safe = None if limits.safe_current is UNSET else limits.safe_current
    said = {
        "evses": _lowest((one.evse_id, one.max_current) for one in limits.evses),
        "charge_points": _lowest((one.charge_point_id, one.max_current) for one in limits.charge_points),
        "safe_current": safe,
        "valid_until": limits.valid_until,
    }
    values = {f"v_{name}": value for name, value in said.items()}
    stored = await tx.value(_STORE, at=circuit_id, by=integration_id, v_answered_at=tx.now, **values)
    if stored and (known is None or any(known[name] != value for name, value in said.items())):
        tx.after_commit(lambda: circuit_changed.send(circuit_id))


def _lowest(pairs: Iterable[tuple[int, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for id, amps in pairs:
        found[str(id)] = min(amps, found.get(str(id), amps))
    return found


@dataclass(frozen=True, slots=True)
class BalancedCap:
    """What a third party leaves an EVSE or a charge point: A on each line `until` then, and `safe` (None: all) from
    then on."""

    source: str
    until: datetime
    amps: float | None
    safe: float | None = None
    evse_id: int | None = None
    charge_point_id: int | None = None
    circuit_id: None = None
    of_all: bool = False

    def at(self, now: datetime, seen: Seen) -> Limit | None:
        amps = self.amps if now < self.until else self.safe
        return None if amps is None else Limit(amps)


@cap_sources.load
async def balanced_caps(tx: Tx, there: Members) -> list[BalancedCap]:
    """Of the circuits of a tree that a third party balances. What is left to an EVSE afterwards is left to all."""
    evses = [(id, str(id)) for id in there.evses]
    points = [(id, str(id)) for id in there.charge_points]
    found: list[BalancedCap] = []
    for row in await tx.all(_STORED, ids=list(there.circuits)):
        source, until, safe = NAMES[row["integration_id"]], row["valid_until"], row["safe_current"]
        said = ((id, row["evses"].get(key)) for id, key in evses)
        found += [
            BalancedCap(source, until, amps, safe, evse_id=id)
            for id, amps in said
            if amps is not None or safe is not None
        ]
        found += [
            BalancedCap(source, until, row["charge_points"][key], charge_point_id=id)
            for id, key in points
            if key in row["charge_points"]
        ]
    return found
