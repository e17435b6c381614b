"""Charge point vendors: who makes charge points, by the name their charge points report."""

from typing import Annotated

from msgspec import Meta
from sqlalchemy import Column, Index, Text, func

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.facts import row_changed
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, View

charge_point_vendor = table(
    "charge_point_vendor",
    Column("name", Text, nullable=False),
)
Index("ix_charge_point_vendor_reported", func.lower(charge_point_vendor.c.name))  # found by what a station says


class Vendor(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255, description="As its charge points report it.")]


vendors = Resource(
    "charge-point-vendors",
    charge_point_vendor,
    tag="resource / charge point vendors",
    title="Charge Point Vendor",
    key="vendorId",
    access=SHARED,
    versions=[Version("v1.0", Vendor, pages=Pages.EITHER)],
    changed=row_changed("chargePointVendor"),
)
cp_vendors = Resource(  # the same under its older name
    "cp-vendors",
    charge_point_vendor,
    tag=vendors.tag,
    title=vendors.title,
    key=vendors.key,
    access=vendors.access,
    versions=[Version("v1.0", Vendor, pages=Pages.NUMBER, deprecated=True)],
    changed=vendors.changed,
    hooks=vendors.hooks,
)
