"""Actions on contracts: issue an EMAID for a vehicle, issue another in its place, and hand out what was issued."""

from typing import Annotated

from msgspec import UNSET, Meta
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.access import OPERATOR, PARTNERS
from ohmstead.kit.db import Row, Statement
from ohmstead.kit.errors import Invalid, NotFound, Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.charging.contracts.certificates import provisioning_certificates
from ohmstead.rooms.charging.contracts.issuing import end, issue, issued_under, issuer
from ohmstead.rooms.charging.id_tags import PaymentMethodId, id_tags
from ohmstead.rooms.charging.paying import may_name
from ohmstead.rooms.charging.provisioning_certificate_table import provisioning_certificate
from ohmstead.rooms.devices.certificates.contracts import contract_of
from ohmstead.rooms.people.users import ev_user

_TAG = "action / certificate"
_ERRORS = (401, 403, 404, 406, 422, 429, 501)
of_certificates = Group(
    _TAG, "actions/provisioning-certificate/", provisioning_certificates.name, access=PARTNERS
)  # fmt: skip
of_tags = Group(_TAG, "actions/id-tag/", id_tags.name, access=PARTNERS)
internal_actions = Group(
    "internal / contracts", "internal/provisioning-certificate/", provisioning_certificates.name, access=OPERATOR
)

_LOCK = Statement(
    select(provisioning_certificate.c.id)
    .where(provisioning_certificate.c.id == bindparam("key", type_=BigInteger))
    .with_for_update()
)
_PARTNER = Statement(select(ev_user.c.partner_id).where(ev_user.c.id == bindparam("user", type_=BigInteger)))
_KEPT = ("user_id", "partner_id", "payment_method_id", "vehicle_type", "external_id")


class EmaidWish(View):
    payment_method: Opt[PaymentMethodId | None] = UNSET


class Contract(View):
    """What a vehicle's maker brings into the vehicle, all PEM."""

    emaid: Annotated[str, Meta(description="As it is kept: without separators, in capitals, unchecked.")]
    certificate: str
    root_certificate: str
    private_key: Annotated[str, Meta(description="Whoever has it charges on the contract.")]


@of_certificates.post(
    "v1.0/{provisioningCertificate}/issue-emaid", "Certificate / Issue an EMAID", body=EmaidWish, errors=_ERRORS
)
async def issue_emaid(call: Call, wish: EmaidWish) -> None:
    """Give a vehicle its contract: an EMAID, which is an ID tag, and the certificate of it. One that still counts stays
    the only one (406)."""
    tx, under = call.tx, await issuer(call.tx)
    vehicle = await provisioning_certificates.find(call, lock=True)
    if not await may_name(tx, vehicle["user_id"], wish.payment_method or None):
        raise Invalid(paymentMethod="The selected payment method is invalid.")
    for tag in await issued_under(tx, vehicle["id"]):
        if _counts(tag, call):
            raise Rejected("An EMAID is active already. Reissue that one instead.")
        if tag["status"] == "enabled":
            await end(tx, tag)
    emaid = await issue(
        tx, under, vehicle["id"], user_id=vehicle["user_id"], vehicle_type=f"{vehicle['vehicle_type']}_car",
        payment_method_id=wish.payment_method or None,
        partner_id=await tx.value(_PARTNER, user=vehicle["user_id"]),
    )  # fmt: skip
    call.changes = {"id": vehicle["id"], "emaid": emaid}


@of_tags.post("v1.0/{idTag}/reissue-emaid", "Certificate / Reissue an EMAID", errors=_ERRORS)
async def reissue_emaid(call: Call) -> None:
    """Give a vehicle another EMAID in the place of this one, which is disabled at once. Stations that have it on their
    list are sent the difference, those that are away once they are back."""
    tx, under = call.tx, await issuer(call.tx)
    tag = await id_tags.find(call)
    if tag["type"] != "emaid":
        raise Rejected("The ID tag is no EMAID.")
    certificate = tag["provisioning_certificate_id"]
    if certificate is None or await tx.value(_LOCK, key=certificate) is None:
        raise Rejected("The provisioning certificate of the EMAID is gone.")
    for one in await issued_under(tx, certificate):
        if one["id"] != tag["id"] and one["status"] == "enabled":
            raise Rejected("Another EMAID has been issued in its place already.")
    await end(tx, tag)
    emaid = await issue(tx, under, certificate, **{name: tag[name] for name in _KEPT})
    call.changes = {"id": tag["id"], "emaid": emaid}


@internal_actions.post(
    "v1.0/{provisioningCertificate}/export-contract", "Contract / Export", status=200, gives=Contract
)  # fmt: skip
async def export_contract(call: Call) -> Contract:
    """Hand out the contract of the EMAID that is active. No message of OCPP takes it to a vehicle from here."""
    vehicle = await provisioning_certificates.find(call)
    for tag in await issued_under(call.tx, vehicle["id"]):
        found = await contract_of(call.tx, tag["id_tag_uid"]) if _counts(tag, call) else None
        if found is not None:
            call.changes = {"id": vehicle["id"], "emaid": tag["id_tag_uid"]}
            return Contract(
                emaid=tag["id_tag_uid"], certificate=found.certificate, root_certificate=found.root,
                private_key=found.private_key,
            )  # fmt: skip
    raise NotFound("No EMAID is active.")


def _counts(tag: Row, call: Call) -> bool:
    return tag["status"] == "enabled" and (tag["expire_at"] is None or tag["expire_at"] > call.now)
