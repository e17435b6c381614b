"""Shared partners: those, beside the one that owns it, whose invited users may charge at a private charge point, and
whose administrators see it."""

from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    all_,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.access import PARTNER, PARTNERS, where
from ohmstead.kit.db import Row, Statement, table
from ohmstead.kit.errors import Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points.access import of_partner
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.network.durable_facts import SharedPartnersChanged
from ohmstead.rooms.people.partners import partners

shared_partner = table(
    "shared_partner",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("partner_id", BigInteger, ForeignKey("partner.id"), nullable=False, index=True),
    Index("uq_shared_partner", "charge_point_id", "partner_id", unique=True),
)

_own = shared_partner.c
_key, _ids = bindparam("key", type_=BigInteger), bindparam("ids", type_=ARRAY(BigInteger))
_now = bindparam("now", type_=DateTime(timezone=True))
_END = Statement(delete(shared_partner).where(_own.charge_point_id == _key, _own.partner_id != all_(_ids)))
_END_OF_PARTNER = Statement(delete(shared_partner).where(_own.partner_id == _key).returning(_own.charge_point_id))
_BEGIN = Statement(
    insert(shared_partner)
    .from_select(["charge_point_id", "partner_id", "created_at", "updated_at"],
                 select(_key, func.unnest(_ids), _now, _now))
    .on_conflict_do_nothing(index_elements=["charge_point_id", "partner_id"])
)  # fmt: skip
_with_caller = select(_own.id).where(_own.charge_point_id == charge_point.c.id, _own.partner_id == PARTNER)
SHARED_WITH_CALLER = _with_caller.correlate_except(shared_partner).exists()
"""Whether the charge point of a row is shared with the caller's partner, which then sees it."""

charge_points.opens_also(SHARED_WITH_CALLER)


class SharedPartner(View):
    id: ReadOnly[int]
    shared_at: ReadOnly[datetime]


class SharedPartners(View):
    partner_ids: list[int]


shared_partners = Resource(
    "shared-partners",
    shared_partner,
    tag="resource / charge points",
    title="Charge Point / Shared Partners",
    key="sharedPartner",
    access=where(or_(of_partner(_own.charge_point_id), _own.partner_id == PARTNER)),
    versions=[Version("v2.0", SharedPartner, verbs=("list",))],
    parent=Parent(charge_points, _own.charge_point_id),
    columns={"id": _own.partner_id, "shared_at": _own.created_at},
)
sharing = Group("resource / charge points", "resources/charge-points/", "charge-points", access=PARTNERS)


@sharing.put(
    "v2.0/{chargePoint}/shared-partners",
    "Charge Point / Shared Partners / Update",
    body=SharedPartners,
    references={"partner_ids": partners},
    status=204,
    errors=(401, 403, 404, 422, 429),
)
async def share_with_partners(call: Call, body: SharedPartners) -> None:
    """Share a private charge point of a partner with these others, and with no more."""
    point = await charge_points.find(call, lock=True)
    ids = list(dict.fromkeys(body.partner_ids))
    if (objection := _objection(point, ids)) is not None:
        raise Invalid(partnerIds=objection)
    await call.tx.run(_END, key=point["id"], ids=ids)
    await call.tx.run(_BEGIN, key=point["id"], ids=ids, now=call.now)
    call.tx.tell(SharedPartnersChanged(id=point["id"]))
    call.changes = {"id": point["id"], "sharedWith": ids}


def _objection(point: Row, ids: list[int]) -> str | None:
    if point["type"] != "private":
        return f"Only a private charge point is shared with partners: this one is {point['type']}."
    if point["partner_id"] is None:
        return "Only a charge point that a partner owns is shared with others."
    return "The partner owns the charge point." if point["partner_id"] in ids else None


@partners.deleted
async def nothing_is_shared_with_the_deleted(write: Write) -> None:
    for (point,) in await write.tx.all(_END_OF_PARTNER, key=write.id):
        write.tx.tell(SharedPartnersChanged(id=point))


@charge_points.updated
async def what_one_partner_shared_is_not_anothers(write: Write) -> None:
    before = write.before
    if before is not None and any(write.value_of(name) != before[name] for name in ("type", "partner_id")):
        await write.tx.run(_END, key=write.id, ids=[])


@charge_points.deleted
async def nobody_sees_what_is_gone(write: Write) -> None:
    await write.tx.run(_END, key=write.id, ids=[])
