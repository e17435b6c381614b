"""Begun: what a station of 2.x told of a transaction before it is anybody's charge.

A cable may be plugged in long before somebody is named, and only the event of the cable carries the register and the
EVSE (Part 2, J02). They are kept in the database: the event that names somebody may come over another line.
"""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Table, Text, bindparam, delete, text

from ohmstead.kit.db import Row, Statement, Tx, metadata, timestamp
from ohmstead.rooms.charging.facts import Metered
from ohmstead.rooms.charging.readings import believable

KEPT = timedelta(days=60)  # a vehicle may stand there for weeks; one whose end was lost is forgotten some day

begun_transaction = Table(
    "begun_transaction",
    metadata,
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), primary_key=True),
    Column("transaction_ref", Text, primary_key=True),
    Column("evse_id", BigInteger),
    timestamp("at", nullable=False),  # of its first event, or of the earliest reading before that is known
    Column("energy_wh", Double),  # the register's earliest reading
    Column("is_first", Boolean, nullable=False),  # its first event was told
)

_own = begun_transaction.c
# A first event begins anew where an earlier one of the name is known: some stations count from 1 after a boot. Other
# readings count as far as the first event has not told its own.
_KEEP = Statement(
    text("""
INSERT INTO begun_transaction AS known (station_id, transaction_ref, evse_id, at, energy_wh, is_first)
VALUES (:station, :name, :evse, :at, :wh, :first)
ON CONFLICT (station_id, transaction_ref) DO UPDATE SET
    evse_id = COALESCE(EXCLUDED.evse_id, known.evse_id),
    at = CASE WHEN EXCLUDED.is_first OR NOT known.is_first THEN EXCLUDED.at ELSE known.at END,
    energy_wh = CASE WHEN known.is_first AND EXCLUDED.is_first THEN EXCLUDED.energy_wh
                     ELSE COALESCE(EXCLUDED.energy_wh, known.energy_wh) END,
    is_first = EXCLUDED.is_first OR known.is_first
WHERE CASE WHEN EXCLUDED.is_first THEN NOT known.is_first OR EXCLUDED.at > known.at
           ELSE known.energy_wh IS NULL OR NOT known.is_first AND EXCLUDED.at < known.at END""").bindparams(
        bindparam("station", type_=BigInteger),
        bindparam("name", type_=Text),
        bindparam("evse", type_=BigInteger),
        bindparam("at", type_=_own.at.type),
        bindparam("wh", type_=Double),
        bindparam("first", type_=Boolean),
    )
)
_TAKE = Statement(
    delete(begun_transaction)
    .where(_own.station_id == bindparam("station"), _own.transaction_ref == bindparam("name"))
    .returning(begun_transaction)
)
_FORGET = Statement(delete(begun_transaction).where(_own.at < bindparam("before", type_=_own.at.type)))


def begins(message: Metered, place: Row) -> bool:
    """Whether a message tells of a transaction that is no charge yet: none is known under its name, or only an earlier
    one, which was over or of which nothing was told since."""
    if message.transaction_ref is None:
        return False
    if place["id"] is None:
        return True
    first = _first(message)
    known = (place["started_at"], place["stopped_at"], place["metered_at"])
    return first is not None and first > max(moment for moment in known if moment is not None)


async def keep(tx: Tx, message: Metered, evse_id: int | None) -> None:
    """Keep what a message tells of a transaction that is no charge yet."""
    wh, at = _earliest(message)
    if at is not None:
        await tx.run(
            _KEEP, station=message.charge_point_id, name=message.transaction_ref, evse=evse_id, at=at, wh=wh,
            first=message.began_at is not None,
        )  # fmt: skip


def _earliest(message: Metered) -> tuple[float | None, datetime | None]:
    """The register's first reading of a message, and the moment it stands for: that of the transaction's first event,
    else its own; None where there is nothing to keep."""
    read = next((one for one in message.readings if one.energy_wh is not None), None)
    return read and read.energy_wh, _first(message) or (read and read.at)


def _first(message: Metered) -> datetime | None:
    return message.began_at and believable(message.began_at, message.received_at)


async def taken(tx: Tx, station_id: int, name: str | None) -> Row | None:
    """What was kept of a transaction, which from now on its session keeps."""
    return None if name is None else await tx.one(_TAKE, station=station_id, name=name)


async def forget_begun(tx: Tx) -> None:
    """Forget transactions that began long ago, and never were a charge nor ended."""
    await tx.run(_FORGET, before=tx.now - KEPT)
