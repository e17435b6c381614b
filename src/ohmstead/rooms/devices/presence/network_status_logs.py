"""Network status logs: when a charge point came and when it was gone, kept three months."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from msgspec import Meta, Struct
from sqlalchemy import BigInteger, Column, Index, Text, bindparam, delete, func, insert, literal, select

from ohmstead.kit.access import INHERITED, PARTNERS
from ohmstead.kit.db import Statement, Tx, as_columns, table, unnested_rows
from ohmstead.kit.errors import NotFound
from ohmstead.kit.filters import since, until
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.reading import Reader
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import View
from ohmstead.rooms.network.charge_points import charge_points

KEEP = timedelta(days=90)

network_status_log = table(
    "network_status_log",
    Column("charge_point_id", BigInteger, nullable=False),  # no foreign key: as of hardware statuses
    Column("status", Text, nullable=False),  # available | temporarily_unavailable
    Index("ix_network_status_log_charge_point", "charge_point_id", "id"),
)

_own = network_status_log.c
_told = unnested_rows(charge_point_id=BigInteger(), status=Text(), created_at=_own.created_at.type)
_now = bindparam("now", type_=_own.created_at.type)
_past = (
    delete(network_status_log)
    .where(_own.charge_point_id.in_(select(_told.c.charge_point_id)), _own.created_at < _now - literal(KEEP))
    .cte("past")
)
_KEEP = Statement(
    insert(network_status_log)
    .from_select([*_told.c.keys(), "updated_at"], select(*_told.c, _now).order_by(_told.c.created_at))
    .add_cte(_past)
)


class NetworkStatus(Struct, frozen=True):
    """A charge point is in another network status."""

    charge_point_id: int
    status: str
    created_at: datetime


async def keep_network_statuses(tx: Tx, changes: Sequence[NetworkStatus]) -> None:
    """Note them, each a row of the log; what is too old of theirs goes."""
    if changes:
        rows = ({name: getattr(one, name) for name in NetworkStatus.__struct_fields__} for one in changes)
        await tx.run(_KEEP, now=tx.now, **as_columns(rows))


class Entry(View):
    status: Annotated[str, Meta(description="available, or temporarily unavailable.")]
    timestamp: Annotated[datetime, Meta(description="When it came, or was gone.")]


class LatestEntry(View):
    data: Entry


logs = Resource(
    "network-status-logs",
    network_status_log,
    tag=charge_points.tag,
    title="Charge Point / Network Status Logs",
    key="log",
    access=INHERITED,
    versions=[Version("v2.0", Entry, verbs=("list",))],
    parent=Parent(charge_points, _own.charge_point_id),
    columns={"timestamp": _own.created_at, "status": func.replace(_own.status, "_", " ")},
    filters=[since("createdAfter", _own.created_at), until("createdBefore", _own.created_at)],
)
latest = Group(charge_points.tag, "resources/charge-points/", "charge-points", access=PARTNERS)

_reader = Reader(logs, logs.newest)
_NEWEST = Statement(
    select(*_reader.columns)
    .where(_own.charge_point_id == bindparam("key", type_=BigInteger))
    .order_by(_own.id.desc())
    .limit(1)
)


@latest.get("v2.0/{chargePoint}/latest-network-status-log", "Charge Point / Latest Network Status Log",
            gives=LatestEntry)  # fmt: skip
async def latest_network_status(call: Call) -> dict[str, Any]:
    """When the charge point last came or was gone; 404 where it never came."""
    point = await charge_points.find(call)
    row = await call.tx.one(_NEWEST, key=point["id"])
    if row is None:
        raise NotFound.model(logs.title, point["id"])
    return {"data": (await _reader.present(call.tx, [row], [], call.context))[0]}
