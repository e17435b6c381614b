"""Meter values: one row for each moment a charge point's meter told of, the common quantities in columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import BigInteger, Column, Double, Index, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Row, Tx, timestamp
from ohmstead.kit.facts import wanted
from ohmstead.rooms.charging.durable_facts import SessionMetered
from ohmstead.rooms.charging.facts import SignedReading
from ohmstead.rooms.charging.readings import Reading
from ohmstead.rooms.charging.told_readings import facts_of_readings
from ohmstead.store.partitions import partitioned

meter_value = partitioned(
    "meter_value",
    timestamp("at", nullable=False),  # as the station said; the time of receipt where that cannot be
    Column("station_id", BigInteger, nullable=False),
    Column("evse_id", BigInteger),  # null: the station's main meter
    Column("session_id", BigInteger),
    timestamp("received_at", nullable=False),
    Column("energy_wh", Double),  # the register
    Column("power_w", Double),
    *(Column(f"current_l{line}", Double) for line in (1, 2, 3)),  # A
    *(Column(f"voltage_l{line}", Double) for line in (1, 2, 3)),  # V
    Column("soc_percent", Double),
    Column("temperature_c", Double),
    Column("context", Text),  # null: Sample.Periodic
    Column("anomaly", Text),  # why the register was not believed: backwards | leap
    Column("others", JSONB),  # samples that have no column, and the wording of those that were converted
    Index(None, "evse_id", "at"),
    by="at",
)

signed_reading = partitioned(
    "signed_reading",
    timestamp("at", nullable=False),
    Column("station_id", BigInteger, nullable=False),
    Column("evse_id", BigInteger),
    Column("session_id", BigInteger, index=True),
    timestamp("received_at", nullable=False),
    Column("data", Text, nullable=False),  # unchanged: calibration law wants it verifiable
    Column("measurand", Text),
    Column("context", Text),
    by="at",
)

Record = tuple[Any, ...]
_COLUMNS = list(meter_value.c.keys())
_SIGNED = list(signed_reading.c.keys())


class Told(Protocol):
    """A message that carries readings."""

    @property
    def charge_point_id(self) -> int: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def signed(self) -> tuple[SignedReading, ...]: ...


def record(reading: Reading, place: Row, message: Told, anomaly: str | None = None) -> Record:
    """The row of a reading; `place` names its EVSE (`evse_id`) and session (`id`), either may be None."""
    r = reading
    return (
        r.at, message.charge_point_id, place["evse_id"], place["id"], message.received_at, r.energy_wh, r.power_w,
        r.current_l1, r.current_l2, r.current_l3, r.voltage_l1, r.voltage_l2, r.voltage_l3, r.soc_percent,
        r.temperature_c, r.context, anomaly, r.others,
    )  # fmt: skip


async def store(tx: Tx, records: Sequence[Record]) -> None:
    """Append rows made by `record`; who wants to be told of sessions' readings is."""
    if records:
        await tx.copy(meter_value.name, _COLUMNS, records)
    if records and SessionMetered.topic in wanted:
        for fact in facts_of_readings([dict(zip(_COLUMNS, one, strict=True)) for one in records]):
            tx.tell(fact)


async def store_signed(tx: Tx, messages: Sequence[tuple[Told, Row]]) -> None:
    """Append the signed readings of messages, each with its place."""
    records = [
        (one.at, told.charge_point_id, place["evse_id"], place["id"], told.received_at, one.data, one.measurand,
         one.context)
        for told, place in messages
        for one in told.signed
    ]  # fmt: skip
    if records:
        await tx.copy(signed_reading.name, _SIGNED, records)
