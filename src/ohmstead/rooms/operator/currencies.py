"""Currencies: what prices and amounts are in, how they are written and to how many decimals."""

from typing import Annotated

from babel.numbers import get_currency_name
from msgspec import Meta
from sqlalchemy import Boolean, Column, Integer, Text, bindparam, select

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import Statement, Tx, table
from ohmstead.kit.facts import row_changed
from ohmstead.kit.money import Precision
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.operator.iso4217 import DECIMALS, NUMBERS, CurrencyCode

currency = table(
    "currency",
    Column("name", Text, nullable=False),
    Column("alphabetic_code", Text, nullable=False, unique=True),
    Column("numeric_code", Text, nullable=False),
    Column("prefix", Text),
    Column("suffix", Text),
    Column("decimal", Integer),
    Column("unit_price_and_calculations_decimal", Integer),
    Column("enable_use_of_minor_currency_unit", Boolean, nullable=False, server_default="false"),
    Column("minor_unit_sign", Text),
)

_DECIMALS_OF_PRICES = 5  # where nobody chose them
_MOST_DECIMALS = 6  # of an amount, see `kit/money.py`
Decimals = Annotated[int, Meta(ge=0, le=10)]
Sign = Annotated[str, Meta(max_length=20)]


class Currency(View):
    id: Id
    name: ReadOnly[Annotated[str, Meta(description="The code and, in brackets, the English name.")]]
    alphabetic_code: Annotated[CurrencyCode, Meta(description="ISO 4217, three letters.")]
    numeric_code: ReadOnly[Annotated[str, Meta(description="ISO 4217, three digits.")]]
    prefix: Annotated[Sign, Meta(description="Stands before an amount.")] | None = None
    suffix: Annotated[Sign, Meta(description="Stands after an amount.")] | None = None
    decimal: (
        Annotated[Decimals, Meta(description="Decimals of totals and payments; null: as ISO 4217 has it.")] | None
    ) = None
    unit_price_and_calculations_decimal: (
        Annotated[Decimals, Meta(description="Decimals of a tariff's prices per kWh and minute; null: 5.")] | None
    ) = None
    enable_use_of_minor_currency_unit: Annotated[
        bool, Meta(description="Whether electricity prices are shown in cents or the like.")
    ] = False
    minor_unit_sign: Annotated[Sign, Meta(description="How that minor unit is written.")] | None = None


currencies = Resource(
    "currencies",
    currency,
    tag="resource / currencies",
    title="Currency",
    key="currency",
    access=SHARED,
    versions=[
        Version(
            "v2.0",
            Currency,
            pages=Pages.EITHER,
            unwrapped=("create", "read", "update"),
            required_on_update=("alphabetic_code",),
        )
    ],
    changed=row_changed("currency"),
    conflicts={"uq_currency_alphabetic_code": ("alphabeticCode", "The alphabetic code has already been taken.")},
)


@currencies.writing
async def iso_fills_in(write: Write) -> None:
    """The name and number follow from the code, and so do the decimals where nobody chose them."""
    code = write.value_of("alphabetic_code")
    write.values |= {"name": f"{code} ({get_currency_name(code, locale='en')})", "numeric_code": NUMBERS[code]}
    if write.value_of("decimal") is None:
        write.values["decimal"] = DECIMALS[code]


def precision(decimal: int | None, unit_price_and_calculations_decimal: int | None) -> Precision:
    """The two precisions of a currency, by its columns. Amounts of what has none in ISO 4217, and none that was chosen,
    have as many decimals as amounts may have."""
    amounts = _MOST_DECIMALS if decimal is None else decimal
    unchosen = max(amounts, _DECIMALS_OF_PRICES)
    chosen = unit_price_and_calculations_decimal
    return Precision(amounts, unchosen if chosen is None else chosen)


_DECIMALS_OF = Statement(
    select(currency.c.decimal, currency.c.unit_price_and_calculations_decimal).where(
        currency.c.alphabetic_code == bindparam("code", type_=Text)
    )
)


async def precision_of(tx: Tx, code: str) -> Precision:
    """The precisions of a currency by its code; as ISO 4217 has them where it is not (any more) among ours."""
    return precision(*(await tx.one(_DECIMALS_OF, code=code) or (DECIMALS.get(code), None)))
