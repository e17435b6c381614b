"""Learned hours: what flowed besides the EVSEs in each hour of the last weeks, kept for who steers the tree next."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import ARRAY, BigInteger, Column, Double, ForeignKey, Integer, Table, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.dlm.hours import HOUR, WEEK, WEEKS, Hour
from ohmstead.kit.db import Statement, Tx, metadata, timestamp
from ohmstead.rooms.power.circuits.table import circuit

EVERY_S = 600.0  # an hour that goes on is written down so often
KEPT = timedelta(hours=WEEKS * WEEK + 2)

circuit_hour = Table(
    "circuit_hour",
    metadata,
    Column("circuit_id", BigInteger, ForeignKey("circuit.id", ondelete="CASCADE"), primary_key=True),
    Column("line", Integer, primary_key=True),  # 1, 2, 3 of the root of its tree
    timestamp("began_at", primary_key=True),
    Column("samples", Integer, nullable=False),
    Column("most", Double, nullable=False),  # A
    Column("rise", Double, nullable=False),  # A within the time that load management needs
)
_own = circuit_hour.c
_circuits = bindparam("circuits", type_=ARRAY(BigInteger))
_KNOWN = Statement(select(circuit_hour).where(_own.circuit_id == any_(_circuits), _own.began_at >= bindparam("since")))
_FORGET = Statement(delete(circuit_hour).where(_own.circuit_id == any_(_circuits), _own.began_at < bindparam("since")))

LearnedHour = tuple[int, int, int, Hour]
"""A circuit's, of one of the root's lines (0 to 2): hours since 1970, and what it did."""


def _keep() -> Statement:
    still = select(circuit.c.id, *(bindparam(name, type_=column.type) for name, column in list(_own.items())[1:]))
    told = insert(circuit_hour).from_select(list(_own.keys()), still.where(circuit.c.id == bindparam("circuit_id")))
    newer = {name: told.excluded[name] for name in ("samples", "most", "rise")}
    return Statement(told.on_conflict_do_update(index_elements=["circuit_id", "line", "began_at"], set_=newer))


_KEEP = _keep()


async def keep_hours(tx: Tx, hours: Iterable[LearnedHour]) -> None:
    """Write down what is new, and forget what is older than it is good for."""
    written = list(hours)
    for circuit_id, line, number, hour in written:
        began = datetime.fromtimestamp(number * HOUR, UTC)
        await tx.run(
            _KEEP, circuit_id=circuit_id, line=line + 1, began_at=began, samples=hour.samples, most=hour.most,
            rise=hour.rise,
        )  # fmt: skip
    await tx.run(_FORGET, circuits=sorted({one[0] for one in written}), since=tx.now - KEPT)


async def known_hours(tx: Tx, circuits: Collection[int]) -> list[LearnedHour]:
    """What was written down of these circuits."""
    rows = await tx.all(_KNOWN, circuits=list(circuits), since=tx.now - KEPT)
    return [
        (row["circuit_id"], row["line"] - 1, int(row["began_at"].timestamp() // HOUR),
         Hour(row["samples"], row["most"], row["rise"]))
        for row in rows
    ]  # fmt: skip
