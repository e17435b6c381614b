"""The status of a charge point at a glance: its connection, its hardware and that of each EVSE."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, func, select

from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, ReadOnly, View, stamp
from ohmstead.rooms.network.charge_points import NETWORK_STATUS, charge_point, charge_points
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.network.hardware_status import HardwareStatus

operations = Group("resource / charge points", "resources/charge-points/", "charge-points", access=PARTNERS)

_own = charge_point.c
_key = bindparam("key", type_=BigInteger)
_latest = func.greatest(_own.updated_at, _own.connected_at, _own.disconnected_at, _own.hardware_status_at)
_STATUS = Statement(
    select(NETWORK_STATUS.label("network"), _own.hardware_status, _own.clock_drift, _latest.label("at")).where(
        _own.id == _key
    )
)
_EVSES = Statement(
    select(evse.c.id, evse.c.hardware_status)
    .where(evse.c.charge_point_id == _key, evse.c.deleted_at.is_(None))
    .order_by(evse.c.id)
)


class EvseStatus(View):
    id: int
    hardware_status: HardwareStatus | None


class Status(View):
    network_status: Literal["never connected", "available", "temporarily unavailable", "long-term unavailable"]
    hardware_status: Literal["available", "unavailable", "faulted"] | None = None
    evses: Opt[list[EvseStatus]] = UNSET
    clock_drift_seconds: Opt[
        Annotated[float, Meta(description="How far its clock is ahead of ours, as last learned.")]
    ] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


class StatusAnswer(View):
    data: Status


@operations.get("v1.0/{chargePoint}/status", "Charge Point / Status / Read", gives=StatusAnswer)
async def read_status(call: Call) -> dict[str, Any]:
    """How a charge point and its EVSEs are now."""
    found = await charge_points.find(call)
    [row] = await call.tx.all(_STATUS, key=found["id"], now=call.now)
    evses = await call.tx.all(_EVSES, key=found["id"])
    drift = {} if row["clock_drift"] is None else {"clockDriftSeconds": round(row["clock_drift"], 3)}
    return {
        "data": {
            "networkStatus": row["network"].replace("_", " "),
            "hardwareStatus": row["hardware_status"],
            "evses": [{"id": one["id"], "hardwareStatus": one["hardware_status"]} for one in evses],
            "lastUpdatedAt": stamp(row["at"]),
        }
        | drift
    }
