"""Terms: a plan as a subscription has it for the cycle that runs. What is changed in the plan holds from the next."""

from decimal import Decimal
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ohmstead.kit.db import Row

ResetCycle = Literal[
    "as_renewal_cycle", "after_each_session", "after_24_hours", "after_each_week", "after_each_month",
    "after_each_year",
]  # fmt: skip


class Allowance(Struct, frozen=True, rename="camel"):
    """Energy that is in it, kWh, and where it may be used. An empty list does not narrow anything."""

    reset_cycle: ResetCycle = "as_renewal_cycle"
    type: Literal["none", "combined", "separate"] = "none"
    home_chargers_only: bool = False
    included_countries: tuple[str, ...] = ()
    excluded_countries: tuple[str, ...] = ()
    exclude_roaming: bool = False
    included_partner_charge_points: tuple[int, ...] = ()
    excluded_partner_charge_points: tuple[int, ...] = ()
    combined: int | None = None
    ac: int | None = None
    dc: int | None = None


class Terms(Struct, frozen=True, kw_only=True):
    """What holds through a cycle. Fees are with tax, in base currency."""

    renewal_cycle: Literal["monthly", "annually"]
    type: Literal["pre-paid", "post-paid"]
    base_fee: Decimal = Decimal(0)
    per_home_charger: bool = False  # whether the base fee is due for each charge point that the subscriber owns
    personal_fee: Decimal = Decimal(0)  # for each charge point of the subscriber's that requires the plan
    accumulation: Literal["none", "personal", "personal_commercial"] = "none"
    threshold: Decimal | None = None
    allowance: Allowance = Allowance()


def terms_of(plan: Row) -> Terms:
    """Of a plan's row, as it is now."""
    return Terms(
        renewal_cycle=plan["renewal_cycle"], type=plan["type"], base_fee=plan["base_fee"] or Decimal(0),
        per_home_charger=plan["base_fee_applies_per_each_home_charger"],
        personal_fee=plan["fee_per_each_personal_charge_point"] or Decimal(0), accumulation=plan["accumulation"],
        threshold=plan["billing_usage_threshold"], allowance=msgspec.convert(plan["allowance"], Allowance),
    )  # fmt: skip


def stored(terms: Terms) -> Any:
    """As the column `terms` has it."""
    return msgspec.to_builtins(terms)


def read(column: Any) -> Terms:
    """From the column `terms`."""
    return msgspec.convert(column, Terms)
