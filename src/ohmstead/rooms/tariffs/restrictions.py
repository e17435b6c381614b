"""Restrictions of a tariff: kept by ids, and shown under the names that older clients know as well."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Text, any_, bindparam, case, cast, func, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.sql import ColumnElement

from ohmstead.kit.db import Statement
from ohmstead.kit.money import Bounds, Precision
from ohmstead.kit.validation import label
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.user_groups import user_group
from ohmstead.rooms.tariffs.tables import tariff
from ohmstead.rooms.tariffs.views import Restrictions, plain

_PARTNER, _GROUPS = "applyToUsersOfChargePointPartner", "applyToUserGroupIds"
_OLDER = {"applyToUsersOfChargePointOwner": _PARTNER, "applyToUsersWithGroups": _GROUPS}
_LISTS = ("applyToUsersOfPartners", _GROUPS, "applyToUsersWithSubscriptions")
_AMOUNTS = ("adHocPreAuthorizeAmount", "adHocStopWhenPreAuthorizedAmountFallsBelow")
_CALLED = Statement(
    select(user_group.c.name, user_group.c.id).where(
        user_group.c.name == any_(bindparam("names", type_=ARRAY(Text))),
        or_(
            bindparam("all", type_=Boolean),
            user_group.c.partner_id == any_(bindparam("partners", type_=ARRAY(BigInteger))),
        ),
    )
)


async def kept(write: Write, given: Restrictions | None) -> dict[str, Any]:
    """What a body says, as the column keeps it. Of two fields that say the same the newer one counts."""
    said = plain(given)
    older = {name: said.pop(name) for name in _OLDER if name in said}
    if "applyToUsersOfChargePointOwner" in older:
        said.setdefault(_PARTNER, older["applyToUsersOfChargePointOwner"])
    if "applyToUsersWithGroups" in older and _GROUPS not in said:
        said[_GROUPS] = await _groups_called(write, older["applyToUsersWithGroups"])
    return said | {name: list(dict.fromkeys(said[name])) for name in _LISTS if name in said}


async def _groups_called(write: Write, names: list[str]) -> list[int]:
    """The user groups of these names; each is to be the only one of its name that the caller sees."""
    partner, found = write.call.actor.partner, dict[str, list[int]]()
    partners = partner if isinstance(partner, list) else [partner]
    for name, key in await write.tx.all(_CALLED, names=names, all=partner is None, partners=partners):
        found.setdefault(name, []).append(key)
    for place, name in enumerate(names):
        if len(found.get(name, ())) != 1:
            what = "There are several user groups of this name." if name in found else "There is no such user group."
            write.add_error(f"restrictions.applyToUsersWithGroups.{place}", what)
    return [key for name in names for key in found.get(name, ())[:1]]


def objections(said: dict[str, Any], digits: Precision) -> list[tuple[str, str]]:
    """What is wrong with restrictions, by their place."""
    bounds = Bounds(places=digits.amounts)
    wrong = [
        (f"restrictions.{name}", text)
        for name in _AMOUNTS
        for text in (bounds.objections(said[name], label(name)) if name in said else ())
    ]
    start, end = said.get("startDate"), said.get("endDate")
    if start is not None and end is not None and end < start:
        wrong.append(("restrictions.endDate", "The end date must be a date after or equal to start date."))
    return wrong


def _shown() -> ColumnElement[Any]:
    kept_as = tariff.c.restrictions
    ids = func.jsonb_array_elements_text(kept_as[_GROUPS]).table_valued("id").render_derived(name="named")
    names = (
        select(
            func.coalesce(
                func.jsonb_agg(aggregate_order_by(user_group.c.name, user_group.c.id)), func.jsonb_build_array()
            )
        )
        .select_from(ids.join(user_group, user_group.c.id == cast(ids.c.id, BigInteger)))
        .correlate(tariff)
        .scalar_subquery()
    )
    both = {"applyToUsersOfChargePointOwner": kept_as[_PARTNER], "applyToUsersWithGroups": names}
    shown: ColumnElement[Any] = kept_as
    for older, value in both.items():
        pair = func.jsonb_build_object(literal(older, Text), value, type_=JSONB)
        added = case((kept_as.has_key(_OLDER[older]), pair), else_=func.jsonb_build_object(type_=JSONB))
        shown = shown.op("||", return_type=JSONB())(added)
    return shown


SHOWN = _shown()
"""The SQL of restrictions with the older fields beside those they stand for."""
