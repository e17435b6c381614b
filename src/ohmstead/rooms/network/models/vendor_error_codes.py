"""Vendor error codes: what a vendor's own codes mean, and what a driver can do about them."""

from typing import Annotated

from msgspec import Meta
from sqlalchemy import Column, ColumnElement, Index, Text, select

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.facts import row_changed
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View

vendor_error_code = table(
    "vendor_error_code",
    Column("vendor_id", Text, nullable=False),
    Column("error_code", Text, nullable=False),
    Column("error_code_description", Text),
    Column("error_code_customer_action", Text),
    Index(None, "vendor_id", "error_code"),
)

_own = vendor_error_code.c

Short = Annotated[str, Meta(min_length=1, max_length=255)]


class VendorErrorCode(View):
    id: Id
    vendor_id: Annotated[Short, Meta(description="The vendor's identifier, as its charge points report it.")]
    error_code: Annotated[Short, Meta(description="The vendor's code, as a faulted charge point reports it.")]
    error_code_description: Annotated[str, Meta(description="What it means.")] | None = None
    error_code_customer_action: Annotated[str, Meta(description="What a driver should do then.")] | None = None


vendor_error_codes = Resource(
    "vendor-error-codes",
    vendor_error_code,
    tag="resource / vendor error codes",
    title="Vendor Error Code",
    key="vendorErrorCode",
    access=SHARED,
    versions=[Version("v2.0", VendorErrorCode, pages=Pages.EITHER, required_on_update=("vendor_id", "error_code"))],
    changed=row_changed("vendorErrorCode"),
)


def meaning(of: Column[str], vendor: Column[str], code: Column[str]) -> ColumnElement[str]:
    """What is known of a reported code, in `of`; where it is there twice, the newest."""
    known = select(of).where(_own.vendor_id == vendor, _own.error_code == code)
    return known.order_by(_own.id.desc()).limit(1).scalar_subquery()
