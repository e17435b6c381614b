"""Accounts: what a 2.x station says it holds, part by part, and our books put right by it."""

from collections.abc import Mapping
from datetime import datetime
from math import floor
from typing import Any

import msgspec
import structlog
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.db import Row, Statement, Tx, table, timestamp
from ohmstead.rooms.charging.facts import ProfilesTold
from ohmstead.rooms.charging.profiles.table import NUMBERED_FROM, laid_profile, lay, take_off
from ohmstead.rooms.charging.profiles.withholding import limits_taken_off
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import limits_changed
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.network.evses import evse

log = structlog.get_logger("ohmstead.profiles")

profile_account = table(
    "profile_account",  # its id is the number of the request
    Column("station_id", BigInteger, ForeignKey("charge_point.id"), nullable=False, index=True),
    timestamp("due_at", nullable=False),
    timestamp("asked_at"),
    timestamp("finished_at"),
    Column("error", Text),
    Column("told", JSONB, nullable=False, server_default=text("'[]'::jsonb")),  # [EVSE, profile], as the parts come
    Index("ix_profile_account_due", "due_at", postgresql_where=text("asked_at IS NULL")),
)
_own, _laid = profile_account.c, laid_profile.c
_key = bindparam("key", type_=BigInteger)
_station = bindparam("station", type_=BigInteger)
_OPEN = Statement(
    select(profile_account)
    .where(_own.id == _key, _own.station_id == _station, _own.asked_at.is_not(None), _own.finished_at.is_(None))
    .with_for_update()
)
_KEEP = Statement(
    update(profile_account)
    .where(_own.id == _key)
    .values(told=bindparam("told", type_=JSONB), updated_at=bindparam("now"))
)
_FINISH = Statement(
    update(profile_account)
    .where(_own.id == _key)
    .values(finished_at=bindparam("now"), updated_at=bindparam("now"), error=bindparam("error", type_=Text))
)
_BELIEVED = Statement(
    select(_laid.id, _laid.evse_network_id, _laid.purpose, _laid.stack_level, _laid.profile)
    .where(_laid.station_id == _station, _laid.created_at < bindparam("asked_at", type_=_own.asked_at.type))
    .order_by(_laid.id)
)
_EVSES = Statement(select(evse.c.id, evse.c.charge_point_id).where(evse.c.station_id == _station))
_SESSIONS = Statement(
    select(session.c.transaction_ref, session.c.id).where(
        session.c.station_id == _station, session.c.status == "active", session.c.transaction_ref.is_not(None)
    )
)
_SEQUENCE = "pg_get_serial_sequence('laid_profile', 'id')"
_TAKEN = Statement(text(f"SELECT setval({_SEQUENCE}, GREATEST(nextval({_SEQUENCE}), CAST(:number AS bigint)))"))
ISSUED_BELOW = 2**29  # what is numbered from here on was never given out in turn
Held = Mapping[int, tuple[int, ChargingProfile]]
"""Profiles by their number at the station, each with the EVSE it is on."""


async def profiles_told(tx: Tx, fact: ProfilesTold) -> None:
    """A part of an account; with the last one the books are put right. One that nobody asked for is passed over."""
    asked = await tx.one(_OPEN, key=min(fact.request_id, 2**62), station=fact.charge_point_id)
    if asked is None:
        return
    told = asked["told"] + [[fact.evse_network_id, msgspec.to_builtins(one)] for one in fact.profiles]
    if fact.more:
        await tx.run(_KEEP, key=asked["id"], told=told, now=tx.now)
        return
    profiles = [(number, msgspec.convert(one, ChargingProfile)) for number, one in told]
    await settle(tx, asked["id"], fact.charge_point_id, asked["asked_at"], {one.id: (n, one) for n, one in profiles})


async def settle(tx: Tx, account: int, station_id: int, asked_at: datetime, held: Held) -> None:
    """Put right what we believed of a station when we asked it: what it lost is off, what it holds is laid."""
    evses = await tx.all(_EVSES, station=station_id)
    managements = {2 * row["id"] + own for row in evses for own in (0, 1)}
    believed = {
        NUMBERED_FROM + row["id"]: row for row in await tx.all(_BELIEVED, station=station_id, asked_at=asked_at)
    }
    found = {number: told for number, told in held.items() if number not in managements}
    wrong = [row for number, row in believed.items() if number not in found or not _agrees(row, *found[number])]
    await take_off(tx, station_id, wrong)
    running = dict(await tx.all(_SESSIONS, station=station_id))
    right = {number for number, row in believed.items() if row not in wrong}
    laid = [await _lay(tx, station_id, *told, running) for number, told in found.items() if number not in right]
    await finish(tx, account)
    if wrong or any(laid):
        log.warning("charging profiles put right", charge_point_id=station_id, lost=len(wrong), found=sum(laid))
        await limits_taken_off(tx, [row["id"] for row in evses])
        for point in {row["charge_point_id"] for row in evses}:
            tx.after_commit(lambda id=point: limits_changed.send(id))


async def finish(tx: Tx, account: int, error: str | None = None) -> None:
    """An account is closed; with an `error` it says nothing."""
    await tx.run(_FINISH, key=account, now=tx.now, error=error)


async def _lay(tx: Tx, station_id: int, number: int, profile: ChargingProfile, running: Mapping[str, int]) -> bool:
    """A profile of no transaction that we know of is left alone: it ends with it."""
    session_id = running.get(profile.transaction_ref or "")
    if profile.purpose == "transaction" and session_id is None:
        return False
    if 0 < profile.id - NUMBERED_FROM < ISSUED_BELOW:  # of a database that was restored since, say
        await tx.run(_TAKEN, number=profile.id - NUMBERED_FROM)
    await lay(tx, station_id, number, profile, session_id)
    return True


def _agrees(row: Row, number: int, told: ChargingProfile) -> bool:
    """Whether the station holds what we laid; on the way limits lose what is beyond a tenth."""
    ours = msgspec.convert(row["profile"], ChargingProfile)
    place = (row["evse_network_id"], row["purpose"], row["stack_level"])
    return place == (number, told.purpose, told.stack_level) and _limits(ours) == _limits(told)


def _limits(profile: ChargingProfile) -> Any:
    return profile.unit, [(one.start_s, floor(round(one.limit * 10, 6))) for one in profile.periods]
