"""Taxes: a name and a percentage that prices and invoices refer to."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from msgspec import Meta
from sqlalchemy import BigInteger, Column, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource, Version
from ohmstead.kit.views import Id, ReadOnly, Translations, View
from ohmstead.kit.writing import Write

tax = table(
    "tax",
    Column("name", Text, nullable=False),
    Column("display_name", JSONB),
    Column("percentage", Numeric, nullable=False),
    Column("tax_identification_number_id", BigInteger),
)


class Tax(View):
    id: Id
    name: Annotated[str, Meta(min_length=1)]
    display_name: Annotated[Translations, Meta(description="What drivers read; all languages at once.")] | None = None
    percentage: Annotated[Decimal, Meta(description="%, 0 to 100.")]
    tax_identification_number_id: int | None = None
    last_updated_at: ReadOnly[datetime]


taxes = Resource(
    "taxes",
    tax,
    tag="resource / taxes",
    title="Tax",
    key="tax",
    access=SHARED,
    versions=[Version("v2.0", Tax, pages=Pages.EITHER)],
    topic="tax",
)


@taxes.rule
async def percentage_is_a_share(write: Write) -> None:
    """A percentage lies between 0 and 100 (NaN, which a text may spell, lies nowhere)."""
    percentage: Decimal = write.now("percentage")
    if not (percentage.is_finite() and 0 <= percentage <= 100):
        write.wrong("percentage", "The percentage must be between 0 and 100.")
