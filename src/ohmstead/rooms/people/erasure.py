"""Erasure: a user who is deleted leaves accounts behind and no personal data. What names the person in rows of its own
goes with the row, at once; what names it in logs goes right after, by the fact `UserErased`."""

from collections.abc import Iterable

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, func, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import Fact, audit, on, outbox
from ohmstead.kit.questions import Question
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator import mail
from ohmstead.rooms.people.partner_invites import SHOWN, partner_invite, tell_end
from ohmstead.rooms.people.text_erasure import TextErasure, patterns
from ohmstead.rooms.people.users import UserChanged, ev_user, users


class UserErased(Fact, topic="user.erased"):
    """A user was deleted: what is kept for other reasons names the person no more, by any of these texts."""

    id: int
    texts: list[str]


known_by: Question[[Tx, int], Iterable[str]] = Question("by what texts is a user known?")
"""Asked of the rooms above, beside the e-mail address, the phone number and the whole name."""
erasing: Question[[Tx, UserErased], None] = Question("take out of your rows what names this user")
"""In the transaction that deletes the user. What is found without an index belongs to `UserErased`."""

_NOTHING = {
    "email": "", "password_hash": "", "bank_details": {}, "user_group_ids": [], "status": "disabled",
    "receive_news_and_promotions": False,
} | dict.fromkeys((
    "email_verified", "first_name", "middle_name", "last_name", "phone", "country", "state", "city", "post_code",
    "address", "vehicle_no", "personal_id", "locale", "external_id", "external_app_data", "nonce",
))  # fmt: skip
_user = bindparam("user", type_=BigInteger)
_ERASE = Statement(update(ev_user).where(ev_user.c.id == _user).values(_NOTHING))
_address = func.lower(partner_invite.c.email) == func.lower(bindparam("email", type_=Text))
_INVITES = Statement(delete(partner_invite).where((partner_invite.c.user_id == _user) | _address).returning(*SHOWN))


@users.deleted
async def personal_data_goes(write: Write) -> None:
    assert write.before is not None
    before, tx = write.before, write.tx
    told = [text for texts in await known_by(tx, write.id) for text in texts]
    erased = UserErased(id=write.id, texts=[*_names(before), *told])
    await tx.run(_ERASE, user=write.id)
    for invite in await tx.all(_INVITES, user=write.id, email=before["email"]):
        tell_end(tx, dict(invite) | {"email": None})
    await mail.forget(tx, before["email"])
    await erasing(tx, erased)
    tx.tell(UserChanged(id=write.id, action="deleted"))  # as the resource will, which counts once: it goes before
    tx.tell(erased)


def _names(user: Row) -> list[str]:
    parts = [user[name] for name in ("first_name", "middle_name", "last_name") if user[name]]
    whole = {" ".join(parts), " ".join(parts[:1] + parts[-1:])} if len(parts) > 1 else set[str]()
    return [one for one in (user["email"], user["phone"], user["personal_id"], *sorted(whole)) if one]


_AUDIT = TextErasure(audit, json=[audit.c.changes], plain=[audit.c.target, audit.c.refused])
_REASONS = Statement(  # why a user was blocked, or the like, is about nobody else
    update(audit)
    .where(audit.c.target.startswith(bindparam("targets", type_=Text)), func.jsonb_typeof(audit.c.changes) == "object")
    .values(changes=audit.c.changes.op("-")(cast("reason", Text)))
)
_facts = TextErasure(outbox, json=[outbox.c.payload], plain=[outbox.c.error])
_waiting = (
    select(outbox.c.id)
    .where(outbox.c.topic != UserErased.topic, _facts.found)
    .with_for_update(skip_locked=True)  # what is being told is about to go
    .scalar_subquery()
)
_OUTBOX = Statement(_facts.where(outbox.c.id.in_(_waiting)))
_carrying = (
    select(outbox.c.id)
    .where(outbox.c.topic == UserChanged.topic, outbox.c.payload["id"].as_integer() == _user)
    .with_for_update(skip_locked=True)
    .scalar_subquery()
)
_CONTENTS = Statement(
    update(outbox).where(outbox.c.id.in_(_carrying)).values(payload=outbox.c.payload.op("-")(cast("content", Text)))
)


@on(UserErased)
async def no_record_names_them(tx: Tx, fact: UserErased) -> None:
    await _AUDIT.run(tx, fact.texts)
    await tx.run(_REASONS, targets=f"actions/users/v1.0/{fact.id}/")
    await tx.run(_OUTBOX, **patterns(fact.texts))
    await tx.run(_CONTENTS, user=fact.id)
