"""Withdrawing: a tag that is accepted no more, or no more everywhere, leaves the lists that hold it by itself."""

from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.id_tags import id_tag, id_tags
from ohmstead.rooms.charging.offline_tags.table import outdated, outdated_at
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.charge_points.shares import shares
from ohmstead.rooms.network.durable_facts import SharedPartnersChanged
from ohmstead.rooms.people.partner_invites import partner_invites
from ohmstead.rooms.people.users import UserChanged, ev_user

_TELLING = ("status", "user_id", "id_tag_uid", "expire_at")
_OPENING = ("type", "user_id", "partner_id", "access_type")
_STATUS = Statement(select(ev_user.c.status).where(ev_user.c.id == bindparam("user", type_=BigInteger)))
_MASTER = Statement(
    select(charge_point.c.ocpp_connected_charge_point_id).where(
        charge_point.c.id == bindparam("point", type_=BigInteger)
    )
)
_UIDS = Statement(select(id_tag.c.id_tag_uid).where(id_tag.c.user_id == bindparam("user", type_=BigInteger)))


async def _of_user(tx: Tx, user_id: int | None) -> None:
    for (uid,) in await tx.all(_UIDS, user=user_id) if user_id is not None else ():
        await outdated(tx, uid)


@id_tags.updated
async def a_tag_that_changed_is_told_anew(write: Write) -> None:
    before = write.before
    if before is not None and any(before[name] != write.value_of(name) for name in _TELLING):
        await outdated(write.tx, before["id_tag_uid"])


@id_tags.deleted
async def one_that_went_is_taken_off(write: Write) -> None:
    assert write.before is not None
    await outdated(write.tx, write.before["id_tag_uid"])


@on(UserChanged)
async def tags_of_the_blocked_are_taken_off(tx: Tx, fact: UserChanged) -> None:
    if await tx.value(_STATUS, user=fact.id) != "enabled":
        await _of_user(tx, fact.id)


@shares.deleted
@partner_invites.updated
@partner_invites.deleted
async def who_may_no_more_is_taken_off(write: Write) -> None:
    assert write.before is not None
    await _of_user(write.tx, write.before["user_id"])


@on(SharedPartnersChanged)
async def guests_of_other_partners_are_told(tx: Tx, fact: SharedPartnersChanged) -> None:
    master = await tx.value(_MASTER, point=fact.id)
    await outdated_at(tx, master or fact.id)


@charge_points.updated
async def a_charge_point_that_opens_to_others_is_told(write: Write) -> None:
    before = write.before
    if before is not None and any(before[name] != write.value_of(name) for name in _OPENING):
        await outdated_at(write.tx, before["ocpp_connected_charge_point_id"] or write.id)
