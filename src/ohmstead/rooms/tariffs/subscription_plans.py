"""Subscription plans: what users can subscribe to, for a fee each month or year, and the energy that is in it. What is
changed in a plan holds for its subscribers from their next renewal on."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta

from ohmstead.kit.access import SHARED
from ohmstead.kit.errors import NotAllowed
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import changed
from ohmstead.kit.money import Price
from ohmstead.kit.operations import Call, Reply
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Merged
from ohmstead.kit.resources import Resource
from ohmstead.kit.serving import operations_of
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, Translations, View, camel, snake
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.places import Country
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.user_groups import user_groups
from ohmstead.rooms.tariffs.subscription_plan_table import subscription_plan

OFF = "Feature disabled for the system"

KWh = Annotated[int, Meta(ge=0, le=4_000_000, description="kWh")]
Type = Literal["pre-paid", "post-paid"]
Ids = Annotated[list[int], Meta(description="Of partners.")]
GroupIds = Annotated[list[int], Meta(description="Of user groups.")]


class Allowance(View):
    """Energy that is not charged for, and where."""

    reset_cycle: Annotated[
        Opt[
            Literal[
                "as_renewal_cycle", "after_each_session", "after_24_hours", "after_each_week", "after_each_month",
                "after_each_year",
            ]
        ],
        Meta(description="When it begins anew."),
    ] = UNSET  # fmt: skip
    type: Annotated[
        Opt[Literal["none", "combined", "separate"]], Meta(description="Whether AC and DC have one or each its own.")
    ] = UNSET
    home_chargers_only: Annotated[
        Opt[bool], Meta(description="Only at charge points that the user owns; nothing else is asked then.")
    ] = UNSET
    included_countries: Opt[list[Country]] = UNSET
    excluded_countries: Opt[list[Country]] = UNSET
    exclude_roaming: Opt[bool] = UNSET
    included_partner_charge_points: Opt[Ids] = UNSET
    excluded_partner_charge_points: Opt[Ids] = UNSET
    combined: Opt[KWh | None] = UNSET
    ac: Opt[KWh | None] = UNSET
    dc: Opt[KWh | None] = UNSET


class VisibilityRestrictions(View):
    """Which users are shown it. An empty list does not narrow anything."""

    included_partner_users: Opt[Ids] = UNSET
    excluded_partner_users: Opt[Ids] = UNSET
    included_user_groups: Opt[GroupIds] = UNSET
    excluded_user_groups: Opt[GroupIds] = UNSET


class PlanBody(View):
    id: Id
    name: Translations
    description: Translations
    renewal_cycle: Literal["monthly", "annually"]
    free_renewal_periods: Annotated[
        Opt[Annotated[int, Meta(ge=0)] | None], Meta(description="So many periods from the first on; pre-paid plans.")
    ] = UNSET
    type: Type
    base_fee: Annotated[Opt[Price | None], Meta(description="Each period, with tax, in base currency.")] = UNSET
    base_fee_applies_per_each_home_charger: Annotated[
        Opt[bool | None], Meta(description="Whether it is due for each charge point that the subscriber owns.")
    ] = UNSET
    post_paid_charging_sessions_accumulation: Annotated[
        Opt[Literal["none", "personal", "personal_commercial"]],
        Meta(description="Sessions at which charge points are billed with it."),
    ] = UNSET
    billing_usage_threshold: Annotated[
        Opt[Price | None], Meta(description="What is due is billed when it comes to so much.")
    ] = UNSET
    billing_type: Annotated[
        Opt[Literal["default", "internal", "external"]], Meta(description="Of post-paid plans: who collects.")
    ] = UNSET
    status: Literal["enabled", "disabled"]
    allowance: Opt[Allowance] = UNSET
    visibility_restrictions: Opt[VisibilityRestrictions] = UNSET
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


class PlanUpdate(PlanBody):
    fee_per_each_personal_charge_point: Annotated[
        Opt[Price | None], Meta(description="On top, for each of the subscriber's that requires the plan.")
    ] = UNSET


class Plan(PlanBody):
    replacement_plan_id: ReadOnly[Opt[int]] = UNSET
    replaced_at: ReadOnly[Opt[datetime]] = UNSET


class PlanName(View):
    id: Id
    name: str
    last_updated_at: ReadOnly[Opt[datetime]] = UNSET


def _by_its_first_name(shown: dict[str, Any]) -> dict[str, Any]:
    name = shown["name"][0]["translation"] if shown["name"] else ""
    return {"id": shown["id"], "name": name, "last_updated_at": shown["last_updated_at"]}


_own = subscription_plan.c


class SubscriptionPlanChanged(RowChanged, topic="subscriptionPlan.changed"):
    """A plan was made, changed, replaced or deleted."""


subscription_plans = Resource(
    "subscription-plans",
    subscription_plan,
    tag="resource / subscription-plans",
    title="Subscription plan",
    key="subscriptionPlan",
    access=SHARED,
    versions=[
        Version("v2.0", Plan, pages=Pages.EITHER, create_view=PlanBody, update_view=PlanUpdate,
                extra_statuses={"list": (405, 422)}),
        Version("v1.0", PlanName, pages=Pages.NUMBER, verbs=("list",), deprecated=True, filters=(),
                downgrade=_by_its_first_name),
    ],
    filters=[*changed(_own.updated_at)],
    columns={"post_paid_charging_sessions_accumulation": _own.accumulation},
    parts={
        "allowance": Merged(_own.allowance, {"type": "none"}),
        "visibility_restrictions": Merged(_own.visibility_restrictions),
    },
    changed=SubscriptionPlanChanged,
    references={
        "allowance.included_partner_charge_points": partners,
        "allowance.excluded_partner_charge_points": partners,
        "visibility_restrictions.included_partner_users": partners,
        "visibility_restrictions.excluded_partner_users": partners,
        "visibility_restrictions.included_user_groups": user_groups,
        "visibility_restrictions.excluded_user_groups": user_groups,
    },
)  # fmt: skip

_EITHER = (
    ("allowance", "includedCountries", "excludedCountries"),
    ("allowance", "includedPartnerChargePoints", "excludedPartnerChargePoints"),
    ("visibilityRestrictions", "includedPartnerUsers", "excludedPartnerUsers"),
    ("visibilityRestrictions", "includedUserGroups", "excludedUserGroups"),
)
_AMOUNTS = {"none": (), "combined": ("combined",), "separate": ("ac", "dc")}
_POST_PAID = {"accumulation": "none", "billing_usage_threshold": None, "billing_type": "default"}
_CALLED = {"accumulation": "postPaidChargingSessionsAccumulation"}


@subscription_plans.writing
async def null_is_what_stands_when_nothing_is_said(write: Write) -> None:
    said = write.values
    if "post_paid_charging_sessions_accumulation" in said:
        said["accumulation"] = said.pop("post_paid_charging_sessions_accumulation")
    if said.get("base_fee_applies_per_each_home_charger", False) is None:
        said["base_fee_applies_per_each_home_charger"] = False


@subscription_plans.rule
async def what_is_of_one_type_is_not_of_the_other(write: Write) -> None:
    if write.value_of("type") == "post-paid":
        if write.value_of("free_renewal_periods"):
            write.add_error("freeRenewalPeriods", "Only pre-paid plans have free renewal periods.")
        if not (await settings.read(write.tx)).features.post_paid_subscriptions:
            write.add_error("type", "Post-paid subscription plans are disabled for the system.")
        return
    for column, usual in _POST_PAID.items():
        if write.value_of(column) not in (None, usual):
            name = _CALLED.get(column, camel(column))
            write.add_error(name, f"Only post-paid plans have a {label(name)}.")


@subscription_plans.rule
async def lists_exclude_each_other(write: Write) -> None:
    for part, included, excluded in _EITHER:
        said = write.value_of(snake(part)) or {}
        if said.get(included) and said.get(excluded):
            write.add_error(f"{part}.{excluded}", f"It may not be given along with the {label(included)}.")


@subscription_plans.rule
async def an_allowance_says_how_much(write: Write) -> None:
    said = write.value_of("allowance") or {}
    kind = said.get("type", "none")
    for name in ("combined", "ac", "dc"):
        if name in _AMOUNTS[kind] and said.get(name) is None:
            write.add_error(f"allowance.{name}", f"The {name} field is required when the type is {kind}.")


@subscription_plans.rule
async def fees_are_of_the_base_currency(write: Write) -> None:
    places = (await settings.base_precision(write.tx)).amounts
    for name in ("base_fee", "fee_per_each_personal_charge_point", "billing_usage_threshold"):
        amount: Decimal | None = write.value_of(name)
        if amount is not None and amount != round(amount, places):
            write.add_error(camel(name), f"The {label(camel(name))} may not have more than {places} decimals.")


@subscription_plans.updating
async def what_was_replaced_stays_disabled(write: Write) -> None:
    assert write.before is not None
    replaced = write.before["replacement_plan_id"] is not None and write.before["replace_due_at"] is None
    if replaced and write.values.get("status") == "enabled":
        write.add_error("status", "A plan that was replaced by another cannot be enabled.")


def _unless_off(run: Callable[[Call], Awaitable[Reply]]) -> Callable[[Call], Awaitable[Reply]]:
    async def guarded(call: Call) -> Reply:
        if not (await settings.read(call.tx)).features.subscriptions:
            raise NotAllowed(OFF)
        return await run(call)

    return guarded


for _operation in operations_of(subscription_plans):
    if 405 in _operation.errors:
        _operation.run = _unless_off(_operation.run)
