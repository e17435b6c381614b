"""Readings told again: a station that got no answer says all anew, and what is stored is not stored twice.

Nearly every reading is newer than what its session knows: such a one costs a comparison. Only where one is not, or
belongs to no session, is looked into the table.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.facts import Metered
from ohmstead.rooms.charging.meter_values import Record, meter_value, record
from ohmstead.rooms.charging.readings import Reading

_COLUMNS = list(meter_value.c.keys())
_SAME = [name for name in _COLUMNS if name not in ("session_id", "received_at", "anomaly", "others")]
_PLACES = [_COLUMNS.index(name) for name in _SAME]
_OTHERS = _COLUMNS.index("others")

# Two statements, for an index finds NULL but does not compare with it.
_STORED = Statement(
    text(f"""
WITH told AS (SELECT DISTINCT station_id, evse_id, at
              FROM json_to_recordset(CAST(:told AS json)) AS one(station_id bigint, evse_id bigint, at timestamptz))
SELECT {", ".join(f"stored.{name}" for name in (*_SAME, "others"))}
FROM told JOIN meter_value AS stored ON stored.evse_id = told.evse_id AND stored.at = told.at
UNION ALL
SELECT {", ".join(f"stored.{name}" for name in (*_SAME, "others"))}
FROM told JOIN meter_value AS stored ON stored.evse_id IS NULL AND stored.at = told.at
     AND stored.station_id = told.station_id
WHERE told.evse_id IS NULL""")
)
_SIGNED = Statement(
    text("""
SELECT session_id, at, data FROM signed_reading
WHERE session_id = ANY(CAST(:sessions AS bigint[])) AND at = ANY(CAST(:moments AS timestamptz[]))""")
)

Key = tuple[object, ...]


class ReadingDeduplicator:
    """The readings that are stored, of a batch that holds some that may be; `known` is None where it holds none."""

    def __init__(self, known: set[Key] | None) -> None:
        self._known = known

    def again(self, reading: Reading, place: Row, message: Metered) -> bool:
        """Whether this reading is stored, or came before in this batch."""
        if self._known is None:
            return False
        key = _key(record(reading, place, message))
        if key in self._known:
            return True
        self._known.add(key)
        return False


async def repeats(tx: Tx, messages: Sequence[Metered], places: Sequence[Row]) -> ReadingDeduplicator:
    """Look for what may have been told before."""
    suspects = _suspects(messages, places)
    if not suspects:
        return ReadingDeduplicator(None)
    told = [{"station_id": station, "evse_id": evse, "at": at} for station, evse, at in suspects]
    return ReadingDeduplicator({_stored(row) for row in await tx.all(_STORED, told=told)})


async def unsigned_yet(tx: Tx, messages: Sequence[tuple[Metered, Row]]) -> list[tuple[Metered, Row]]:
    """Of messages with signed readings of sessions, those whose signed readings are not all stored."""
    sessions = {place["id"] for _, place in messages if place["id"] is not None}
    if not sessions:
        return list(messages)
    moments = {one.at for message, _ in messages for one in message.signed}
    rows = await tx.all(_SIGNED, sessions=list(sessions), moments=list(moments))
    stored = {tuple(row) for row in rows}
    return [
        (message, place)
        for message, place in messages
        if any((place["id"], one.at, one.data) not in stored for one in message.signed)
    ]


def _suspects(messages: Sequence[Metered], places: Sequence[Row]) -> list[tuple[int, int | None, datetime]]:
    """Station, EVSE and moment of the readings that are not newer than what is known of their session."""
    suspects: list[tuple[int, int | None, datetime]] = []
    newest: dict[int, datetime] = {}
    for message, place in zip(messages, places, strict=True):
        known = None
        if place["status"] == "active":
            known = newest.get(place["id"]) or place["metered_at"] or place["started_at"]
        for reading in message.readings:
            if known is None or reading.at <= known:
                suspects.append((message.charge_point_id, place["evse_id"], reading.at))
            else:
                known = newest[place["id"]] = reading.at
    return suspects


def _key(row: Record) -> Key:
    return (*(row[place] for place in _PLACES), _samples(row[_OTHERS]))


def _stored(row: Row) -> Key:
    return (*(row[name] for name in _SAME), _samples(row["others"]))


def _samples(others: Sequence[Sequence[Any]] | None) -> Key:
    """The samples without a column as they compare: JSONB gives back whole numbers where floats were put in."""
    return tuple((measurand, float(value), *rest) for measurand, value, *rest in others or ())
