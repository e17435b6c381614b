"""Vendor error codes: what a vendor's own codes mean, and what a driver can do about them."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from msgspec import Meta
from sqlalchemy import ARRAY, Column, Index, Text, bindparam, func, select

from ohmstead.kit.db import Row, Statement, Tx, table
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource, Version
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
_asked = (
    func.unnest(bindparam("vendors", type_=ARRAY(Text)), bindparam("codes", type_=ARRAY(Text)))
    .table_valued("vendor_id", "error_code")
    .render_derived(name="asked")
)
_MEANT = Statement(
    select(vendor_error_code)
    .join(_asked, (_asked.c.vendor_id == _own.vendor_id) & (_asked.c.error_code == _own.error_code))
    .order_by(_own.id)
)

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
    versions=[Version("v2.0", VendorErrorCode, pages=Pages.EITHER, restated=("vendor_id", "error_code"))],
    topic="vendorErrorCode",
)


async def meanings(tx: Tx, reported: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], Row]:
    """(vendor id, code) -> what is known of it, of those reported; of several the newest."""
    if not reported:
        return {}
    vendors, codes = zip(*reported, strict=True)
    rows = await tx.all(_MEANT, vendors=list(vendors), codes=list(codes))
    return {(row["vendor_id"], row["error_code"]): row for row in rows}
