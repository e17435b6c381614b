"""Meter values coming in: a batch of messages of many stations becomes rows, and the sessions' newest figures.

The hottest path of the product: three statements a batch, whatever its size, and one more where something is told
again, or another power is on offer.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.facts import Metered
from ohmstead.rooms.charging.flow.begun import begins, keep
from ohmstead.rooms.charging.flow.changes import change
from ohmstead.rooms.charging.flow.earlier import began_earlier
from ohmstead.rooms.charging.flow.extending import extend
from ohmstead.rooms.charging.flow.repeats import repeats, unsigned_yet
from ohmstead.rooms.charging.flow.starting import SUPERSEDED
from ohmstead.rooms.charging.flow.transactions import number
from ohmstead.rooms.charging.meter_values import Record, record, store, store_signed
from ohmstead.rooms.charging.pricing.offers import Offers
from ohmstead.rooms.charging.pricing.running import price_anew
from ohmstead.rooms.charging.readings import Reading
from ohmstead.rooms.charging.reasons import LOST
from ohmstead.rooms.charging.register import Anomaly, Register, register_of
from ohmstead.rooms.charging.signals import LoadSample, metered_now

FRESH = timedelta(minutes=1)  # a charging session's `updated_at`, which is indexed, moves this often at most

# A transaction id is believed first; without a known one the values belong to the session that is open on the EVSE, but
# not where the station has another name for that.
_RESOLVE = Statement(
    text("""
SELECT evse.id AS evse_id, evse.phases, evse.max_power, evse.current_type,
       session.id, session.status, session.reason, session.started_at, session.stopped_at, session.meter_start_wh,
       session.meter_start_at, session.meter_rebased, session.meter_wh, session.meter_at, session.metered_at,
       session.original_session_id,
       session.transaction_id = told.transaction_id OR session.transaction_ref = told.name AS named
FROM ROWS FROM (json_to_recordset(CAST(:told AS json)) AS (station_id bigint, number int, transaction_id bigint,
                                                           name text))
     WITH ORDINALITY AS told(station_id, number, transaction_id, name, place)
LEFT JOIN evse AS named ON named.station_id = told.station_id AND named.network_id = told.number
     AND named.deleted_at IS NULL
LEFT JOIN session ON session.id = COALESCE(
    (SELECT id FROM session WHERE station_id = told.station_id AND transaction_id = told.transaction_id),
    (SELECT id FROM session WHERE station_id = told.station_id AND transaction_ref = told.name
     ORDER BY id DESC LIMIT 1),
    (SELECT id FROM session WHERE evse_id = named.id AND status = 'active'
     AND (told.name IS NULL OR transaction_ref IS NULL)))
LEFT JOIN evse ON evse.id = COALESCE(named.id, session.evse_id)
ORDER BY told.place""")
)
_UPDATE = Statement(
    text("""
UPDATE session SET meter_wh = told.meter_wh, meter_at = told.meter_at, metered_at = told.metered_at,
    meter_start_wh = told.start_wh, energy_wh = told.energy_wh,
    power_w = COALESCE(told.power_w, session.power_w),
    peak_power_w = GREATEST(session.peak_power_w, told.peak_power_w),
    soc_percent = COALESCE(told.soc_percent, session.soc_percent), anomalies = session.anomalies + told.anomalies,
    named_at = COALESCE(told.named_at, session.named_at),
    updated_at = CASE WHEN session.updated_at < :fresh THEN :now ELSE session.updated_at END
FROM json_to_recordset(CAST(:told AS json)) AS told(
    id bigint, start_wh float8, meter_wh float8, energy_wh float8, meter_at timestamptz, metered_at timestamptz,
    power_w float8, peak_power_w float8, soc_percent float8, named_at timestamptz, anomalies int)
WHERE session.id = told.id AND session.status = 'active'""")
)
_START = Statement(
    text("""
UPDATE session SET meter_start_at = told.start_at, meter_rebased = told.rebased
FROM json_to_recordset(CAST(:told AS json)) AS told(id bigint, start_at timestamptz, rebased boolean)
WHERE session.id = told.id AND session.status = 'active'""")
)


class SessionAccumulator(Struct):
    """An open session while a batch is taken in."""

    id: int
    register: Register
    power_w: float | None = None
    peak_power_w: float | None = None
    soc_percent: float | None = None
    named_at: datetime | None = None
    late_at: datetime | None = None
    """The earliest reading that came after a later one."""

    def take(self, reading: Reading, watts: float | None) -> Anomaly | None:
        """Let the session know of a reading; why its register is not believed, or None."""
        newest = reading.at >= self.register.read_at
        anomaly = None if reading.energy_wh is None else self.register.read(reading.energy_wh, reading.at)
        if watts is not None:
            self.peak_power_w = max(watts, self.peak_power_w or 0.0)
        if newest:
            self.register.read_at = reading.at
            self.power_w = self.power_w if watts is None else watts
            self.soc_percent = self.soc_percent if reading.soc_percent is None else reading.soc_percent
        else:
            self.late_at = min(reading.at, self.late_at or reading.at)
        return anomaly

    def take_start(self, reading: Reading) -> None:
        """Let the session know of a reading that was stored before anybody said that it is of this transaction: it may
        be where the register stood at the start."""
        if reading.energy_wh is not None and (self.register.wh is None or reading.at < self.register.start_at):
            self.register.read(reading.energy_wh, reading.at)


async def metered(tx: Tx, messages: Sequence[Metered]) -> None:
    """Take in the meter values of any number of stations, oldest message first.

    What belongs to no session is stored all the same; what comes after a session's end does not revive it. What is
    told again changes nothing.
    """
    corrected: set[int] = set()
    places = [
        place if _goes_on(message, place) else await _meant(tx, message, place, corrected)
        for message, place in zip(messages, await _resolve(tx, messages), strict=True)
    ]
    repeated = await repeats(tx, messages, places)
    sessions: dict[int, SessionAccumulator] = {}
    records: list[Record] = []
    draws: list[LoadSample] = []
    after_end: dict[int, datetime] = {}
    offers = Offers()
    for message, place in zip(messages, places, strict=True):
        session, own = _live(sessions, place), message.transaction_ref is not None and _is_whole(place)
        if session is not None and place["named"] and message.readings:
            session.named_at = message.received_at
        reading = None
        for told in message.readings:
            current = told if told.each_line_a is None else told.on_lines(_phases(place))
            if repeated.again(current, place, message):
                if session is not None and own:
                    session.take_start(current)
                continue
            reading = current
            watts, anomaly = reading.watts(), None
            if session is not None and (own or reading.at >= place["started_at"]):
                anomaly = session.take(reading, watts)
                if reading.others:
                    offers.told(session.id, reading, _phases(place))
            elif _was_on(place, reading.at):
                after_end[place["id"]] = min(reading.at, after_end.get(place["id"], reading.at))
            records.append(record(reading, place, message, anomaly))
        if reading is not None and place["evse_id"] is not None:
            draws.append(_draw(place, session, reading))
    await store(tx, records)
    if signed := [(one, place) for one, place in zip(messages, places, strict=True) if one.signed]:
        await store_signed(tx, await unsigned_yet(tx, signed))
    await _update(tx, list(sessions.values()))
    await _price_anew(tx, {one.id: one.late_at for one in sessions.values() if one.late_at}, after_end, corrected)
    await offers.keep(tx)
    tx.after_commit(lambda: metered_now.send(draws))


def _goes_on(message: Metered, place: Row) -> bool:
    return place["status"] == "active" and message.began_at is None


def _was_on(place: Row, at: datetime) -> bool:
    """Whether a reading is of a session that has ended since."""
    return place["status"] == "finished" and place["started_at"] <= at <= place["stopped_at"]


async def _price_anew(
    tx: Tx, late: dict[int, datetime], after_end: dict[int, datetime], corrected: Collection[int]
) -> None:
    """What is told late may change what was when, and so the price. Of what was `corrected` that is told already."""
    for key in sorted(after_end.keys() - corrected):
        await change(tx, key, "course_changed")
    if late or after_end:
        await price_anew(tx, late | after_end)


async def _meant(tx: Tx, message: Metered, place: Row, corrected: set[int]) -> Row:
    """The place of a message, its session the one that is meant; one whose start is another by now is `corrected`."""
    if message.transaction_ref is not None and begins(message, place):
        await keep(tx, message, place["evse_id"])
        if place["status"] == "active":  # its end was lost, and its name is given again
            ended = {"status": "finished", "reason": SUPERSEDED, "power_w": None}
            await change(tx, place["id"], "stopped", stopped_at=message.began_at, **ended)
        return {**place, "id": None, "status": None}
    if place["reason"] == LOST:
        return await _extended(tx, message, place)
    named_and_ended = message.transaction_ref is not None and place["status"] == "finished"
    if named_and_ended and _is_whole(place) and await began_earlier(tx, message, place):
        corrected.add(place["id"])
    return place


def _is_whole(place: Row) -> bool:
    """Whether all that is told of the session's transaction is of the session; what extends another is a part of it."""
    return place["original_session_id"] is None


async def _resolve(tx: Tx, messages: Sequence[Metered]) -> list[Row]:
    """The EVSE and the session of each message, in their order."""
    told = [
        {
            "station_id": one.charge_point_id,
            "number": number(one.evse_network_id) or 0,
            "transaction_id": number(one.transaction_id),
            "name": one.transaction_ref,
        }
        for one in messages
    ]
    return await tx.all(_RESOLVE, told=told)


async def _extended(tx: Tx, message: Metered, place: Row) -> Row:
    """The place of a session closed for a lost connection, or that of the one that extends it if this was too early."""
    if not any(one.at > place["stopped_at"] for one in message.readings):
        return place
    await extend(tx, place["id"])
    return (await _resolve(tx, [message]))[0]


def _live(sessions: dict[int, SessionAccumulator], place: Row) -> SessionAccumulator | None:
    if place["status"] != "active":
        return None
    if place["id"] not in sessions:
        sessions[place["id"]] = SessionAccumulator(place["id"], register_of(place, place))
    return sessions[place["id"]]


def _phases(place: Row) -> str | None:
    """The EVSE's lines; a direct current flows in none of them."""
    return None if place["current_type"] == "dc" else place["phases"] or "single_phase"


def _draw(place: Row, session: SessionAccumulator | None, reading: Reading) -> LoadSample:
    """A power that was worked out from the currents says nothing beside them."""
    currents = {} if place["current_type"] == "dc" else reading.currents()
    watts = reading.power_w if currents else reading.watts()
    return LoadSample(place["evse_id"], session and session.id, reading.at, currents, reading.soc_percent, watts)


async def _update(tx: Tx, sessions: list[SessionAccumulator]) -> None:
    if not sessions:
        return
    told = [
        {
            "id": one.id, "start_wh": one.register.start_wh, "meter_wh": one.register.wh,
            "energy_wh": one.register.energy_wh, "meter_at": one.register.raised_at,
            "metered_at": one.register.read_at, "power_w": one.power_w, "peak_power_w": one.peak_power_w,
            "soc_percent": one.soc_percent, "named_at": one.named_at, "anomalies": one.register.anomalies,
        }
        for one in sessions
    ]  # fmt: skip
    await tx.run(_UPDATE, now=tx.now, fresh=tx.now - FRESH, told=told)
    moved = [
        {"id": one.id, "start_at": one.register.start_at, "rebased": one.register.rebased}
        for one in sessions
        if one.register.moved
    ]
    if moved:
        await tx.run(_START, told=moved)
