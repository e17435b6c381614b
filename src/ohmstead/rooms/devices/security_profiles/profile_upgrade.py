"""Raising: a charge point is brought to the security profile its operator desires, three times at its boots.

What it cannot, it is asked for once less each time three tries have failed, down to what it uses; it is never asked to
lower its profile.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Integer, SmallInteger, Text, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.devices.durable_facts import CertificateAccepted, ChargePointBooted
from ohmstead.rooms.devices.security_profiles.table import security_raise
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.durable_facts import ChargePointChanged

SETTLE = timedelta(seconds=3)  # until a station that boots surely has its answer
TRIES = 3

_own, _point = security_raise.c, charge_point.c
_station = bindparam("station", type_=BigInteger)
_now = bindparam("now", type_=_own.due_at.type)
_DESIRED = Statement(
    select(
        _point.id, _point.desired_security_profile, _point.current_security_profile,
        _point.desired_security_profile_status,
    ).where(_point.id == _station)
)  # fmt: skip
_OPEN = Statement(
    select(security_raise).where(_own.charge_point_id == _station, _own.finished_at.is_(None)).with_for_update()
)
_begin = insert(security_raise).values(
    charge_point_id=_station, desired=bindparam("desired"), trying=bindparam("desired"), due_at=bindparam("due_at"),
    created_at=_now, updated_at=_now,
)  # fmt: skip
_BEGIN = Statement(
    _begin.on_conflict_do_update(
        index_elements=["charge_point_id"],
        set_={name: _begin.excluded[name] for name in ("desired", "trying", "due_at", "created_at", "updated_at")}
        | {"attempts": 0, "stage": "waits", "finished_at": None, "error": None},
    )
)
_MOVE = Statement(
    update(security_raise)
    .where(_own.charge_point_id == _station)
    .values(
        trying=bindparam("trying", type_=SmallInteger),
        attempts=bindparam("tried", type_=SmallInteger),
        stage=bindparam("stage"),
        due_at=bindparam("due_at", type_=_own.due_at.type),
        finished_at=bindparam("finished_at", type_=_own.due_at.type),
        error=bindparam("error", type_=Text),
        updated_at=_now,
    )
)
_REJECT = Statement(
    update(charge_point)
    .where((_point.id == _station) | (_point.ocpp_connected_charge_point_id == _station), _point.deleted_at.is_(None))
    .values(desired_security_profile_status="rejected", updated_at=_now)
    .returning(_point.id)
)
DUE = Statement(
    select(security_raise)
    .where(_own.finished_at.is_(None), _own.due_at <= _now)
    .order_by(_own.due_at)
    .limit(bindparam("most", type_=Integer))
)
"""Raises whose turn it is."""


async def begin(tx: Tx, station: int, desired: int, due_at: datetime) -> None:
    """Raise a charge point to a profile, in place of whatever it was to be raised to."""
    await tx.run(_BEGIN, station=station, desired=desired, due_at=due_at, now=tx.now)


@on(ChargePointBooted)
async def follow_boot(tx: Tx, fact: ChargePointBooted) -> None:
    """A boot is a turn: for a raise that is new, that waits, or that failed because the station came back as it was."""
    point = await tx.one(_DESIRED, station=fact.id)
    if point is None:
        return
    desired, used = point["desired_security_profile"], point["current_security_profile"] or 0
    raising = await tx.one(_OPEN, station=fact.id)
    pending = point["desired_security_profile_status"] == "pending"
    if desired is not None and desired > used and pending and (raising is None or raising["desired"] != desired):
        await begin(tx, fact.id, desired, tx.now + SETTLE)
    elif raising is not None and (used >= raising["trying"] or raising["desired"] != desired):
        await move(tx, raising, finished_at=tx.now)
    elif raising is not None and raising["stage"] != "waits":
        await failed(tx, raising, "It came back with the security profile it had.", again_at=tx.now + SETTLE)
    elif raising is not None:
        await move(tx, raising, due_at=tx.now + SETTLE)


@on(CertificateAccepted)
async def has_a_certificate(tx: Tx, fact: CertificateAccepted) -> None:
    """What it waited for is there."""
    raising = await tx.one(_OPEN, station=fact.charge_point_id)
    if raising is not None and raising["stage"] == "certificate":
        await move(tx, raising, stage="waits", due_at=tx.now)


async def move(tx: Tx, raising: Row, **changes: Any) -> None:
    """Note how far a raise is; without a `due_at` it waits for the next boot."""
    facts = {name: raising[name] for name in ("trying", "stage")} | {"tried": raising["attempts"]}
    facts |= {"due_at": None, "finished_at": None, "error": None}
    await tx.run(_MOVE, station=raising["charge_point_id"], now=tx.now, **(facts | changes))


async def failed(tx: Tx, raising: Row, why: str, again_at: Any = None) -> None:
    """A try came to nothing. After three the charge point does not do this profile; the next lower one is tried."""
    tried, station = raising["attempts"] + 1, raising["charge_point_id"]
    if tried < TRIES:
        await move(tx, raising, tried=tried, stage="waits", error=why, due_at=again_at)
        return
    for row in await tx.all(_REJECT, station=station, now=tx.now):
        tx.tell(ChargePointChanged(id=row["id"], action="updated"))
    point = await tx.one(_DESIRED, station=station)
    lower, used = raising["trying"] - 1, (point["current_security_profile"] if point else None) or 0
    over = {"finished_at": tx.now} if lower <= used else {"due_at": again_at}
    await move(tx, raising, trying=max(lower, 1), tried=0, stage="waits", error=why, **over)
