"""Following: what becomes of EMAIDs and of vehicles when the rows they hang on change or go."""

from sqlalchemy import BigInteger, bindparam, case, delete, or_, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Conflict
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.contracts.certificates import provisioning_certificates
from ohmstead.rooms.charging.contracts.issuing import end, issued_under
from ohmstead.rooms.charging.durable_facts import IdTagChanged
from ohmstead.rooms.charging.id_tags import id_tag, id_tags
from ohmstead.rooms.charging.paying import AUTO
from ohmstead.rooms.charging.provisioning_certificate_table import provisioning_certificate
from ohmstead.rooms.devices.certificates.contracts import end_contract, forget_contract, has_ended
from ohmstead.rooms.people.users import ev_user

_key = bindparam("key", type_=BigInteger)
_OF_USER = Statement(select(provisioning_certificate.c.id).where(provisioning_certificate.c.user_id == _key))
_DELETE = Statement(delete(provisioning_certificate).where(provisioning_certificate.c.id == _key))
_user = bindparam("user", type_=BigInteger)
_pays = id_tag.c.payment_method_id
_kept = or_(_pays.is_(None), id_tag.c.user_id == _user)  # another user pays otherwise
_FOLLOW = Statement(
    update(id_tag)
    .where(id_tag.c.provisioning_certificate_id == _key, id_tag.c.deleted_at.is_(None))
    .values(
        payment_method_id=case((_kept, _pays), else_=AUTO),
        user_id=_user,
        partner_id=select(ev_user.c.partner_id).where(ev_user.c.id == _user).scalar_subquery(),
        vehicle_type=bindparam("vehicle"),
        updated_at=bindparam("now"),
    )
    .returning(id_tag.c.id)
)


@provisioning_certificates.updated
async def emaids_follow_their_vehicle(write: Write) -> None:
    """To another user, or when it becomes a company's."""
    before = write.before
    if before is None or all(before[name] == write.value_of(name) for name in ("user_id", "vehicle_type")):
        return
    vehicle = f"{write.value_of('vehicle_type')}_car"
    moved = {"key": write.id, "user": write.value_of("user_id"), "vehicle": vehicle}
    for (tag,) in await write.tx.all(_FOLLOW, now=write.tx.now, **moved):
        write.tx.tell(IdTagChanged(id=tag, action="updated"))


@provisioning_certificates.deleting
async def a_vehicle_that_charges_stays(write: Write) -> None:
    """Its EMAIDs are ended first."""
    write.extras["emaids"] = await issued_under(write.tx, write.id)
    if any(tag["status"] == "enabled" for tag in write.extras["emaids"]):
        raise Conflict("An EMAID of the provisioning certificate is active. Disable or delete it first.")


@provisioning_certificates.deleted
async def contracts_end_with_their_vehicle(write: Write) -> None:
    for tag in write.extras["emaids"]:
        await end_contract(write.tx, tag["id_tag_uid"])


async def vehicles_go_with_their_user(tx: Tx, user_id: int) -> None:
    """With all that was issued for them: of a contract it stays known that it was revoked."""
    for (vehicle,) in await tx.all(_OF_USER, key=user_id):
        for tag in await issued_under(tx, vehicle):
            await end(tx, tag)
            await forget_contract(tx, tag["id_tag_uid"])
        await tx.run(_DELETE, key=vehicle)


@id_tags.rule
async def an_emaid_is_what_was_issued(write: Write) -> None:
    """Neither made nor changed by hand, and one that was ended counts no more."""
    before = write.before
    if before is None or before["type"] != "emaid":
        return
    if write.value_of("type") != "emaid":
        write.add_error("type", "An EMAID is issued, and stays one.")
    if write.value_of("id_tag_uid") != before["id_tag_uid"]:
        write.add_error("idTagUid", "An EMAID stays as it was issued.")
    if write.value_of("status") == "enabled" and before["status"] != "enabled" and await _ended(write):
        write.add_error("status", "The contract of the EMAID has ended.")


async def _ended(write: Write) -> bool:
    assert write.before is not None
    gone = write.before["provisioning_certificate_id"] is None
    return gone or await has_ended(write.tx, write.before["id_tag_uid"])


@id_tags.deleted
async def a_contract_ends_with_its_emaid(write: Write) -> None:
    assert write.before is not None
    if write.before["type"] == "emaid":
        await end_contract(write.tx, write.before["id_tag_uid"])
