"""User groups: what users are sorted into, by the operator or by a partner, so that rights and prices hold for many."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Text, any_, bindparam, select

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx, table
from ohmstead.kit.errors import Conflict, Invalid
from ohmstead.kit.facts import row_changed
from ohmstead.kit.filters import changed, equals, is_true
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.validation import label
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, Opt, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.people.partners import partners

user_group = table(
    "user_group",
    Column("name", Text, nullable=False),
    Column("partner_id", BigInteger, ForeignKey("partner.id"), index=True),
    Column("description", Text),
    Column("external_id", Text),
)


class UserGroup(View):
    id: Id
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    partner_id: Annotated[int, Meta(description="Whose it is. It stays while there are users in the group.")] | None = (
        None
    )
    description: Annotated[str, Meta(max_length=2000)] | None = None
    external_id: Opt[Annotated[str, Meta(max_length=255)]] = UNSET
    last_updated_at: ReadOnly[datetime]


user_groups = Resource(
    "user-groups",
    user_group,
    tag="resource / user-groups",
    title="User Group",
    key="userGroup",
    access=owned(user_group.c.partner_id),
    versions=[Version("v1.0", UserGroup, pages=Pages.EITHER, required_on_update=("name",))],
    filters=(
        is_true("noPartner", user_group.c.partner_id.is_(None), "Those of no partner, or those of partners."),
        equals("partnerId", user_group.c.partner_id, int),
        *changed(user_group.c.updated_at),
    ),
    changed=row_changed("userGroup"),
    references={"partner_id": partners},
)

_OF_PARTNER = Statement(
    select(user_group.c.id).where(user_group.c.partner_id == bindparam("partner", type_=BigInteger)).limit(1)
)


@partners.deleting
async def no_group_is_its(write: Write) -> None:
    if await write.tx.value(_OF_PARTNER, partner=write.id) is not None:
        raise Conflict("User groups still belong to the partner.")


_these = user_group.c.id == any_(bindparam("groups", type_=ARRAY(BigInteger)))
_HOLD = Statement(
    select(user_group.c.id).where(_these).order_by(user_group.c.id).with_for_update(read=True, key_share=True)
)


async def hold(tx: Tx, field: str, groups: Collection[int]) -> None:
    """Keep groups from being deleted until the transaction, which names them where no foreign key can, is durable.
    Invalid, of a body's field, where one has gone since it was looked up."""
    if groups and len(await tx.all(_HOLD, groups=[*groups])) < len({*groups}):
        raise Invalid.of({field: [f"The selected {label(field)} is invalid."]})
