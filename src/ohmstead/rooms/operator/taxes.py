"""Taxes: a name and a percentage that prices and invoices refer to."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta
from sqlalchemy import Column, ForeignKey, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.facts import row_changed
from ohmstead.kit.money import Percent
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, Translations, View
from ohmstead.rooms.operator.tax_identification_numbers import tax_identification_number, tax_identification_numbers

tax = table(
    "tax",
    Column("name", Text, nullable=False),
    Column("display_name", JSONB),
    Column("percentage", Numeric, nullable=False),
    Column("tax_identification_number_id", ForeignKey(tax_identification_number.c.id)),
)


class Tax(View):
    id: Id
    name: Annotated[str, Meta(min_length=1)]
    display_name: Annotated[Translations, Meta(description="What drivers read; all languages at once.")] | None = None
    percentage: Percent
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
    changed=row_changed("tax"),
    references={"tax_identification_number_id": tax_identification_numbers},
)
