"""ID tags: the cards, cars and contracts that open a charge point for a user."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct
from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text, bindparam, select, text

from ohmstead.kit.access import owned
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.kit.filters import Filter, changed, equals, one_of, since
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, View
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.durable_facts import IdTagChanged
from ohmstead.rooms.charging.paying import AUTO, may_name
from ohmstead.rooms.charging.provisioning_certificate_table import provisioning_certificate
from ohmstead.rooms.charging.tag_case import folded
from ohmstead.rooms.people.partners import partners
from ohmstead.rooms.people.users import ev_user, users

id_tag = table(
    "id_tag",
    Column("id_tag_uid", Text, nullable=False),  # kept as given; compared `folded`
    Column("id_label", Text),
    timestamp("expire_at"),
    Column("status", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("vehicle_type", Text),
    Column("payment_method_id", Text),
    Column("user_id", BigInteger, ForeignKey("ev_user.id"), index=True),
    Column("external_id", Text),
    Column("partner_id", BigInteger, ForeignKey("partner.id"), index=True),
    Column(  # of an EMAID that was issued under one
        "provisioning_certificate_id",
        BigInteger,
        ForeignKey(provisioning_certificate.c.id, ondelete="SET NULL"),
        index=True,
    ),
    timestamp("deleted_at"),
    Index("uq_id_tag_id_tag_uid", folded(text("id_tag_uid")), unique=True, postgresql_where=text("deleted_at IS NULL")),
    Index(
        "uq_id_tag_active_emaid",
        "provisioning_certificate_id",
        unique=True,
        postgresql_where=text("deleted_at IS NULL AND status = 'enabled'"),
    ),
)

_UID = folded(id_tag.c.id_tag_uid)
_of_partner = id_tag.c.partner_id.is_not_distinct_from

Uid = Annotated[str, Meta(min_length=1, max_length=36, description="As read; upper and lower case of a to z are one.")]
Label = Annotated[str, Meta(max_length=255)]
PaymentMethodId = Annotated[
    str,
    Meta(
        pattern=r"^(auto|[0-9]+|corporate:[0-9]+)$",
        description="The id of a payment method, `corporate:` with a partner's, or auto: one that works.",
    ),
]


class IdTag(View):
    id: Id
    id_tag_uid: Uid
    id_label: Annotated[Label, Meta(description="What is printed on it.")] | None = None
    expire_at: datetime | None = None
    created_at: ReadOnly[datetime]
    status: Annotated[
        Literal["enabled", "disabled", "suspended"],
        Meta(description="The operator disables a tag, its owner suspends it; neither is accepted then."),
    ]
    type: Literal["rfid", "mac_address", "emaid"]
    vehicle_type: Literal["company_car", "private_car"] | None = None
    payment_method_id: PaymentMethodId | None = None
    user_id: Annotated[int, Meta(description="Whose it is; a tag of nobody is not accepted.")] | None = None
    external_id: Label | None = None
    partner_id: Annotated[int, Meta(description="The partner whose administrators may change it.")] | None = None
    last_updated_at: ReadOnly[datetime]


class IdTagBody(IdTag):
    """EMAIDs come with the contracts of Plug & Charge, not by hand."""

    type: Literal["rfid", "mac_address"]


id_tags = Resource(
    "id-tags",
    id_tag,
    tag="resource / id tags",
    title="Id Tag",
    key="idTag",
    versions=[Version("v2.0", IdTag, pages=Pages.EITHER, create_view=IdTagBody)],
    access=owned(id_tag.c.partner_id),
    filters=[
        Filter("idTagUid", str, lambda value: folded(value) == _UID, Text()),
        equals("idLabel", id_tag.c.id_label),
        equals("userId", id_tag.c.user_id, int),
        since("expireAt", id_tag.c.expire_at),
        one_of("status", id_tag.c.status, "enabled", "disabled", "suspended"),
        one_of("type", id_tag.c.type, "rfid", "mac_address", "emaid"),
        Filter("partnerId", int | None, _of_partner, BigInteger(), "null: those of no partner."),
        *changed(id_tag.c.updated_at),
    ],
    changed=IdTagChanged,
    references={"user_id": users, "partner_id": partners},
    conflicts={
        "uq_id_tag_id_tag_uid": ("idTagUid", "The id tag uid has already been taken."),
        "uq_id_tag_active_emaid": ("status", "Another EMAID has been issued in its place."),
    },
)


@id_tags.creating
async def what_says_no_type_is_a_card(write: Write) -> None:
    """The older version knew no types."""
    write.values.setdefault("type", "rfid")


@id_tags.updating
async def another_user_has_other_means(write: Write) -> None:
    """A tag that is given to another user, who has not what it names to pay with, leaves that open from now on."""
    if write.gives("payment_method_id") or not _is_handed_over(write):
        return
    if not await may_name(write.tx, write.value_of("user_id"), write.value_of("payment_method_id")):
        write.values["payment_method_id"] = AUTO


@id_tags.rule
async def what_pays_is_its_users(write: Write) -> None:
    """What is given as it was is kept, whatever has become of it."""
    named = write.values.get("payment_method_id")
    if write.before is not None and named == write.before["payment_method_id"] and not _is_handed_over(write):
        return
    if not await may_name(write.tx, write.value_of("user_id"), named):
        write.add_error("paymentMethodId", "The selected payment method id is invalid.")


def _is_handed_over(write: Write) -> bool:
    return write.before is None or write.value_of("user_id") != write.before["user_id"]


class IdTagRow(Struct, frozen=True):
    """All that an authorisation asks of a tag and its user; the user's part is None for a tag of nobody."""

    id: int
    id_tag_uid: str
    id_label: str | None
    status: str
    type: str
    expire_at: datetime | None
    payment_method_id: str | None
    partner_id: int | None
    user_id: int | None
    user_status: str | None
    user_group_ids: list[int] | None
    sessions_allowed: str | None


_RESOLVE = Statement(
    select(
        id_tag.c.id,
        id_tag.c.id_tag_uid,
        id_tag.c.id_label,
        id_tag.c.status,
        id_tag.c.type,
        id_tag.c.expire_at,
        id_tag.c.payment_method_id,
        id_tag.c.partner_id,
        ev_user.c.id,
        ev_user.c.status,
        ev_user.c.user_group_ids,
        ev_user.c.sessions_allowed,
    )
    .outerjoin_from(id_tag, ev_user, (ev_user.c.id == id_tag.c.user_id) & ev_user.c.deleted_at.is_(None))
    .where(folded(bindparam("uid", type_=Text)) == _UID, id_tag.c.deleted_at.is_(None))
)


async def resolve(tx: Tx, uid: str) -> IdTagRow | None:
    """The tag a station names, upper and lower case alike; None where there is none."""
    row = await tx.one(_RESOLVE, uid=uid)
    return None if row is None else IdTagRow(*row)
