"""Tariff groups: what EVSEs charge by. A list of tariffs, of which the first, the base, is for everybody whom none of
the others names; it is there from the beginning, and free."""

from collections.abc import Mapping

from sqlalchemy import ARRAY, BigInteger, Integer, any_, bindparam, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx, as_columns, unnested_rows
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import changed, equals
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.partners import partners, require_option
from ohmstead.rooms.tariffs.tables import tariff, tariff_group, tariff_group_member
from ohmstead.rooms.tariffs.tariffs import TariffChanged, currency_of_new, tariffs
from ohmstead.rooms.tariffs.views import TariffGroup

_own, _member = tariff_group.c, tariff_group_member.c
_key, _ids = bindparam("key", type_=BigInteger), bindparam("ids", type_=ARRAY(BigInteger))
_LISTS = Statement(
    select(_member.tariff_group_id, func.array_agg(aggregate_order_by(_member.tariff_id, _member.place)))
    .where(_member.tariff_group_id == any_(_ids))
    .group_by(_member.tariff_group_id)
)
_NEW_BASE = Statement(
    insert(tariff)
    .values({name: bindparam(name) for name in ("name", "type", "currency", "partner_id", "created_at", "updated_at")})
    .returning(tariff.c.id)
)
_HOLD = Statement(
    select(tariff.c.id)
    .where(tariff.c.id == any_(_ids), tariff.c.deleted_at.is_(None))
    .with_for_update(read=True, key_share=True)
)
_CLEAR = Statement(delete(tariff_group_member).where(_member.tariff_group_id == _key))
_told = unnested_rows(tariff_id=BigInteger(), place=Integer())
_FILL = Statement(
    insert(tariff_group_member).from_select(
        ["tariff_group_id", "tariff_id", "place", "created_at", "updated_at"],
        select(_key, _told.c.tariff_id, _told.c.place, bindparam("now"), bindparam("now")),
    )
)
_BASE_OF = Statement(
    select(_own.name)
    .join(tariff_group_member, _member.tariff_group_id == _own.id)
    .where(_member.tariff_id == _key, _member.place == 0)
    .limit(1)
)
_LEAVE = Statement(delete(tariff_group_member).where(_member.tariff_id == _key).returning(_member.tariff_group_id))
_free = select(_own.id).where(_own.id == any_(_ids)).with_for_update(key_share=True, skip_locked=True)
_TOUCH = Statement(  # but those that somebody is about to change, who waits for a tariff of theirs
    update(tariff_group).where(_own.id.in_(_free)).values(updated_at=bindparam("now"))
)
_OF_PARTNER = Statement(select(_own.id).where(_own.partner_id == _key).limit(1))


class TariffGroupChanged(RowChanged, topic="tariffGroup.changed"):
    """A tariff group was made, changed or deleted, or one of its tariffs was."""


async def _tariffs_of(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, list[int]]:
    return dict(await tx.all(_LISTS, ids=ids))


tariff_groups = Resource(
    "tariff-groups",
    tariff_group,
    tag="resource / tariffs",
    title="Tariff Group",
    key="tariffGroup",
    access=owned(_own.partner_id),
    versions=[
        Version(
            "v1.0", TariffGroup, pages=Pages.EITHER, verbs=("list", "create", "read", "replace", "delete")
        )
    ],
    filters=[equals("partnerId", _own.partner_id, int), *changed(_own.updated_at)],
    includes=(Include("tariffIds", _tariffs_of, always=True),),
    changed=TariffGroupChanged,
    references={"tariff_ids": tariffs, "partner_id": partners},
)  # fmt: skip


async def is_base_tariff(tx: Tx, tariff_id: int) -> bool:
    """Whether it is the first of a group."""
    return await tx.value(_BASE_OF, key=tariff_id) is not None


@tariff_groups.rule
@tariff_groups.deleting
async def a_partner_may_where_it_was_let(write: Write) -> None:
    await require_option(write.tx, write.call.actor, "allowToControlTariffGroups", write.value_of("partner_id"))


@tariff_groups.writing
async def take_tariffs(write: Write) -> None:
    """The list is put aside until the group is there. One that is left out stays as it is."""
    listed: list[int] | None = write.values.pop("tariff_ids", None)
    if listed is None and write.before is not None:
        return
    listed = listed or []
    if not listed and write.before is not None:
        write.add_error("tariffIds", "The tariff ids must have at least 1 items.")
    for place, key in enumerate(listed):
        if key in listed[:place]:
            write.add_error(f"tariffIds.{place}", "A tariff may be in a group once.")
    write.extras["tariff_ids"] = listed


@tariff_groups.creating
async def its_free_tariff_is_in_a_currency(write: Write) -> None:
    write.extras["currency"] = await currency_of_new(write.tx)


@tariff_groups.created
async def it_begins_with_a_free_tariff(write: Write) -> None:
    tx, row = write.tx, {"name": write.values["name"], "partner_id": write.values.get("partner_id")}
    times = {"created_at": tx.now, "updated_at": tx.now}
    base = await tx.value(_NEW_BASE, **row, **times, type="free", currency=write.extras["currency"])
    tx.tell(TariffChanged(id=base, action="created"))
    await _fill(write, [base, *write.extras["tariff_ids"]])


@tariff_groups.updated
async def its_list_is_replaced(write: Write) -> None:
    if "tariff_ids" in write.extras:
        await _fill(write, write.extras["tariff_ids"])


async def _fill(write: Write, ids: list[int]) -> None:
    if len(await write.tx.all(_HOLD, ids=ids)) < len(ids):  # none goes before this is durable
        raise Invalid(tariffIds="A selected tariff is invalid.")
    await write.tx.run(_CLEAR, key=write.id)
    rows = [{"tariff_id": key, "place": place} for place, key in enumerate(ids)]
    await write.tx.run(_FILL, key=write.id, now=write.tx.now, **as_columns(rows))


@tariffs.deleting
async def a_base_tariff_stays(write: Write) -> None:
    if (group := await write.tx.value(_BASE_OF, key=write.id)) is not None:
        whose = "a tariff group" if write.call.actor.binding else f"the tariff group {group}"
        raise Conflict(f"It is the base tariff of {whose}.")


@tariffs.deleted
async def it_leaves_its_groups(write: Write) -> None:
    left = [row[0] for row in await write.tx.all(_LEAVE, key=write.id)]
    await write.tx.run(_TOUCH, ids=left, now=write.tx.now)
    for group in left:
        write.tx.tell(TariffGroupChanged(id=group, action="updated"))


@partners.deleting
async def no_tariff_group_is_its(write: Write) -> None:
    if await write.tx.value(_OF_PARTNER, key=write.id) is not None:
        raise Conflict("Tariff groups still belong to the partner.")
