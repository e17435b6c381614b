"""Proofs: whether a client certificate that came through TLS is that of the charge point it is presented for.

That it hangs below a root we trust, and is of today, TLS has seen to.
"""

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import NameOID
from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.engines.pki.hashes import serial
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.certificates.authority import CSMS
from ohmstead.rooms.devices.certificates.tables import issued_certificate, root_certificate

_own = issued_certificate.c
_station = bindparam("station", type_=BigInteger)
_ROOT = Statement(select(root_certificate.c.certificate).where(root_certificate.c.purpose == CSMS))
_ISSUED = Statement(select(issued_certificate).where(_own.serial == bindparam("serial")))
_USED = Statement(
    update(issued_certificate)
    .where(_own.charge_point_id == _station, _own.serial == bindparam("serial"), _own.used_at.is_(None))
    .values(used_at=bindparam("now"), updated_at=bindparam("now"))
    .returning(_own.id)
)
_SUPERSEDE = Statement(
    update(issued_certificate)
    .where(_own.charge_point_id == _station, _own.id < bindparam("newest", type_=BigInteger))
    .where(_own.superseded_at.is_(None))
    .values(superseded_at=bindparam("now"), updated_at=bindparam("now"))
)


async def objection(tx: Tx, charge_point_id: int, identity: str, presented: bytes) -> str | None:
    """Why a certificate (DER) proves nothing; None where it proves the identity."""
    try:
        certificate = x509.load_der_x509_certificate(presented)
        names = [attribute.value for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    except ValueError:
        return "the certificate cannot be read"
    if names != [identity]:
        return "the certificate is of another charge point"
    if not await _is_ours(tx, certificate):
        return None  # of an authority that the operator trusts beside ours
    row = await tx.one(_ISSUED, serial=serial(certificate))
    if row is None or row["charge_point_id"] != charge_point_id:
        return "the certificate was not issued to this charge point"
    if row["revoked_at"] is not None:
        return "the certificate is revoked"
    return None if row["superseded_at"] is None else "the certificate was replaced by a newer one"


async def used(tx: Tx, charge_point_id: int, number: str) -> None:
    """A charge point came in by this certificate: with the first time those before it have served their time."""
    newest = await tx.value(_USED, station=charge_point_id, serial=number, now=tx.now)
    if newest is not None:
        await tx.run(_SUPERSEDE, station=charge_point_id, newest=newest, now=tx.now)


async def _is_ours(tx: Tx, certificate: x509.Certificate) -> bool:
    root = await tx.value(_ROOT)
    if root is None:
        return False
    try:
        certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(root.encode()))
    except (ValueError, TypeError, InvalidSignature):  # another name, another kind of key, another key
        return False
    return True
