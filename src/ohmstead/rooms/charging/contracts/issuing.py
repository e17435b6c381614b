"""Issuing EMAIDs: a contract's name becomes an ID tag and its certificate, and ends with both."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, insert, select, update

from ohmstead.engines.pki import CONTRACT_VALID_FOR
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import NotFound, NotImplementedYet
from ohmstead.rooms.charging.contracts.emaid import made, printed
from ohmstead.rooms.charging.durable_facts import IdTagChanged
from ohmstead.rooms.charging.id_tags import id_tag
from ohmstead.rooms.charging.offline_tags.table import outdated
from ohmstead.rooms.devices.certificates.contracts import end_contract, issue_contract
from ohmstead.rooms.operator import settings

_own = id_tag.c
_LIVING = Statement(
    select(id_tag)
    .where(_own.provisioning_certificate_id == bindparam("certificate", type_=BigInteger), _own.deleted_at.is_(None))
    .order_by(_own.id)
)
_DISABLE = Statement(
    update(id_tag)
    .where(_own.id == bindparam("key", type_=BigInteger))
    .values(status="disabled", updated_at=bindparam("now"))
)


async def issuer(tx: Tx) -> tuple[str, str]:
    """The country and the provider that EMAIDs are issued under; NotFound where that is switched off, or
    NotImplementedYet where nobody said which."""
    found = (await settings.read(tx)).plug_and_charge
    if not found.enable_plug_and_charge:
        raise NotFound("Feature disabled for the system")
    if found.country_code is None or found.provider_id is None:
        raise NotImplementedYet
    return found.country_code, found.provider_id


async def issued_under(tx: Tx, certificate: int) -> list[Row]:
    """The EMAIDs of a provisioning certificate, the rows of their ID tags."""
    return await tx.all(_LIVING, certificate=certificate)


async def issue(tx: Tx, under: tuple[str, str], certificate: int, **holder: Any) -> str:
    """A new EMAID with its contract's certificate; `holder` is what its ID tag says of whose it is and what pays."""
    emaid, expires = made(*under), (tx.now + CONTRACT_VALID_FOR).replace(microsecond=0)  # as it is shown
    row = {
        "id_tag_uid": emaid, "id_label": printed(emaid), "type": "emaid", "status": "enabled",
        "provisioning_certificate_id": certificate, "expire_at": expires, "created_at": tx.now,
        "updated_at": tx.now,
    }  # fmt: skip
    key = await tx.value(insert(id_tag).values(row | holder).returning(id_tag.c.id))
    await issue_contract(tx, emaid, printed(emaid).replace("-", ""))
    tx.tell(IdTagChanged(id=key, action="created"))
    return emaid


async def end(tx: Tx, tag: Row) -> None:
    """An EMAID is accepted no more, from this moment on: its ID tag, its certificate, and on lists of stations."""
    await tx.run(_DISABLE, key=tag["id"], now=tx.now)
    await end_contract(tx, tag["id_tag_uid"])
    await outdated(tx, tag["id_tag_uid"])
    tx.tell(IdTagChanged(id=tag["id"], action="updated"))
