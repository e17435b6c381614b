"""Hardware status logs: what states a charge point or an EVSE was in, and what its vendor's error codes mean."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, func, select

from ohmstead.kit.access import INHERITED, PARTNERS
from ohmstead.kit.db import Statement
from ohmstead.kit.errors import NotFound
from ohmstead.kit.filters import since, until
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.reading import Reader
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.devices.presence.status_log import hardware_status_log
from ohmstead.rooms.network.charge_points import charge_points
from ohmstead.rooms.network.evses.every import every_evse
from ohmstead.rooms.network.models.vendor_error_codes import meaning, vendor_error_code

_own, _known = hardware_status_log.c, vendor_error_code.c
_COLUMNS = {
    "timestamp": _own.created_at,
    "error_code": func.coalesce(_own.error_code, "NoError"),
    "error_code_description": meaning(_known.error_code_description, _own.vendor_id, _own.vendor_error_code),
    "error_code_customer_action": meaning(_known.error_code_customer_action, _own.vendor_id, _own.vendor_error_code),
}


class HardwareStatus(View):
    status: str
    timestamp: Annotated[datetime, Meta(description="When it was recorded.")]
    error_code: Annotated[str, Meta(description="The kind of error in the words of OCPP, or NoError.")]
    vendor_id: Opt[str] = UNSET
    info: Opt[str] = UNSET
    vendor_error_code: Opt[str] = UNSET
    error_code_description: Opt[Annotated[str, Meta(description="What the vendor's code means.")]] = UNSET
    error_code_customer_action: Opt[Annotated[str, Meta(description="What a driver should do then.")]] = UNSET


class LatestStatus(View):
    data: HardwareStatus


def _log(parent: Resource, column: Any, **where: Any) -> Resource:
    return Resource(
        "hardware-status-logs",
        hardware_status_log,
        tag=parent.tag,
        title=f"{parent.title} / Hardware Status Logs",
        key="log",
        access=INHERITED,
        versions=[Version("v2.0", HardwareStatus, verbs=("list",))],
        parent=Parent(parent, column),
        columns=_COLUMNS,
        filters=[since("createdAfter", _own.created_at), until("createdBefore", _own.created_at)],
        **where,
    )


of_charge_points = _log(charge_points, _own.charge_point_id, where=_own.evse_id.is_(None))
of_evses = _log(every_evse, _own.evse_id)
_LOGS = {log: Reader(log, log.newest) for log in (of_charge_points, of_evses)}
_key = bindparam("key", type_=BigInteger)


def _newest(log: Resource) -> Statement:
    assert log.parent is not None
    query = select(*_LOGS[log].columns).where(log.parent.column == _key)
    return Statement((query if log.where is None else query.where(log.where)).order_by(_own.id.desc()).limit(1))


_NEWEST = {log: _newest(log) for log in _LOGS}

latest_of_charge_point = Group("resource / charge points", "resources/charge-points/", "charge-points", access=PARTNERS)
latest_of_evse = Group("resource / evses", "resources/evses/", "evses", access=PARTNERS)


@latest_of_charge_point.get(
    "v2.0/{chargePoint}/latest-hardware-status-log", "Charge Point / Latest Hardware Status Log", gives=LatestStatus
)
async def latest_status_of_charge_point(call: Call) -> dict[str, Any]:
    """The state the charge point as a whole was last in; 404 where it never said."""
    return await _latest(call, of_charge_points)


@latest_of_evse.get("v2.0/{evse}/latest-hardware-status-log", "EVSE / Latest Hardware Status Log", gives=LatestStatus)
async def latest_status_of_evse(call: Call) -> dict[str, Any]:
    """The state the EVSE was last in; 404 where it never said."""
    return await _latest(call, of_evses)


async def _latest(call: Call, log: Resource) -> dict[str, Any]:
    assert log.parent is not None
    above = await log.parent.resource.find(call)
    row = await call.tx.one(_NEWEST[log], key=above["id"])
    if row is None:
        raise NotFound.model(log.title, above["id"])
    return {"data": (await _LOGS[log].present(call.tx, [row], [], call.context))[0]}
