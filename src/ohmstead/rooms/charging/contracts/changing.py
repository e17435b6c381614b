"""Changing EMAIDs by way of their provisioning certificate: what a body gives of those that were issued under it."""

from typing import Any

from msgspec import UNSET
from sqlalchemy import BigInteger, bindparam, update

from ohmstead.kit.db import Row, Statement
from ohmstead.kit.writes import Write
from ohmstead.rooms.charging.contracts.certificates import ChangedTag, provisioning_certificates
from ohmstead.rooms.charging.contracts.issuing import issued_under
from ohmstead.rooms.charging.durable_facts import IdTagChanged
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.offline_tags.table import outdated
from ohmstead.rooms.charging.paying import may_name
from ohmstead.rooms.devices.certificates.contracts import has_ended

_own = id_tag.c
_COLUMNS = ("id_label", "payment_method_id", "status", "expire_at")
_CHANGE = Statement(
    update(id_tag)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values({name: bindparam(f"v_{name}", type_=_own[name].type) for name in _COLUMNS})
    .values(updated_at=bindparam("now"))
)


@provisioning_certificates.writing
async def emaids_are_told_by_their_ids(write: Write) -> None:
    """What is given of each is kept for after the row is written, as the columns it will have."""
    given: list[ChangedTag] = write.values.pop("id_tags", [])
    known = {tag["id"]: tag for tag in await issued_under(write.tx, write.id)} if given else {}
    write.extras["emaids"] = changes = dict[int, tuple[Row, dict[str, Any]]]()
    for number, one in enumerate(given):
        tag = known.get(one.id) if one.id is not UNSET and one.id not in changes else None
        if tag is None:
            write.add_error(f"idTags.{number}.id", "The selected id is invalid.")
            continue
        changes[tag["id"]] = tag, _columns(tag, one)
        if one.type not in (UNSET, tag["type"]):
            write.add_error(f"idTags.{number}.type", "An EMAID is issued, and stays one.")
        pays = changes[tag["id"]][1]["payment_method_id"]
        if pays != tag["payment_method_id"] and not await may_name(write.tx, tag["user_id"], pays):
            write.add_error(f"idTags.{number}.paymentMethod", "The selected payment method is invalid.")
        if one.status == "active" and tag["status"] != "enabled" and await has_ended(write.tx, tag["id_tag_uid"]):
            write.add_error(f"idTags.{number}.status", "The contract of the EMAID has ended.")
    after = {key: tag["status"] for key, tag in known.items()} | {
        key: new["status"] for key, (_, new) in changes.items()
    }
    if sum(status == "enabled" for status in after.values()) > 1:
        write.add_error("idTags", "One EMAID may be active at a time.")


def _columns(tag: Row, one: ChangedTag) -> dict[str, Any]:
    status = "enabled" if one.status == "active" else one.status
    given = dict(zip(_COLUMNS, (one.name, one.payment_method, status, one.expire_at), strict=True))
    return {name: tag[name] if value is UNSET else value for name, value in given.items()}


@provisioning_certificates.updated
async def emaids_change(write: Write) -> None:
    """Those that become active last, for there is one."""
    tx = write.tx
    changed = [(tag, new) for tag, new in write.extras["emaids"].values() if any(tag[one] != new[one] for one in new)]
    for tag, new in sorted(changed, key=lambda one: one[1]["status"] == "enabled"):
        await tx.run(_CHANGE, key=tag["id"], now=tx.now, **{f"v_{name}": value for name, value in new.items()})
        if new["status"] != "enabled":
            await outdated(tx, tag["id_tag_uid"])
        tx.tell(IdTagChanged(id=tag["id"], action="updated"))
