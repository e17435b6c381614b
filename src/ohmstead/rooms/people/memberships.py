"""Memberships: who is in which user group. They end with the group; what gives rights by a group keeps it."""

from sqlalchemy import BigInteger, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import array

from ohmstead.kit.db import Statement
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.user_groups import hold, user_groups
from ohmstead.rooms.people.users import UserChanged, ev_user, users

_group = bindparam("group", type_=BigInteger)
_own = ev_user.c
_of_group = _own.user_group_ids.contains(array([_group]))
_HAS_USERS = Statement(select(_own.id).where(_of_group, _own.deleted_at.is_(None)).limit(1))
_LEAVE = Statement(
    update(ev_user)
    .where(_of_group, _own.deleted_at.is_(None))
    .values(user_group_ids=func.array_remove(_own.user_group_ids, _group), updated_at=bindparam("now"))
    .returning(_own.id)
)


@user_groups.rule
async def a_group_with_users_keeps_its_partner(write: Write) -> None:
    before = write.before
    if before is None or not write.gives("partner_id") or write.values["partner_id"] == before["partner_id"]:
        return
    if await write.tx.one(_HAS_USERS, group=write.id) is not None:
        write.add_error("partnerId", "The partner of a user group stays while there are users in it.")


@user_groups.deleted
async def memberships_end_with_their_group(write: Write) -> None:
    for (user,) in await write.tx.all(_LEAVE, group=write.id, now=write.tx.now):
        write.tx.tell(UserChanged(id=user, action="updated"))


@users.written
async def groups_stay_until_their_users_are_in(write: Write) -> None:
    await hold(write.tx, "userGroupIds", write.values.get("user_group_ids") or ())


@users.writing
async def each_group_once(write: Write) -> None:
    if write.values.get("user_group_ids"):
        write.values["user_group_ids"] = list(dict.fromkeys(write.values["user_group_ids"]))
