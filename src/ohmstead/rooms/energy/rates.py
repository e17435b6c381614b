"""Electricity rates: what a kWh costs the operator, tax included, and what it is made from. Periods of a date go before
those of its week day, and both before the default price; their hours are those on the clock where the kWh is drawn."""

import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, Column, Date, ForeignKey, Integer, Numeric, Text, UniqueConstraint, insert, select
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import INHERITED, SHARED
from ohmstead.kit.db import table
from ohmstead.kit.filters import equals, one_of
from ohmstead.kit.money import Percent, bounded
from ohmstead.kit.resources import Key, Parent, Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.taxes import tax

TYPES = ("admin_defined", "octopus_go", "agile_octopus", "nord_pool")
WeekDay = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "any"]
KwhPrice = Annotated[Decimal, bounded(-(10**9), 10**9), Meta(description="Per kWh, with tax.")]  # markets go below 0
Share = Annotated[Percent, Meta(description="Of the energy, %.")]
_HOUR = r"([01]\d|2[0-3]):[0-5]\d"


class ElectricityRate(View):
    id: Id
    name: Annotated[str, Meta(min_length=1)]
    utility_id: Opt[int | None] = UNSET
    default_price: KwhPrice
    tax_percentage: Annotated[Percent | None, Meta(description="The tax that all prices of the rate contain, %.")]
    type: ReadOnly[Literal[TYPES]]  # type: ignore[valid-type]


class MarketRate(ElectricityRate):
    """A rate whose prices may be those of a market, which are imported."""

    type: Opt[Annotated[Literal[TYPES], Meta(description="Whose prices it has.")]] = UNSET  # type: ignore[valid-type]


class EnergyMix(View):
    solar: Share = Decimal(0)
    wind: Share = Decimal(0)
    hydro: Share = Decimal(0)
    nuclear: Share = Decimal(0)
    coal: Share = Decimal(0)
    natural_gas: Share = Decimal(0)
    other_renewable: Share = Decimal(0)
    other_non_renewable: Share = Decimal(0)


class PricePeriod(View):
    starts_at: Annotated[str, Meta(pattern=rf"^{_HOUR}$(?!\n)", description="Local time, hours:minutes.")]
    ends_at: Annotated[str, Meta(pattern=rf"^({_HOUR}|24:00)$(?!\n)", description="Local time; 24:00 is midnight.")]
    price: KwhPrice


class PriceDay(View):
    week_day: ReadOnly[Opt[WeekDay]] = UNSET
    date: ReadOnly[Opt[datetime.date]] = UNSET
    periods: list[PricePeriod]


electricity_rate = table(
    "electricity_rate",
    Column("name", Text, nullable=False),
    Column("utility_id", BigInteger, ForeignKey("utility.id"), index=True),
    Column("default_price", Numeric, nullable=False),
    Column("tax_percentage", Numeric),
    Column("type", Text, nullable=False, server_default=TYPES[0]),
    Column("tax_id", BigInteger, ForeignKey(tax.c.id, ondelete="SET NULL")),
    Column("pricing_granularity_in_minutes", Integer),  # as version 1.0 of the API has it
)
energy_mix = table(
    "energy_mix",
    Column("electricity_rate_id", ForeignKey(electricity_rate.c.id, ondelete="CASCADE"), nullable=False, unique=True),
    *(Column(source, Numeric, nullable=False, server_default="0") for source in EnergyMix.__struct_fields__),
)
price_day = table(
    "price_day",
    Column("electricity_rate_id", ForeignKey(electricity_rate.c.id, ondelete="CASCADE"), nullable=False),
    Column("week_day", Text),
    Column("date", Date),
    Column("name", Text),  # of a date, as version 1.0 of the API has it
    Column("periods", JSONB, nullable=False),
    UniqueConstraint("electricity_rate_id", "week_day"),
    UniqueConstraint("electricity_rate_id", "date"),
)
_OWN, _TAG, _TITLE = price_day.c, "resource / electricity rates", "Electricity rate"

rates = Resource(
    "electricity-rates", electricity_rate, tag=_TAG, title=_TITLE, key="electricityRate", access=SHARED,
    versions=[Version("v2.0", ElectricityRate)],
    filters=[equals("utilityId", electricity_rate.c.utility_id, int), one_of("type", electricity_rate.c.type, *TYPES)],
)  # fmt: skip
market_rates = Resource(
    "electricity-rates", electricity_rate, tag=_TAG, title=_TITLE, key="electricityRate", access=SHARED,
    versions=[Version("v1.0", MarketRate, verbs=("list", "create", "read", "update"), internal=True)],
    filters=rates.filters, hooks=rates.hooks,
)  # fmt: skip
mix = Resource(
    "energy-mix", energy_mix, tag=_TAG, title=f"{_TITLE} / Energy Mix", key="", access=INHERITED,
    versions=[Version("v2.0", EnergyMix, verbs=("read", "replace"))],
    parent=Parent(rates, energy_mix.c.electricity_rate_id),
)  # fmt: skip


def _days(name: str, title: str, *verbs: str, **facts: Any) -> Resource:
    version = Version("v2.0", PriceDay, verbs=("list", *verbs), linked=("read", "put"))
    parent = Parent(rates, _OWN.electricity_rate_id)
    return Resource(
        f"price-periods{name}", price_day, tag=_TAG, title=f"{_TITLE} / Price periods{title}", access=INHERITED,
        versions=[version], parent=parent, **facts,
    )  # fmt: skip


days = _days("", "", key="")
dates = _days("/date", " / Date", "read", "put", "delete",
              key="date", by=Key(datetime.date, _OWN.date), where=_OWN.date.is_not(None))  # fmt: skip
week_days = _days("/week-day", " / Week day", "read", "put", "delete",
                  key="weekDay", by=Key(WeekDay, _OWN.week_day), where=_OWN.week_day.is_not(None))  # fmt: skip


@rates.created
async def a_new_one_has_an_empty_mix(write: Write) -> None:
    empty = {"electricity_rate_id": write.id, "created_at": write.tx.now, "updated_at": write.tx.now}
    await write.tx.run(insert(energy_mix).values(empty))


@mix.rule
async def the_shares_are_all_of_it_or_unknown(write: Write) -> None:
    if sum(write.value_of(source) for source in EnergyMix.__struct_fields__) not in (0, 100):
        write.add_error("solar", "The shares of the energy mix must add up to 100 %, or all be 0.")


@dates.writing
@week_days.writing
async def periods_do_not_overlap(write: Write) -> None:
    ordered, end = sorted(enumerate(write.values["periods"]), key=lambda each: each[1].starts_at), ""
    for number, period in ordered:
        if period.ends_at <= period.starts_at:
            write.add_error(f"periods.{number}.endsAt", "A period must end after it starts.")
        if period.starts_at < end:
            write.add_error(f"periods.{number}.startsAt", "The periods may not overlap.")
        end = max(end, period.ends_at)
    write.values["periods"] = [period for _, period in ordered]


@week_days.rule
async def any_day_stands_alone(write: Write) -> None:
    here = (_OWN.electricity_rate_id == write.value_of("electricity_rate_id")) & _OWN.week_day.is_not(None)
    known = [row[0] for row in await write.tx.all(select(_OWN.week_day).where(here))]
    if any((day == "any") != (write.value_of("week_day") == "any") for day in known):
        write.add_error("weekDay", "A rate has prices for any day or for certain week days, not for both.")
