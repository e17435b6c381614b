"""Erasure: events that are kept name a deleted user no more; those of the user itself keep its id alone. What is still
to be sent of them is sent so."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Text, bindparam, cast, func, literal, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.notices.tables import notification_event
from ohmstead.rooms.people.erasure import UserErased
from ohmstead.rooms.people.text_erasure import GONE, patterns

_own = notification_event.c
_body = func.convert_from(_own.body, "UTF8", type_=Text)
_texts = bindparam("in_json", type_=Text)
_NAMING = Statement(
    update(notification_event)
    .where(_body.op("~*", is_comparison=True)(_texts))
    .values(body=func.convert_to(func.regexp_replace(_body, _texts, GONE, "gi"), "UTF8"))
)
_user = bindparam("user", type_=BigInteger)
_said = cast(_body, JSON)
_parts: dict[str, Any] = {name: _said[name] for name in ("notification", "user", "action", "lastUpdatedAt")}
_parts["user"] = func.json_build_object(literal("id", Text), cast(_user, Text))
_kept = func.json_build_object(*(part for name, value in _parts.items() for part in (literal(name, Text), value)))
_OF_USER = Statement(
    update(notification_event)
    .where(_own.entity == func.concat("user:", _user), _own.name == "UserChangedNotification")
    .values(body=func.convert_to(cast(_kept, Text), "UTF8"))
)


@on(UserErased)
async def no_event_names_them(tx: Tx, fact: UserErased) -> None:
    await tx.run(_NAMING, in_json=patterns(fact.texts)["in_json"])
    await tx.run(_OF_USER, user=fact.id)
