"""Naming: stations write EMAIDs in each of their forms; what is ours goes on as we keep it."""

from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy import Text, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.charging.contracts.emaid import kept
from ohmstead.rooms.charging.facts import ChargeStarted, ChargeStopped, TagPresented
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.tag_case import folded

Told = TypeVar("Told", TagPresented, ChargeStarted, ChargeStopped)

_OURS = Statement(
    select(id_tag.c.id)
    .where(folded(id_tag.c.id_tag_uid) == folded(bindparam("emaid", type_=Text)))
    .where(id_tag.c.type == "emaid", id_tag.c.deleted_at.is_(None))
)


async def as_issued(tx: Tx, fact: Told) -> Told:
    """A fact whose tag is an EMAID of ours in another form, with that tag as it was issued."""
    tag = fact.id_tag or ""
    emaid = kept(tag)
    if emaid is None or emaid == tag or await tx.value(_OURS, emaid=emaid) is None:
        return fact
    return replace(fact, id_tag=emaid)
