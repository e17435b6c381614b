"""Contract certificates: what vehicles prove by that they charge on a contract, issued and ended by its EMAID."""

from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import bindparam, func, insert, select, update

from ohmstead.engines.pki import contract_certificate as signed
from ohmstead.engines.pki import pem
from ohmstead.engines.pki.hashes import serial
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.certificates.authority import MOBILITY_OPERATOR, authority
from ohmstead.rooms.devices.certificates.tables import contract_certificate

_own = contract_certificate.c
_NAMES = ("emaid", "serial", "certificate", "private_key", "not_after", "created_at", "updated_at")
_NEW = Statement(insert(contract_certificate).values({name: bindparam(name) for name in _NAMES}))
_OF_EMAID = Statement(select(contract_certificate).where(_own.emaid == bindparam("emaid")))
_OF_NUMBER = Statement(select(contract_certificate).where(_own.serial == bindparam("serial")))
_REVOKE = Statement(
    update(contract_certificate)
    .where(_own.emaid == bindparam("name"), _own.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), updated_at=bindparam("now"))
)
_FORGET = Statement(
    update(contract_certificate)
    .where(_own.emaid == bindparam("name"))
    .values(emaid=func.concat("deleted-", _own.id), certificate="", private_key=b"")
)


class Contract(NamedTuple):
    """A contract's certificate, the root above it and its private key, all PEM."""

    certificate: str
    root: str
    private_key: str


async def issue_contract(tx: Tx, emaid: str, name: str) -> None:
    """A certificate, with a new key, under the name by which an EMAID stands in it."""
    key, ours = ec.generate_private_key(ec.SECP256R1()), authority.current
    root = await ours.root(tx, MOBILITY_OPERATOR)
    made = signed(root, name, key.public_key(), ours.moment(), ours.ocsp_url)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    await tx.run(
        _NEW, emaid=emaid, serial=serial(made), certificate=pem(made), private_key=ours.vault.close(text),
        not_after=made.not_valid_after_utc, created_at=tx.now, updated_at=tx.now,
    )  # fmt: skip


async def contract_of(tx: Tx, emaid: str) -> Contract | None:
    """What was issued for an EMAID."""
    row = await tx.one(_OF_EMAID, emaid=emaid)
    if row is None:
        return None
    root, key = await authority.current.root(tx, MOBILITY_OPERATOR), authority.current.vault.open(row["private_key"])
    return Contract(row["certificate"], root.certificate_text, key)


async def issued_as(tx: Tx, number: str) -> Row | None:
    """What was issued under a number (hexadecimal)."""
    return await tx.one(_OF_NUMBER, serial=number)


async def has_ended(tx: Tx, emaid: str) -> bool:
    """Whether what was issued for an EMAID counts no more, or was never issued."""
    row = await tx.one(_OF_EMAID, emaid=emaid)
    return row is None or row["revoked_at"] is not None


async def forget_contract(tx: Tx, emaid: str) -> None:
    """Its certificate stays by its serial number, as one that was revoked, and names nobody."""
    await tx.run(_FORGET, name=emaid)


async def end_contract(tx: Tx, emaid: str) -> None:
    """Its certificate counts no more."""
    await tx.run(_REVOKE, name=emaid, now=tx.now)
