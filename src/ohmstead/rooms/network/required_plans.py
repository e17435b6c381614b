"""Required plans: the subscriptions that charge points and their templates ask of whoever charges there."""

from typing import Any

from sqlalchemy import BigInteger, Table, any_, bindparam, func, not_, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_point_templates import charge_point_template, written_templates
from ohmstead.rooms.network.charge_points import charge_point, charge_points
from ohmstead.rooms.network.durable_facts import ChargePointChanged
from ohmstead.rooms.tariffs.subscription_plan_references import hold
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans

_old, _new = bindparam("old", type_=BigInteger), bindparam("new", type_=BigInteger)
_living = charge_point.c.deleted_at.is_(None)


def _added(table: Table, *conditions: Any) -> Statement:
    """Rows that name the old plan and not the new one name both."""
    plans = table.c.subscription_plan_ids
    changed = update(table).where(_old == any_(plans), not_(_new == any_(plans)), *conditions)
    values = {"subscription_plan_ids": func.array_append(plans, _new), "updated_at": bindparam("now")}
    return Statement(changed.values(values).returning(table.c.id))


def _naming(table: Table, *conditions: Any) -> Statement:
    return Statement(select(table.c.id).where(_old == any_(table.c.subscription_plan_ids), *conditions).limit(1))


_TO_CHARGE_POINTS, _TO_TEMPLATES = _added(charge_point, _living), _added(charge_point_template)
_AT_CHARGE_POINT, _IN_TEMPLATE = _naming(charge_point, _living), _naming(charge_point_template)


async def add_plan(tx: Tx, old: int, new: int) -> None:
    """Have what requires one plan be content with another, too."""
    for row in await tx.all(_TO_CHARGE_POINTS, old=old, new=new, now=tx.now):
        tx.tell(ChargePointChanged(id=row["id"], action="updated"))
    await tx.run(_TO_TEMPLATES, old=old, new=new, now=tx.now)


@charge_points.creating
async def one_from_a_template_requires_its_plans(write: Write) -> None:
    template = write.referred("template_id")
    if template is not None and template["subscription_plan_ids"]:
        write.values.setdefault("subscription_required", True)
        write.values.setdefault("subscription_plan_ids", template["subscription_plan_ids"])


@charge_points.writing
@written_templates.writing
async def each_plan_is_named_once(write: Write) -> None:
    if write.values.get("subscription_plan_ids"):
        write.values["subscription_plan_ids"] = list(dict.fromkeys(write.values["subscription_plan_ids"]))


@charge_points.written
async def its_plans_stay(write: Write) -> None:
    await hold(write.tx, "subscription.planIds", write.values.get("subscription_plan_ids") or ())


@written_templates.written
async def the_plans_of_a_template_stay(write: Write) -> None:
    await hold(write.tx, "subscriptionPlanIds", write.values.get("subscription_plan_ids") or ())


@subscription_plans.deleting
async def nothing_requires_it(write: Write) -> None:
    if await write.tx.value(_AT_CHARGE_POINT, old=write.id) is not None:
        raise Conflict("Charge points require the subscription plan.")
    if await write.tx.value(_IN_TEMPLATE, old=write.id) is not None:
        raise Conflict("A template has charge points require the subscription plan.")
