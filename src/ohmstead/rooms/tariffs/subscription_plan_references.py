"""What subscription plans name stays, as does a plan while somebody names it where no foreign key can."""

from collections.abc import Collection

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, func, literal, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.validation import label
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.user_groups import hold as hold_groups
from ohmstead.rooms.people.user_groups import user_groups
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans

_own = subscription_plan.c
_ids, _key = bindparam("ids", type_=ARRAY(BigInteger)), bindparam("key", type_=BigInteger)
_HOLD = Statement(
    select(_own.id).where(_own.id == any_(_ids)).order_by(_own.id).with_for_update(read=True, key_share=True)
)
_LISTS = (
    ("allowance", "partner", "includedPartnerChargePoints", "excludedPartnerChargePoints"),
    ("visibility_restrictions", "partner", "includedPartnerUsers", "excludedPartnerUsers"),
    ("visibility_restrictions", "user group", "includedUserGroups", "excludedUserGroups"),
)


def _naming(what: str) -> Statement:
    """The id of a plan one of whose lists has `key`, which is one of these."""
    named = (
        _own[column].contains(func.jsonb_build_object(literal(name, Text), func.jsonb_build_array(_key)))
        for column, kind, *names in _LISTS
        if kind == what
        for name in names
    )
    return Statement(select(_own.id).where(or_(*named)).limit(1))


_NAMES_PARTNER, _NAMES_GROUP = _naming("partner"), _naming("user group")


async def hold(tx: Tx, field: str, plans: Collection[int]) -> None:
    """Keep plans from being deleted until the transaction, which names them where no foreign key can, is durable.
    Invalid, of a body's field, where one has gone since it was looked up."""
    if plans and len(await tx.all(_HOLD, ids=[*plans])) < len({*plans}):
        raise Invalid.of({field: [f"The selected {label(field)} is invalid."]})


@subscription_plans.written
async def the_groups_that_it_names_stay(write: Write) -> None:
    said = write.value_of("visibility_restrictions") or {}
    for name in ("includedUserGroups", "excludedUserGroups"):
        await hold_groups(write.tx, f"visibilityRestrictions.{name}", said.get(name) or ())


@partners.deleting
async def no_plan_names_the_partner(write: Write) -> None:
    if await write.tx.value(_NAMES_PARTNER, key=write.id) is not None:
        raise Conflict("The partner is named by a subscription plan.")


@user_groups.deleting
async def no_plan_names_the_group(write: Write) -> None:
    if await write.tx.value(_NAMES_GROUP, key=write.id) is not None:
        raise Conflict("The user group is named by a subscription plan.")
