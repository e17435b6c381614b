"""Tax identification numbers: what taxes are registered under, by the name the operator gives each."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta
from sqlalchemy import Column, Text

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View

tax_identification_number = table("tax_identification_number", Column("name", Text, nullable=False))


class TaxIdentificationNumber(View):
    id: Id
    name: Annotated[str, Meta(min_length=1)]
    last_updated_at: ReadOnly[datetime]


tax_identification_numbers = Resource(
    "tax-identification-numbers",
    tax_identification_number,
    tag="resource / tax identification numbers",
    title="Tax Identification Number",
    key="taxIdentificationNumber",
    access=SHARED,
    versions=[Version("v2.0", TaxIdentificationNumber, pages=Pages.NUMBER)],
)
