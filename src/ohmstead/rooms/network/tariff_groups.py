"""Tariff groups at EVSEs: whose EVSEs a group may set the prices of, and many EVSEs given one at once."""

from typing import Annotated, Any

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Select, any_, bindparam, select, update

from ohmstead.kit.access import PARTNER, PARTNERS
from ohmstead.kit.db import Row, Statement, Statements
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.resources import access_conditions
from ohmstead.kit.views import Opt, View, provided
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_point_templates import template_evse, template_evses
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.durable_facts import ChargePointEvsesChanged, EvseChanged
from ohmstead.rooms.network.evses import every_evse, evse, evses
from ohmstead.rooms.tariffs.groups import tariff_groups
from ohmstead.rooms.tariffs.tables import tariff_group

ANOTHERS = "The tariff group belongs to another partner."
MOST = 1000
"""EVSEs that are given a group at once."""

_key, _partner = bindparam("key", type_=BigInteger), bindparam("owner", type_=BigInteger)
_living = evse.c.deleted_at.is_(None)
_at = select(evse.c.id).join(charge_point, charge_point.c.id == evse.c.charge_point_id).where(_living)
_OWNER = Statement(select(charge_point.c.partner_id).where(charge_point.c.id == _key))
_USED = Statement(_at.where(evse.c.tariff_group_id == _key).limit(1))
_FORGET = Statement(  # those that are gone
    update(evse).where(evse.c.tariff_group_id == _key, ~_living).values(tariff_group_id=None)
)
_USED_ELSEWHERE = Statement(
    _at.where(evse.c.tariff_group_id == _key, charge_point.c.partner_id.is_distinct_from(_partner))
    .union_all(select(template_evse.c.id).where(template_evse.c.tariff_group_id == _key))
    .limit(1)
)
_OF_ANOTHER = Statement(
    _at.join(tariff_group, tariff_group.c.id == evse.c.tariff_group_id)
    .where(evse.c.charge_point_id == _key, tariff_group.c.partner_id.is_not(None))
    .where(tariff_group.c.partner_id.is_distinct_from(_partner))
    .limit(1)
)

_in_use = _at.where(evse.c.tariff_group_id == tariff_group.c.id, charge_point.c.partner_id == PARTNER)
tariff_groups.opens_also(_in_use.correlate(tariff_group).exists())


def fits(group: Row, partner_id: int | None) -> bool:
    """Whether a group may set prices at charge points of a partner (None: of the operator)."""
    return group["partner_id"] is None or group["partner_id"] == partner_id


@evses.rule
async def its_tariff_group_is_the_operators_or_its_partners(write: Write) -> None:
    group = write.referred("tariff_group_id")
    if group is not None and group["partner_id"] is not None:
        owner = await write.tx.value(_OWNER, key=write.value_of("charge_point_id"))
        if not fits(group, owner):
            write.add_error("tariffGroupId", ANOTHERS)


@template_evses.rule
async def a_template_is_for_charge_points_of_anybody(write: Write) -> None:
    group = write.referred("tariff_group_id")
    if group is not None and not fits(group, None):
        write.add_error("tariffGroupId", ANOTHERS)


@charge_points.rule
async def a_charge_point_leaves_its_partner_without_that_ones_groups(write: Write) -> None:
    if write.before is None or write.value_of("partner_id") == write.before["partner_id"]:
        return
    if await write.tx.value(_OF_ANOTHER, key=write.id, owner=write.value_of("partner_id")) is not None:
        write.add_error("partner.id", "The tariff group of an EVSE belongs to another partner.")


@tariff_groups.rule
async def a_group_in_use_is_given_to_nobody_else(write: Write) -> None:
    owner = write.value_of("partner_id")
    if write.before is None or owner is None or owner == write.before["partner_id"]:
        return
    if await write.tx.value(_USED_ELSEWHERE, key=write.id, owner=owner) is not None:
        write.add_error("partnerId", "EVSEs of others have the tariff group.")


@tariff_groups.deleting
async def a_group_in_use_stays(write: Write) -> None:
    if await write.tx.value(_USED, key=write.id) is not None:
        raise Conflict("EVSEs have the tariff group.")
    await write.tx.run(_FORGET, key=write.id)


Ids = Opt[Annotated[list[int], Meta(min_length=1)]]


class Selection(View):
    """EVSEs of which all that is given is true."""

    location_ids: Ids = UNSET
    partner_ids: Ids = UNSET
    evse_ids: Ids = UNSET
    charge_point_ids: Ids = UNSET
    tariff_group_ids: Ids = UNSET


class Assignment(View):
    filters: Annotated[Opt[Selection], Meta(description="Which EVSEs; without it all of them.")] = UNSET
    tariff_group_id: Annotated[int | None, Meta(description="null: they have none any more.")]


_BY = {
    "location_ids": charge_point.c.location_id,
    "partner_ids": charge_point.c.partner_id,
    "evse_ids": evse.c.id,
    "charge_point_ids": evse.c.charge_point_id,
    "tariff_group_ids": evse.c.tariff_group_id,
}
_selections = Statements()
_ASSIGN = Statement(
    update(evse)
    .where(evse.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .values(tariff_group_id=bindparam("group", type_=BigInteger), updated_at=bindparam("now"))
    .returning(evse.c.id, evse.c.charge_point_id)
)

actions = Group("action / evse", "actions/evse/", "evses", access=PARTNERS)


@actions.post(
    "v1.0/bulk-assign-tariff-group",
    "EVSEs / Bulk Assign Tariff Groups",
    body=Assignment,
    references={"tariff_group_id": tariff_groups},
    answers={202: None, 204: None},
    errors=(401, 403, 404, 406, 422, 429),
)
async def bulk_assign_tariff_group(call: Call, wanted: Assignment) -> None:
    """Give a tariff group to EVSEs, at most 1,000, at once. Sessions that run keep their prices."""
    given = provided(wanted.filters) if wanted.filters else {}
    found = await call.tx.all(_selecting(call, tuple(given)), partner=call.actor.partner, **given)
    if len(found) > MOST:
        raise Invalid(filters=f"The filters select more than {MOST} EVSEs.")
    group = call.referred.get("tariff_group_id")
    if group is not None and not all(fits(group, row["partner_id"]) for row in found):
        raise Invalid(tariffGroupId=ANOTHERS)
    ids = [row["id"] for row in found if row["tariff_group_id"] != wanted.tariff_group_id]
    for key, point in await call.tx.all(_ASSIGN, ids=ids, group=wanted.tariff_group_id, now=call.now):
        call.tx.tell(EvseChanged(id=key, action="updated"))
        call.tx.tell(ChargePointEvsesChanged(id=point, action="updated"))
    call.changes = {"tariffGroupId": wanted.tariff_group_id, "evseIds": ids}


def _selecting(call: Call, names: tuple[str, ...]) -> Statement:
    def query() -> Select[Any, Any, Any]:
        chosen = (_BY[name] == any_(bindparam(name, type_=ARRAY(BigInteger))) for name in names)
        return (
            select(evse.c.id, evse.c.tariff_group_id, charge_point.c.partner_id)
            .join(charge_point, charge_point.c.id == evse.c.charge_point_id)
            .where(*access_conditions(every_evse, call.actor.binding, changing=True), *chosen)
            .order_by(evse.c.id)
            .limit(MOST + 1)
            .with_for_update(of=evse)
        )

    return _selections.get((call.actor.binding, names), query)
