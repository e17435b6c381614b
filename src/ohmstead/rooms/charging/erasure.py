"""Erasure: the tags of a deleted user go; sessions, authorizations and reservations stay, of a user without a name."""

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, case, cast, func, null, or_, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.facts import on
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.authorizations import authorization
from ohmstead.rooms.charging.booking_table import booking
from ohmstead.rooms.charging.bookings import booking_request
from ohmstead.rooms.charging.bookings.changes import OPEN, give_up
from ohmstead.rooms.charging.contracts.following import vehicles_go_with_their_user
from ohmstead.rooms.charging.durable_facts import IdTagChanged
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.offline_tags.table import UNKNOWN, local_list
from ohmstead.rooms.charging.reservations.table import reservation
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.people.erasure import UserErased, erasing, known_by
from ohmstead.rooms.people.text_erasure import TextErasure, patterns
from ohmstead.rooms.people.users import users

_user = bindparam("user", type_=BigInteger)
_uids = bindparam("uids", type_=ARRAY(Text))
_charge, _let, _kept = session.c, authorization.c, reservation.c

_BUSY = Statement(
    select(_charge.id)
    .where(_charge.user_id == _user, or_(_charge.status == "active", _charge.status == "pending"))
    .union_all(select(_kept.id).where(_kept.user_id == _user, _kept.status == "active"))
    .limit(1)
)
_booked = booking.c.user_id == _user
_BOOKED = Statement(select(booking.c.id).where(_booked, or_(*(booking.c.status == word for word in OPEN))))
_UIDS = Statement(select(id_tag.c.id_tag_uid).where(id_tag.c.user_id == _user))
_LIVING_TAGS = Statement(select(id_tag.c.id).where(id_tag.c.user_id == _user, id_tag.c.deleted_at.is_(None)))
_FORGET_TAGS = Statement(
    update(id_tag)
    .where(id_tag.c.user_id == _user)
    .values(
        id_tag_uid=func.concat("deleted-", id_tag.c.id), id_label=None, external_id=None, payment_method_id=None,
        user_id=None, status="disabled", deleted_at=func.coalesce(id_tag.c.deleted_at, bindparam("now")),
        updated_at=bindparam("now"),
    )
)  # fmt: skip
_same = any_(select(folded(func.unnest(_uids))).scalar_subquery())
_without_tag = {  # a reference may be made of the tag
    one.key: case((func.strpos(one, _charge.id_tag) > 0, null()), else_=one)
    for one in (_charge.start_ref, _charge.stop_ref)
}
_FORGET_SESSIONS = Statement(
    update(session)
    .where(or_(_charge.user_id == _user, folded(_charge.id_tag) == _same), _charge.id_tag.is_not(None))
    .values(id_tag=None, id_tag_label=None, **_without_tag)
)
_FORGET_AUTHORIZATIONS = Statement(update(authorization).where(_let.user_id == _user).values(id_tag_uid=None))
_FORGET_STRANGERS = Statement(update(authorization).where(folded(_let.id_tag_uid) == _same).values(id_tag_uid=None))
_texts = TextErasure(session, json=[_charge.external_app_data])
_FORGET_DATA = Statement(_texts.where(_charge.user_id == _user))
_reasons = TextErasure(reservation, plain=[_kept.cancel_reason])
_FORGET_REASONS = Statement(_reasons.where(_kept.user_id == _user))
_names = TextErasure(booking_request, plain=[booking_request.c.external_id])
_FORGET_NAMES = Statement(_names.where(booking_request.c.user_id == _user))
_held = cast(local_list.c.tags, Text).op("~*", is_comparison=True)(bindparam("in_json", type_=Text))
_FORGET_LISTS = Statement(
    update(local_list)
    .where(_held)
    .values(version=UNKNOWN, tags=[], due_at=bindparam("now"), updated_at=bindparam("now"))
)


@users.deleting
async def who_charges_stays(write: Write) -> None:
    """What is yet to be told of a charge comes with the tag, and has to find whose it is."""
    if await write.tx.one(_BUSY, user=write.id) is not None:
        raise Conflict("The user has a session that runs, or a reservation that holds: end it first.")


@users.deleted
async def bookings_are_given_up(write: Write) -> None:
    for (key,) in await write.tx.all(_BOOKED, user=write.id):
        await give_up(write.tx, key, "cancelled")


@known_by.answer
async def tags_name_them(tx: Tx, user_id: int) -> list[str]:
    return [row["id_tag_uid"] for row in await tx.all(_UIDS, user=user_id)]


@erasing.answer
async def no_account_names_them(tx: Tx, gone: UserErased) -> None:
    uids = [row["id_tag_uid"] for row in await tx.all(_UIDS, user=gone.id)]
    words = patterns(gone.texts)
    await vehicles_go_with_their_user(tx, gone.id)
    await tx.run(_FORGET_SESSIONS, user=gone.id, uids=uids)
    await tx.run(_FORGET_AUTHORIZATIONS, user=gone.id)
    await tx.run(_FORGET_DATA, user=gone.id, **words)
    await tx.run(_FORGET_REASONS, user=gone.id, **words)
    await tx.run(_FORGET_NAMES, user=gone.id, **words)
    for tag in await tx.all(_LIVING_TAGS, user=gone.id):
        tx.tell(IdTagChanged(id=tag["id"], action="deleted"))
    await tx.run(_FORGET_TAGS, user=gone.id, now=tx.now)
    # a list that has the tag is sent anew by itself, which takes the tag off the station
    await tx.run(_FORGET_LISTS, now=tx.now, **patterns(uids))


@on(UserErased)
async def no_refusal_names_them(tx: Tx, fact: UserErased) -> None:
    """Who was turned away had no account yet: the tag is all there is."""
    await tx.run(_FORGET_STRANGERS, uids=fact.texts)
