"""What is told of sessions: each as a GET shows it, with its authorization and, once it is billed, what it costs in
detail; and what its meter said. Statements as many for a hundred as for one."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import contents
from ohmstead.kit.operations import encoder
from ohmstead.kit.rendering import rendered
from ohmstead.rooms.charging.durable_facts import (
    SessionCreated,
    SessionMetered,
    SessionPriced,
    SessionProgressed,
    SessionStarted,
    SessionStopped,
    SessionUpdated,
)
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.priced import BILLED
from ohmstead.rooms.charging.sessions.resource import COLUMNS, sessions
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.operator.contents import OPERATOR

_BRIEF = {"withAuthorization": "true"}
_WHOLE = _BRIEF | {"withChargingPeriods": "true", "withPriceBreakdown": "true"}

_own = session.c
_named = _own.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))
_METERS = Statement(
    select(_own.id, _own.billing_status, _own.meter_start_wh, _own.meter_stop_wh, _own.meter_wh, location.c.timezone)
    .join(charge_point, charge_point.c.id == _own.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(_named)
)
_WHERE = Statement(
    select(_own.id, _own.charge_point_id, COLUMNS["external_session_id"].label("external_session_id")).where(_named)
)


@contents(SessionCreated)
@contents(SessionStarted)
@contents(SessionUpdated)
@contents(SessionStopped)
@contents(SessionPriced)
@contents(SessionProgressed)
async def whole_sessions(tx: Tx, ids: list[int]) -> Mapping[int, Any]:
    """Sessions as they are, with the registers of their meters in Wh and the time zone of their place."""
    rows = await tx.all(_METERS, ids=ids)
    billed = {row["id"] for row in rows if row["billing_status"] in BILLED}
    shown = await _shown(tx, [row["id"] for row in rows if row["id"] not in billed], _BRIEF)
    shown |= await _shown(tx, billed, _WHOLE)
    return {row["id"]: _content(row, shown[row["id"]]) for row in rows if row["id"] in shown}


async def _shown(tx: Tx, ids: Collection[int], flags: Mapping[str, str]) -> dict[int, Any]:
    context = replace(OPERATOR, include=("externalAppData",), flags=flags)
    return await rendered(sessions, "v1.0", ids, tx, context) if ids else {}


def _content(row: Any, shown: Any) -> dict[str, Any]:
    """Plain JSON, whether it goes through the outbox or not."""
    return {
        "session": msgspec.json.decode(encoder.encode(shown)),
        "meterStart": row["meter_start_wh"],
        "meterStop": row["meter_wh"] if row["meter_stop_wh"] is None else row["meter_stop_wh"],
        "timezone": row["timezone"],
    }


@contents(SessionMetered)
async def whereabouts(tx: Tx, ids: list[int]) -> Mapping[int, Any]:
    """Where sessions charge, and what others call them."""
    rows = await tx.all(_WHERE, ids=ids)
    return {
        row["id"]: {"chargePointId": row["charge_point_id"], "externalSessionId": row["external_session_id"]}
        for row in rows
    }
