"""Currency rates: how many units of one currency a unit of another is worth. Both ways are two rates."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta
from sqlalchemy import Column, Numeric, Text, UniqueConstraint

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.filters import equals, since, until
from ohmstead.kit.money import bounded
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.iso4217 import CurrencyCode

currency_rate = table(
    "currency_rate",
    Column("base", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("rate", Numeric, nullable=False),
    UniqueConstraint("base", "target"),
)

Worth = Annotated[
    Decimal, bounded("0.0000000001", 10**9, places=10), Meta(description="Units of the target for one of the base.")
]


class CurrencyRate(View):
    id: Id
    base: Annotated[CurrencyCode, Meta(description="ISO 4217, three letters.")]
    target: Annotated[CurrencyCode, Meta(description="ISO 4217, three letters; another than the base.")]
    rate: Worth
    updated_at: ReadOnly[datetime]


class Change(View):
    rate: Worth


rates = Resource(
    "currency-rates",
    currency_rate,
    tag="resource / currency rates",
    title="Currency Rate",
    key="currencyRate",
    access=SHARED,
    versions=[
        Version(
            "v1.0",
            CurrencyRate,
            update_view=Change,
            required_on_update=("rate",),
            extra_statuses={"list": (400,)},
        )
    ],
    filters=[
        equals("base", currency_rate.c.base),
        equals("target", currency_rate.c.target),
        until("updatedBefore", currency_rate.c.updated_at),
        since("updatedAfter", currency_rate.c.updated_at),
    ],
    conflicts={"uq_currency_rate_base_target": ("target", "There is already a rate of the two currencies.")},
)


@rates.rule
async def it_is_of_two_currencies(write: Write) -> None:
    if write.value_of("base") == write.value_of("target"):
        write.add_error("target", "The target must be another currency than the base.")
