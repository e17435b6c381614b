"""Withholding: limits so low that nothing counts as charging below them become marks of the sessions they hold back.

Where load management limits an EVSE, its own limit says it all: it keeps below those of others.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, or_, select

from ohmstead.engines.idle import IdleSettings, Kind, rules_of
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.durable_facts import ChargingProfileApplied, SessionFact, SessionStarted
from ohmstead.rooms.charging.pricing.marks import LIMITS, SessionMark, mark, take_back
from ohmstead.rooms.charging.profiles.table import NUMBERED_FROM, caps_of, limited_by_us
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.profiles.limits import borders, most
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.tables import tariff_snapshot

AHEAD = timedelta(days=7)  # for so long it is known beforehand when schedules hold back
TOLD_BEFORE = timedelta(seconds=30)
_VOLTS = 230.0


def _open(*where: Any) -> Statement:
    chosen = (
        select(
            session.c.id, session.c.evse_id, session.c.charge_point_id, session.c.started_at, evse.c.phases,
            evse.c.charging_profile, tariff_snapshot.c.content["tariff"]["pricing"].label("pricing"),
        )
        .join(evse, evse.c.id == session.c.evse_id)
        .outerjoin(tariff_snapshot, tariff_snapshot.c.id == session.c.tariff_snapshot_id)
    )  # fmt: skip
    return Statement(chosen.where(or_(session.c.status == "pending", session.c.status == "active"), *where))


_BY_ID = _open(session.c.id == bindparam("key", type_=BigInteger))
_AT_EVSES = _open(session.c.evse_id == any_(bindparam("evses", type_=ARRAY(BigInteger))))
_AT_STATION = _open(session.c.station_id == bindparam("station", type_=BigInteger))


@on(ChargingProfileApplied)
async def limits_withhold_power(tx: Tx, fact: ChargingProfileApplied) -> None:
    """Load management's, an operator's or a client's, of a session, an EVSE or a whole charge point."""
    if fact.session_id is not None:
        rows = await tx.all(_BY_ID, key=fact.session_id)
    elif fact.evse_id is not None:
        rows = await tx.all(_AT_EVSES, evses=[fact.evse_id])
    else:
        rows = await tx.all(_AT_STATION, station=fact.charge_point_id)
    at = datetime.fromisoformat(fact.applied_at)
    if rows and _is_ours(fact.charging_profile):
        await _limited(tx, rows, fact.charging_profile, at, fact.unused)
    elif rows:
        await _laid(tx, rows, at)


@on(SessionStarted)
async def a_session_begins_below_limits(tx: Tx, fact: SessionFact) -> None:
    """What was there before it; load management's limit of another session ended with that."""
    rows = await tx.all(_BY_ID, key=fact.id)
    shown = rows[0]["charging_profile"] if rows else None
    if shown and _is_ours(shown) and shown["purpose"] != "TxProfile":
        await _limited(tx, rows, shown, rows[0]["started_at"])
    elif rows:
        await _laid(tx, rows, rows[0]["started_at"])


async def limits_taken_off(tx: Tx, evse_ids: list[int]) -> None:
    """Some limits of these EVSEs hold no longer: what the others leave."""
    rows = await tx.all(_AT_EVSES, evses=evse_ids)
    if rows:
        await _laid(tx, rows, tx.now)


async def _limited(tx: Tx, rows: list[Row], profile: Mapping[str, Any], at: datetime, unused: bool = False) -> None:
    """Load management says each limit anew before it ends. A station may have told of one that it took before we know
    that it did."""
    low: Kind = "released" if unused else "withheld"
    first = min(profile["schedulePeriods"], key=lambda one: one["startPeriod"])
    detection = await settings.idle_detection(tx)
    marks: list[SessionMark] = []
    for row in rows:
        phases = min(first.get("numberPhases") or 3, _phases(row))
        watts = first["limit"] * (_VOLTS * phases if profile["chargingRateUnit"] == "A" else 1)
        kind: Kind = low if watts < _threshold(row, detection) else "given"
        marks.append(SessionMark(row["id"], at - TOLD_BEFORE if kind == "released" else at, kind))
    await _mark(tx, rows, marks)


async def _laid(tx: Tx, rows: list[Row], at: datetime) -> None:
    """What operators and clients laid, and will hold back later."""
    ours = {point for points in await limited_by_us(tx, [row["charge_point_id"] for row in rows]) for point in points}
    free = [row for row in rows if row["charge_point_id"] not in ours]
    if not free:
        return
    profiles, detection = await caps_of(tx, [row["evse_id"] for row in free]), await settings.idle_detection(tx)
    marks = [one for row in free for one in _course(row, profiles.get(row["evse_id"], ()), at, detection)]
    await _mark(tx, free, marks)


def _course(
    row: Row, profiles: tuple[ChargingProfile, ...], at: datetime, detection: IdleSettings
) -> Iterator[SessionMark]:
    began, phases, threshold = row["started_at"], _phases(row), _threshold(row, detection)
    moments = sorted({at, *(one for each in profiles for one in borders(each, at, at + AHEAD, began))})
    allowed = [most(profiles, moment, began, _VOLTS, phases) for moment in moments]
    low = [amps is not None and amps * _VOLTS * phases < threshold for amps in allowed]
    changes = [0, *(number for number, (before, now) in enumerate(pairwise(low), 1) if before != now)]
    for number in changes:
        yield SessionMark(row["id"], moments[number], "withheld" if low[number] else "given")


async def _mark(tx: Tx, rows: list[Row], marks: list[SessionMark]) -> None:
    """In place of what was to come; one by one, for each is measured by those before it."""
    await take_back(tx, [row["id"] for row in rows], LIMITS, tx.now)
    for moment in sorted({one.at for one in marks}):
        await mark(tx, [one for one in marks if one.at == moment])


def _threshold(row: Row, detection: IdleSettings) -> float:
    """W, of the session's own tariff where it has one."""
    return rules_of({"tariff": {"pricing": row["pricing"]}} if row["pricing"] else None, detection).power_w


def _phases(row: Row) -> int:
    return 3 if row["phases"] == "three_phase" else 1


def _is_ours(profile: Mapping[str, Any]) -> bool:
    """Whether it is load management's."""
    return profile["id"] < NUMBERED_FROM
