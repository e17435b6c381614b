"""Heeding: what is odd about a charge point reaches the connection it has, as soon as its model says otherwise."""

import asyncio

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.writes import Write
from ohmstead.rooms.devices.durable_facts import QuirksChanged
from ohmstead.rooms.devices.stations import RefreshQuirks, StationOffline, stations
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.durable_facts import ModelQuirksChanged
from ohmstead.rooms.network.models import Quirks, charge_point_model, quirks_of

TOGETHER = 100  # charge points told in one go

_own = charge_point.c
_key = bindparam("key", type_=BigInteger)
_QUIRKS = Statement(
    select(charge_point_model.c.quirks)
    .select_from(charge_point)
    .outerjoin(charge_point_model, charge_point_model.c.id == _own.model_id)
    .where(_own.id == _key, _own.deleted_at.is_(None))
)
_connected = select(_own.id).where(_own.connected, _own.ocpp_connected_charge_point_id.is_(None))
_OF_MODEL = Statement(_connected.where(_own.model_id == _key).order_by(_own.id))
_OF_THESE = Statement(_connected.where(_own.id == any_(bindparam("ids", type_=ARRAY(BigInteger)))))


async def quirks_now(tx: Tx, charge_point_id: int) -> Quirks | None:
    """What is odd about a charge point; None where there is no such one."""
    found = await tx.one(_QUIRKS, key=charge_point_id)
    return None if found is None else quirks_of(found["quirks"])


@charge_points.updated
async def another_model_has_other_quirks(write: Write) -> None:
    if write.before is not None and write.value_of("model_id") != write.before["model_id"]:
        write.tx.tell(QuirksChanged(ids=[write.id]))


@on(ModelQuirksChanged)
async def all_of_the_model_have_them(tx: Tx, fact: ModelQuirksChanged) -> None:
    """Told in portions, so that one that fails is not all of them again."""
    ids = [row["id"] for row in await tx.all(_OF_MODEL, key=fact.id)]
    for start in range(0, len(ids), TOGETHER):
        tx.tell(QuirksChanged(ids=ids[start : start + TOGETHER]))


@on(QuirksChanged)
async def heed(tx: Tx, fact: QuirksChanged) -> None:
    """Whoever is not connected is looked up when it comes. A node that could not do it fails the fact, which is told
    again."""
    await asyncio.gather(*(_heed(row["id"]) for row in await tx.all(_OF_THESE, ids=fact.ids)))


async def _heed(charge_point_id: int) -> None:
    try:
        await stations.current.call(charge_point_id, RefreshQuirks())
    except StationOffline:
        return  # it is gone
