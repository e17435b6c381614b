"""Tariffs as the API shows them: everything but their prices, which `engines/pricing` lists."""

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, to_builtins

from ohmstead.engines.pricing import Pricing
from ohmstead.engines.pricing.fields import Clock
from ohmstead.kit.money import bounded
from ohmstead.kit.views import Deprecated, Id, Opt, ReadOnly, View

Type = Literal[
    "free", "flat rate", "duration+energy", "duration+energy time of day", "energy tou", "standard",
    "charging not allowed", "average power levels", "peak power levels", "standard_tod", "optimised dynamic pricing",
]  # fmt: skip
Texts = dict[Annotated[str, Meta(min_length=2, max_length=10)], str | None]
"""A text by language tag."""
Amount = Annotated[Decimal, bounded(0, 10**9)]
DisplayText = Annotated[str, Meta(max_length=150)]


class StopSession(View):
    """When a session is stopped by itself; without a limit it is not."""

    time_limit_minutes: Opt[Annotated[Decimal, bounded(1, 10**7)] | None] = UNSET
    stop_when_energy_exceeds_kwh: Opt[Annotated[Decimal, bounded(0, 10**6)] | None] = UNSET


class Restrictions(View):
    """Whom the tariff is for, and when. Who is named in any of these ways is meant; where nobody is, everybody."""

    apply_to_users_of_charge_point_owner: Deprecated[Opt[bool]] = UNSET
    apply_to_users_of_charge_point_partner: Annotated[
        Opt[bool], Meta(description="Those whom the partner of the charge point invited.")
    ] = UNSET
    apply_to_users_of_all_roaming_emsps: Opt[bool] = UNSET
    apply_to_ad_hoc_users: Annotated[Opt[bool], Meta(description="Those without an account.")] = UNSET
    ad_hoc_pre_authorize_amount: Annotated[
        Opt[Amount | None], Meta(description="Blocked on the card of such a user when the session starts.")
    ] = UNSET
    ad_hoc_stop_when_pre_authorized_amount_falls_below: Annotated[
        Opt[Amount], Meta(description="The session stops when less than this is left of it.")
    ] = UNSET
    apply_to_users_of_partners: Annotated[Opt[list[int]], Meta(description="Ids of partners.")] = UNSET
    apply_to_users_with_groups: Deprecated[
        Annotated[Opt[list[str]], Meta(description="Names of user groups, which are called so alone.")]
    ] = UNSET
    apply_to_user_group_ids: Opt[list[int]] = UNSET
    apply_to_users_with_subscriptions: Annotated[Opt[list[int]], Meta(description="Ids of subscription plans.")] = UNSET
    start_date: Annotated[Opt[datetime.date | None], Meta(description="The first day, at the charge point.")] = UNSET
    end_date: Annotated[Opt[datetime.date | None], Meta(description="The last day.")] = UNSET


class TariffPartner(View):
    id: Annotated[Opt[int | None], Meta(description="The partner who may change it.")] = UNSET


class Display(View):
    """Texts for the displays of charge points; `default...` those that everybody reads, of a base tariff only."""

    default_price_information: Opt[DisplayText | None] = UNSET
    default_price_information_offline: Opt[DisplayText | None] = UNSET
    price_information: Opt[str | None] = UNSET
    total_cost_information: Opt[str | None] = UNSET


class Tariff(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    type: Type
    description: Opt[Texts | None] = UNSET
    additional_information: Opt[Texts | None] = UNSET
    learn_more_url: Opt[Texts | None] = UNSET
    day_tariff_start: Opt[Clock] = UNSET
    night_tariff_start: Opt[Clock] = UNSET
    pricing: Opt[Pricing] = UNSET
    currency: ReadOnly[Opt[str]] = UNSET
    stop_session: Opt[StopSession] = UNSET
    restrictions: Opt[Restrictions] = UNSET
    partner: Opt[TariffPartner] = UNSET
    last_updated_at: ReadOnly[Opt[datetime.datetime]] = UNSET
    display: Opt[Display] = UNSET
    integration_id: Opt[int | None] = UNSET
    external_id: Opt[Annotated[str, Meta(max_length=255)] | None] = UNSET


class TariffSnapshot(Tariff):
    tariff_id: int


class TariffGroup(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    tariff_ids: Annotated[
        Opt[list[int]],
        Meta(description="The first is the base, for everybody; the last that names a driver goes before the others."),
    ] = UNSET
    partner_id: Annotated[int, Meta(description="The partner who may change it.")] | None = None
    last_updated_at: ReadOnly[Opt[datetime.datetime]] = UNSET


def plain(body: Struct | None) -> dict[str, Any]:
    """An object of a body as its column keeps it: without what is null, so that equal ones look equal."""
    return {} if body is None else _filled(to_builtins(body, builtin_types=(Decimal,)))


def _filled(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _filled(item) for name, item in value.items() if item is not None}
    return [_filled(item) for item in value] if isinstance(value, list) else value
