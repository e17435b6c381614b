"""The row of a provisioning certificate: a vehicle that was made for Plug & Charge, and whose it is."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, func, text

from ohmstead.kit.db import table
from ohmstead.rooms.charging.tag_case import folded

UNCHECKED = 17  # characters of a PCID; one that has another ends with a character that checks them

provisioning_certificate = table(
    "provisioning_certificate",
    Column("pc_id", Text, nullable=False),  # kept as given; compared folded, without what checks it
    Column("name", Text, nullable=False),
    Column("vehicle_type", Text, nullable=False),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False, index=True),
    Index("uq_provisioning_certificate_pc_id", folded(func.left(text("pc_id"), UNCHECKED)), unique=True),
)
