"""Shares: the users, beside its owner, who may charge at a personal charge point. They are guests of its owner and go
with him, as does the code by which he lets them in."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, bindparam, delete

from ohmstead.kit.access import INHERITED
from ohmstead.kit.db import Statement, table
from ohmstead.kit.resources import Parent, Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.network.charge_points.resource import charge_points
from ohmstead.rooms.network.charge_points.table import charge_point
from ohmstead.rooms.people.users import users

charge_point_share = table(
    "charge_point_share",
    Column("charge_point_id", BigInteger, ForeignKey("charge_point.id"), nullable=False),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), nullable=False, index=True),
    Index("uq_charge_point_share", "charge_point_id", "user_id", unique=True),
)

_own, _point = charge_point_share.c, charge_point.c
_key = bindparam("key", type_=BigInteger)
END_SHARES = Statement(delete(charge_point_share).where(_own.charge_point_id == _key))


class Share(View):
    id: Id
    user_id: int
    shared_on: ReadOnly[datetime]


shares = Resource(
    "shares",
    charge_point_share,
    tag="resource / charge points",
    title="Charge Point / Share",
    key="share",
    access=INHERITED,
    versions=[Version("v2.0", Share, verbs=("list", "create", "read", "delete"))],
    parent=Parent(charge_points, _own.charge_point_id),
    columns={"shared_on": _own.created_at},
    references={"user_id": users},
    conflicts={"uq_charge_point_share": ("userId", "The charge point is shared with the user already.")},
)


@shares.rule
async def only_an_owner_has_guests(write: Write) -> None:
    point = write.parent
    assert point is not None, "a share lives below its charge point"
    if point["type"] != "personal":
        write.add_error("userId", f"Only a personal charge point is shared with users: this one is {point['type']}.")
    elif point["user_id"] == write.values["user_id"]:
        write.add_error("userId", "The selected user owns the charge point.")


@charge_points.updating
async def guests_go_with_their_host(write: Write) -> None:
    """With him, or where it is personal no longer. What was shared before it had an owner stays with its first."""
    before = write.before
    if before is None or before["type"] != "personal":
        return
    left = before["user_id"] is not None and write.value_of("user_id") != before["user_id"]
    if left or write.value_of("type") != "personal":
        write.values["sharing_code"] = None
        write.extras["guests_go"] = True


@charge_points.updated
async def their_shares_end(write: Write) -> None:
    if write.extras.get("guests_go"):
        await write.tx.run(END_SHARES, key=write.id)


@charge_points.deleted
async def nobody_shares_what_is_gone(write: Write) -> None:
    await write.tx.run(END_SHARES, key=write.id)
