"""Statuses of the certificates of our roots, for whoever asks by OCSP (RFC 6960)."""

from cryptography import x509
from cryptography.x509.ocsp import OCSPRequest
from sqlalchemy import bindparam, select

from ohmstead.engines.pki.statuses import StatusRefused, asked, is_by, refusal, status
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.certificates.authority import CSMS, MOBILITY_OPERATOR, authority
from ohmstead.rooms.devices.certificates.tables import contract_certificate, issued_certificate, root_certificate

_ROOTS = Statement(select(root_certificate.c.purpose, root_certificate.c.certificate))
_ISSUED = {
    purpose: Statement(select(issued.c.revoked_at).where(issued.c.serial == bindparam("serial")))
    for purpose, issued in ((CSMS, issued_certificate), (MOBILITY_OPERATOR, contract_certificate))
}


async def answered(tx: Tx, raw: bytes) -> bytes:
    """The answer (DER) to a request (DER), whatever that is."""
    try:
        request = asked(raw)
    except StatusRefused:
        return refusal(ours=True)
    return await told(tx, request) or refusal(ours=False)


async def told(tx: Tx, request: OCSPRequest) -> bytes | None:
    """The answer (DER) to a request about a certificate of ours; None where no root of ours issued it."""
    for row in await tx.all(_ROOTS):
        root = x509.load_pem_x509_certificate(row["certificate"].encode())
        if is_by(root, request):
            found = await _found(tx, row["purpose"], request.serial_number)
            known = found is not None or request.serial_number == root.serial_number
            signer = await authority.current.signer(tx, row["purpose"])
            now, revoked_at = authority.current.moment(), found["revoked_at"] if found else None
            return status(signer, request, known, revoked_at and min(revoked_at, now), now)
    return None


async def _found(tx: Tx, purpose: str, number: int) -> Row | None:
    """A certificate by its number, of those that the root of a purpose has issued, if that issues any."""
    issued = _ISSUED.get(purpose)
    return None if issued is None else await tx.one(issued, serial=f"{number:x}")
