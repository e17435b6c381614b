"""Provisioning certificates: vehicles by what their makers call them, and the EMAIDs that were issued under them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, case, func, select

from ohmstead.kit.access import PARTNER, where
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import row_changed
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Include, Version
from ohmstead.kit.views import Id, Opt, View, stamp
from ohmstead.rooms.charging.id_tags import Label, PaymentMethodId, id_tag
from ohmstead.rooms.charging.provisioning_certificate_table import provisioning_certificate
from ohmstead.rooms.people.users import ev_user, users

_own, _tag = provisioning_certificate.c, id_tag.c
_ISSUED = Statement(
    select(
        _tag.provisioning_certificate_id,
        _tag.id,
        _tag.type,
        func.coalesce(_tag.id_label, _tag.id_tag_uid),
        _tag.payment_method_id,
        case((_tag.status == "enabled", "active"), else_=_tag.status),
        _tag.expire_at,
    )
    .where(_tag.provisioning_certificate_id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
    .where(_tag.deleted_at.is_(None))
    .order_by(_tag.id)
)


class IssuedTag(View):
    id: int
    type: Literal["rfid", "mac_address", "emaid"]
    name: Annotated[str, Meta(description="Its label.")]
    payment_method: Opt[str] = UNSET
    status: Literal["active", "disabled", "suspended"]
    expire_at: Opt[datetime] = UNSET


class ChangedTag(View):
    """What is given of one that was issued."""

    id: Opt[int] = UNSET
    type: Opt[Literal["rfid", "mac_address", "emaid"]] = UNSET
    name: Opt[Label] = UNSET
    payment_method: Opt[PaymentMethodId] = UNSET
    status: Opt[Literal["active", "disabled", "suspended"]] = UNSET
    expire_at: Opt[datetime] = UNSET


class ProvisioningCertificate(View):
    id: Id
    pc_id: Annotated[
        str,
        Meta(
            pattern=r"^[0-9A-Za-z]{17,18}$(?!\n)",
            description="The PCID: 17 characters, and maybe one that checks them. A vehicle has one.",
        ),
    ]
    name: Annotated[str, Meta(min_length=1, max_length=255)]
    vehicle_type: Literal["company", "private"]
    user_id: Annotated[int, Meta(description="Whose vehicle it is; its EMAIDs follow it to another user.")]
    id_tags: Annotated[list[IssuedTag], Meta(description="The EMAIDs issued under it, of which one is active at most.")]


class ProvisioningCertificateBody(ProvisioningCertificate):
    id_tags: Opt[
        Annotated[
            list[ChangedTag],
            Meta(description="Changes EMAIDs that were issued under it, by their ids; others stay as they are."),
        ]
    ] = UNSET


async def _issued(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    found: dict[int, list[dict[str, Any]]] = {}
    for of, key, kind, name, payment, status, expires in await tx.all(_ISSUED, ids=ids):
        tag = {"id": key, "type": kind, "name": name, "paymentMethod": payment, "status": status}
        tag["expireAt"] = stamp(expires) if expires else None
        found.setdefault(of, []).append({name: value for name, value in tag.items() if value is not None})
    return found


_of_partner = select(ev_user.c.id).where(ev_user.c.partner_id == PARTNER)

provisioning_certificates = Resource(
    "provisioning-certificates",
    provisioning_certificate,
    tag="resource / provisioning certificate",
    title="Provisioning Certificate",
    key="provisioningCertificate",
    access=where(_own.user_id.in_(_of_partner)),
    versions=[Version("v2.0", ProvisioningCertificate, create_view=ProvisioningCertificateBody)],
    includes=(Include("idTags", _issued, always=True, empty=[]),),
    changed=row_changed("provisioningCertificate"),
    references={"user_id": users},
    conflicts={"uq_provisioning_certificate_pc_id": ("pcId", "The pc id has already been taken.")},
)
