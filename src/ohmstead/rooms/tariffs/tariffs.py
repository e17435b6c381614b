"""Tariffs: what charging costs, and for whom. A PUT replaces all of one: what it leaves out is taken away."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, cast, false, func, literal, not_, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import ColumnElement

from ohmstead.engines.pricing import Pricing, problems
from ohmstead.kit.access import PARTNER, owned
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict, Invalid, NotFound
from ohmstead.kit.facts import RowChanged
from ohmstead.kit.filters import Filter, equals
from ohmstead.kit.paging import Pages
from ohmstead.kit.parts import Columns
from ohmstead.kit.references import ABSENT
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.writes import Write
from ohmstead.rooms.energy.rates import electricity_rate, rates
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.taxes import taxes
from ohmstead.rooms.people.partners import partners, require_option
from ohmstead.rooms.people.user_groups import hold, user_groups
from ohmstead.rooms.tariffs import restrictions
from ohmstead.rooms.tariffs.subscription_plan_references import hold as hold_plans
from ohmstead.rooms.tariffs.subscription_plans import subscription_plans
from ohmstead.rooms.tariffs.tables import tariff, tariff_group, tariff_group_member
from ohmstead.rooms.tariffs.views import Tariff, Type, plain

_own, _member = tariff.c, tariff_group_member.c
_in_groups = select(_member.id).where(_member.tariff_id == _own.id).correlate(tariff)
_in_its_groups = _in_groups.join(tariff_group, tariff_group.c.id == _member.tariff_group_id).where(
    tariff_group.c.partner_id == PARTNER
)
_NEVER_SHOWN = cast(literal("{flexibleMarkUpAsFixedPerKwh,defaultPrice}", Text), ARRAY(Text))
_RESOLVES = "Of a group: the one tariff that applies to the user, alone. Empty: to somebody without an account."


def without_what_is_only_written(pricing: ColumnElement[Any]) -> ColumnElement[Any]:
    """Prices as they are shown: one of them the published API takes and never gives."""
    return pricing.op("#-", return_type=JSONB())(_NEVER_SHOWN)


class TariffChanged(RowChanged, topic="tariff.changed"):
    """A tariff was made, changed or deleted."""


tariffs = Resource(
    "tariffs",
    tariff,
    tag="resource / tariffs",
    title="Tariff",
    key="tariff",
    access=owned(_own.partner_id, also_sees=_in_its_groups.exists()),
    versions=[
        Version("v1.0", Tariff, pages=Pages.EITHER, verbs=("list", "create", "read", "replace", "delete")),
    ],
    filters=[
        Filter("tariffGroupId", int, lambda key: _in_groups.where(_member.tariff_group_id == key).exists(),
               BigInteger()),
        Filter("userId", int, lambda _: false(), BigInteger(), _RESOLVES),
        equals("type", _own.type, Type),
        equals("partnerId", _own.partner_id, int),
    ],
    columns={
        "pricing": without_what_is_only_written(_own.pricing),
        "restrictions": restrictions.SHOWN,
    },
    parts={"partner": Columns({"id": _own.partner_id}, when=_own.partner_id.is_not(None))},
    changed=TariffChanged,
    references={
        "partner.id": partners,
        "integration_id": ABSENT,
        "pricing.fallback_electricity_rate_id": rates,
        "pricing.subsidy_integration_id": ABSENT,
        "restrictions.apply_to_users_of_partners": partners,
        "restrictions.apply_to_user_group_ids": user_groups,
        "restrictions.apply_to_users_with_subscriptions": subscription_plans,
    },
)  # fmt: skip


async def currency_of_new(tx: Tx) -> str:
    """What the prices of a new tariff are in; Invalid while there is no currency."""
    code = await settings.base_currency_code(tx)
    if code is None:
        raise Invalid(currency="There is no currency yet for prices to be in.")
    return code


@tariffs.rule
@tariffs.deleting
async def a_partner_may_where_it_was_let(write: Write) -> None:
    await require_option(write.tx, write.call.actor, "allowToControlTariffs", write.value_of("partner_id"))


@tariffs.creating
async def it_is_in_the_base_currency(write: Write) -> None:
    write.values["currency"] = await currency_of_new(write.tx)


@tariffs.writing
async def its_prices_are_those_of_its_type(write: Write) -> None:
    pricing = write.values.get("pricing") or Pricing()
    digits = await precision_of(write.tx, write.value_of("currency"))
    starts = {name: write.value_of(name) for name in ("day_tariff_start", "night_tariff_start")}
    for path, text in problems(write.values["type"], pricing, digits, **starts):
        write.add_error(path, text)
    if pricing.tax_id is not None:
        pricing.tax_id = await _own_tax(write, pricing.tax_id)
    write.values["pricing"] = plain(pricing)


async def _own_tax(write: Write, key: int) -> int | None:
    """None while all tariffs have the default tax: what a body says of it is passed over."""
    default = (await settings.read(write.tx)).default_tax
    if not (default and default.enable_multi_tax_support):
        return None
    try:
        await taxes.get(write.call, key, write.tx)
    except NotFound:
        write.add_error("pricing.taxID", "The selected pricing tax id is invalid.")
    return key


@tariffs.writing
async def its_restrictions_are_by_ids(write: Write) -> None:
    said = await restrictions.kept(write, write.values.get("restrictions"))
    write.values["restrictions"] = said
    for path, text in restrictions.objections(said, await precision_of(write.tx, write.value_of("currency"))):
        write.add_error(path, text)


@tariffs.writing
async def what_is_null_is_not_kept(write: Write) -> None:
    for name in ("stop_session", "display"):
        write.values[name] = plain(write.values.get(name))
    for name in ("description", "additional_information", "learn_more_url"):
        told = {locale: text for locale, text in (write.values.get(name) or {}).items() if text is not None}
        write.values[name] = told or None


_PLANS = "applyToUsersWithSubscriptions"
_HOLD_RATE = Statement(
    select(electricity_rate.c.id)
    .where(electricity_rate.c.id == bindparam("key", type_=BigInteger))
    .with_for_update(read=True, key_share=True)
)


@tariffs.written
async def what_it_names_stays_until_it_is_there(write: Write) -> None:
    """No foreign key can name what stands in JSON."""
    named = write.values["restrictions"].get("applyToUserGroupIds") or ()
    await hold(write.tx, "restrictions.applyToUserGroupIds", named)
    plans = write.values["restrictions"].get(_PLANS) or ()
    await hold_plans(write.tx, f"restrictions.{_PLANS}", plans)
    rate = write.values["pricing"].get("fallbackElectricityRateId")
    if rate is not None and await write.tx.value(_HOLD_RATE, key=rate) is None:
        raise Invalid.of({"pricing.fallbackElectricityRateId": ["The selected electricity rate is invalid."]})


def _first(*conditions: Any) -> Statement:
    """The id of a tariff that is there and meets any of these."""
    return Statement(select(_own.id).where(_own.deleted_at.is_(None), or_(*conditions)).limit(1))


_names = bindparam("names", type_=JSONB)  # what its JSON contains
_OF_PARTNER = _first(_own.partner_id == bindparam("partner", type_=BigInteger), _own.restrictions.contains(_names))
_RESTRICTED = _first(_own.restrictions.contains(_names))
_PRICED = _first(_own.pricing.contains(_names))


@partners.deleting
async def no_tariff_is_its(write: Write) -> None:
    named = {"applyToUsersOfPartners": [write.id]}
    if await write.tx.value(_OF_PARTNER, partner=write.id, names=named) is not None:
        raise Conflict("Tariffs still belong to the partner, or are for its users.")


@user_groups.deleting
async def no_tariff_is_for_it(write: Write) -> None:
    if await write.tx.value(_RESTRICTED, names={"applyToUserGroupIds": [write.id]}) is not None:
        raise Conflict("The user group is named by the restrictions of a tariff.")


@subscription_plans.deleting
async def no_tariff_is_for_its_subscribers(write: Write) -> None:
    if await write.tx.value(_RESTRICTED, names={_PLANS: [write.id]}) is not None:
        raise Conflict("The subscription plan is named by the restrictions of a tariff.")


_old, _new, _of_plans = bindparam("old", type_=JSONB), bindparam("new", type_=JSONB), _own.restrictions[_PLANS]
_ADD_PLAN = Statement(
    update(tariff)
    .where(_own.deleted_at.is_(None), _of_plans.contains(_old), not_(_of_plans.contains(_new)))
    .values(
        restrictions=_own.restrictions.op("||")(
            func.jsonb_build_object(literal(_PLANS, Text), _of_plans.op("||")(_new), type_=JSONB)
        ),
        updated_at=bindparam("now"),
    )
    .returning(_own.id)
)


async def add_plan(tx: Tx, old: int, new: int) -> None:
    """Have the tariffs that are for the subscribers of one plan be for those of another, too."""
    for row in await tx.all(_ADD_PLAN, old=[old], new=[new], now=tx.now):
        tx.tell(TariffChanged(id=row["id"], action="updated"))


@rates.deleting
async def no_tariff_draws_on_it(write: Write) -> None:
    if await write.tx.value(_PRICED, names={"fallbackElectricityRateId": write.id}) is not None:
        raise Conflict("A tariff draws on the electricity rate.")


@taxes.deleting
async def no_tariff_has_it(write: Write) -> None:
    if await write.tx.value(_PRICED, names={"taxID": write.id}) is not None:
        raise Conflict("A tariff has the tax.")
