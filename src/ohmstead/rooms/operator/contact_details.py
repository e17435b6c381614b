"""Contact details: where the operator is reached. There is one such row, or none."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta
from sqlalchemy import Column, Text

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import ReadOnly, View
from ohmstead.rooms.operator.emails import Email

contact_detail = table("contact_detail", Column("email", Text, nullable=False), Column("phone", Text))


class ContactDetails(View):
    email: Email
    phone: Annotated[str, Meta(max_length=255)] | None = None
    last_updated_at: ReadOnly[datetime]


contact_details = Resource(
    "contact-details",
    contact_detail,
    tag="resource / contact details",
    title="Contact details",
    key="",
    access=SHARED,
    versions=[Version("v2.0", ContactDetails, verbs=("read", "put", "delete"), unwrapped=("read", "put"))],
)
