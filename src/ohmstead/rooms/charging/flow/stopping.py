"""Stopping: a station says that a charge ended. Whatever it says is taken, and nothing of it counted twice."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.charging.contracts.naming import as_issued
from ohmstead.rooms.charging.displays import end_taken
from ohmstead.rooms.charging.facts import ChargeStopped, EndTaken, TagVerdict
from ohmstead.rooms.charging.flow.authorizing import ACCEPTED, remote_start_of
from ohmstead.rooms.charging.flow.begun import taken
from ohmstead.rooms.charging.flow.changes import Happening, add, change
from ohmstead.rooms.charging.flow.extending import extend
from ohmstead.rooms.charging.flow.outlets import any_outlet, outlet, outlet_of
from ohmstead.rooms.charging.flow.transactions import session_of_stop, stop_ref, stopped_as
from ohmstead.rooms.charging.meter_values import meter_value, record, store, store_signed
from ohmstead.rooms.charging.pricing.running import price_anew
from ohmstead.rooms.charging.pricing.tariff_of_session import tariff_columns
from ohmstead.rooms.charging.readings import END, Reading, believable
from ohmstead.rooms.charging.reasons import LOST, told
from ohmstead.rooms.charging.register import Anomaly, Register, register_of
from ohmstead.rooms.charging.tags import tag_verdict
from ohmstead.rooms.charging.token_types import Token

_own = meter_value.c
_LAST = Statement(
    select(_own.energy_wh, _own.at)
    .where(_own.evse_id == bindparam("evse"), _own.session_id == bindparam("session"), _own.anomaly.is_(None))
    .where(_own.at >= bindparam("start"), _own.at <= bindparam("end"), _own.energy_wh.is_not(None))
    .order_by(_own.energy_wh.desc(), _own.at)
    .limit(1)
)
KEPT_REASONS = ("force_stop", "system_force_stop")  # why the session ended for us, whatever the station says


async def charge_stopped(tx: Tx, fact: ChargeStopped) -> EndTaken:
    """Take a stop in; the verdict on its tag, where it names one, and what is shown of it. In 1.6 there is no place for
    that in the answer."""
    fact = await as_issued(tx, fact)
    shown = await _stopped(tx, fact)
    verdict = await _verdict(tx, fact)
    if shown is None or fact.transaction_ref is None:
        return EndTaken(verdict=verdict)
    return await end_taken(tx, shown, verdict)


async def _stopped(tx: Tx, fact: ChargeStopped) -> int | None:
    """The session that ended, where its price may be shown."""
    known = await stopped_as(tx, fact)
    if known is not None:
        return known["id"]
    at = believable(fact.at, fact.received_at)
    stopping = await session_of_stop(tx, fact, at)
    if stopping is None:
        await _orphan(tx, fact, at)
    elif stopping["stop_ref"] is None:
        return await _end(tx, fact, at, await _continued(tx, stopping, at))
    return None


async def _verdict(tx: Tx, fact: ChargeStopped) -> TagVerdict | None:
    token = Token(fact.charge_point_id, fact.id_tag or "", fact.token_type)
    if not token.id_tag and not token.is_button:
        return None
    if await remote_start_of(tx, token.station_id, token.id_tag) is not None:
        return ACCEPTED
    return (await tag_verdict(tx, token)).verdict


async def _continued(tx: Tx, stopping: Row, at: datetime) -> Row:
    """The session that was meant, or the one that extends it where it was closed for a lost connection before."""
    if stopping["reason"] == LOST and at > stopping["stopped_at"]:
        return await extend(tx, stopping["id"]) or stopping
    return stopping


async def _end(tx: Tx, fact: ChargeStopped, at: datetime, stopping: Row) -> int | None:
    place = await outlet_of(tx, stopping["evse_id"])
    register = register_of(await _as_of(tx, stopping, at), place)
    found = [one for one in fact.readings if _new(one, register)]
    anomalies: list[Anomaly | None] = [_read(register, one, fact, at) for one in found]
    _ended(register, fact, at)
    await _keep(tx, fact, stopping, zip(found, anomalies, strict=True))
    if found and stopping["status"] == "finished":
        await price_anew(tx, {stopping["id"]: found[0].at})
    kept = stopping["reason"] if stopping["reason"] in KEPT_REASONS else stopping["stop_reason"]
    happening: Happening = "updated" if stopping["status"] == "finished" else "stopped"
    await change(
        tx, stopping["id"], happening, status="finished", reason=kept or told(fact.reason), stop_ref=stop_ref(fact),
        stopped_at=max(at, stopping["started_at"]), power_w=None, anomalies=stopping["anomalies"] + register.anomalies,
        **_figures(register, fact),
    )  # fmt: skip
    return stopping["id"] if place["shows_messages"] else None


def _read(register: Register, reading: Reading, fact: ChargeStopped, at: datetime) -> Anomaly | None:
    if reading.energy_wh is None or not _counts(reading, fact, register, at):
        return None
    return register.read(reading.energy_wh, reading.at)


def _counts(reading: Reading, fact: ChargeStopped, register: Register, at: datetime) -> bool:
    """Whether the energy of a reading that came with a stop is the charge's: what a station of 2.x tells of its
    transaction is; in 1.6, where the stop has a register of its own, what was read from the start to the stop."""
    if fact.transaction_ref is not None:
        return True
    return reading.at <= at and (register.wh is None or register.began_at <= reading.at)


def _ended(register: Register, fact: ChargeStopped, at: datetime) -> None:
    """Take the end in: the stop's own register, or where that is missing or cannot be, the reading of the end that came
    with it."""
    if fact.meter_wh is not None and (_is_old(fact, register) or register.end(fact.meter_wh, at)):
        return
    ends = [one.energy_wh for one in fact.readings if one.context == END and one.energy_wh not in (None, fact.meter_wh)]
    for wh in ends[-1:]:
        register.end(wh or 0.0, at)


def _is_old(fact: ChargeStopped, register: Register) -> bool:
    """Whether the stop's register (2.x) was read before others that are known: it came with the end and is none."""
    read = [one for one in fact.readings if one.energy_wh is not None]
    return (
        fact.transaction_ref is not None
        and len(read) > 0
        and all(one.at < register.read_at and one.context != END for one in read)
    )


def _figures(register: Register, fact: ChargeStopped) -> dict[str, Any]:
    """What a session that has ended says of its register."""
    return register.start() | {
        "meter_wh": register.wh, "meter_at": register.raised_at, "energy_wh": register.energy_wh,
        "meter_stop_wh": register.wh if fact.meter_wh is None else fact.meter_wh,
    }  # fmt: skip


async def _orphan(tx: Tx, fact: ChargeStopped, at: datetime) -> None:
    """A stop of a charge we never heard of: a finished session, its beginning as far as the stop itself tells it, or
    what its station told of it before it was anybody's."""
    begun = await taken(tx, fact.charge_point_id, fact.transaction_ref)
    found = fact.readings
    started_at, start_wh = _first(found, begun, at)
    stood = {start_wh, *(one.energy_wh for one in found)} - {None}
    if fact.transaction_ref is not None and fact.id_tag is None and len(stood) < 2:
        return  # no more than a cable that was plugged in and pulled out again
    place = await _place(tx, fact, begun)
    began: dict[str, Any] = {"started_at": started_at, "meter_at": started_at, "metered_at": None}
    began |= {"meter_start_wh": start_wh, "meter_wh": start_wh, "meter_start_at": started_at, "meter_rebased": False}
    register = register_of(began, place)
    _ended(register, fact, at)
    row = await add(
        tx,
        began
        | {
            "station_id": fact.charge_point_id, "charge_point_id": place["charge_point_id"], "evse_id": place["id"],
            "partner_id": place["partner_id"], "status": "finished", "reason": told(fact.reason), "id_tag": fact.id_tag,
            "stop_ref": stop_ref(fact), "stopped_at": at, "transaction_ref": fact.transaction_ref,
            "anomalies": register.anomalies + (start_wh is None or fact.meter_wh is None),
        }
        | _figures(register, fact)
        | await tariff_columns(tx, place, None, started_at),
        "stopped",
    )  # fmt: skip
    await _keep(tx, fact, row, ((reading, None) for reading in found))


def _first(found: Iterable[Reading], begun: Row | None, at: datetime) -> tuple[datetime, float | None]:
    """When a charge began of which only the end is known, and its register's start, if anything was read before it."""
    read = [(one.at, one.energy_wh) for one in found if one.energy_wh is not None]
    if begun is not None and begun["energy_wh"] is not None:
        read.append((begun["at"], begun["energy_wh"]))
    return min((one for one in read if one[0] < at), default=(at, None))


async def _place(tx: Tx, fact: ChargeStopped, begun: Row | None) -> Row:
    if begun is not None and begun["evse_id"] is not None:
        return await outlet_of(tx, begun["evse_id"])
    if fact.evse_network_id:
        return await outlet(tx, fact.charge_point_id, fact.evse_network_id, fact.received_at)
    return await any_outlet(tx, fact.charge_point_id, fact.received_at)


async def _as_of(tx: Tx, stopping: Row, at: datetime) -> dict[str, Any]:
    """The session as its meter stood when it ended: readings of the EVSE that came after are none of its own."""
    known = dict(stopping)
    if stopping["metered_at"] is None or stopping["metered_at"] <= at:
        return known
    if stopping["meter_start_at"] is not None and stopping["meter_start_at"] > at:
        return known | {
            "meter_start_wh": None,
            "meter_start_at": None,
            "meter_wh": None,
            "meter_at": None,
            "metered_at": None,
        }
    within = {"evse": stopping["evse_id"], "session": stopping["id"], "start": stopping["started_at"], "end": at}
    last = await tx.one(_LAST, **within)
    wh, then = (last["energy_wh"], last["at"]) if last else (stopping["meter_start_wh"], stopping["started_at"])
    return known | {"meter_wh": wh, "meter_at": then, "metered_at": then}


def _new(reading: Reading, known: Register) -> bool:
    """Some stations repeat the whole series with the stop; what was there before is not stored again."""
    within = min(known.start_at, known.began_at) <= reading.at <= known.read_at
    return not within or (reading.context or "").startswith("Transaction.")


async def _keep(tx: Tx, fact: ChargeStopped, row: Row, found: Iterable[tuple[Reading, Anomaly | None]]) -> None:
    place = {"evse_id": row["evse_id"], "id": row["id"]}
    await store(tx, [record(reading, place, fact, anomaly) for reading, anomaly in found])
    await store_signed(tx, [(fact, place)])
