"""The authority: our roots, one for each purpose, and what the one of this system issues."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import BigInteger, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as insert_or

from ohmstead.engines.pki import Root, charge_point_certificate, new_root, pem, revocation_list, server_certificate
from ohmstead.engines.pki.hashes import serial
from ohmstead.engines.pki.statuses import Signer, new_signer
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.ports import Port
from ohmstead.rooms.devices.certificates.tables import issued_certificate, root_certificate
from ohmstead.rooms.devices.durable_facts import CertificateRevoked
from ohmstead.rooms.operator.admins import Vault

RootPurpose = Literal["V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "ManufacturerRootCertificate"]
CSMS: RootPurpose = "CSMSRootCertificate"
"""The root of the listener's certificate and of those of charge points."""
MOBILITY_OPERATOR: RootPurpose = "MORootCertificate"
"""The root of the contracts of Plug & Charge."""
SIGNS_FOR = timedelta(days=1)  # as long as what it signs holds
_NAMES: dict[RootPurpose, str] = {
    "CSMSRootCertificate": "CSMS Root",
    "V2GRootCertificate": "V2G Root",
    "MORootCertificate": "Mobility Operator Root",
    "ManufacturerRootCertificate": "Manufacturer Root",
}

_root, _issued = root_certificate.c, issued_certificate.c
_ROOT = Statement(select(root_certificate).where(_root.purpose == bindparam("purpose")))
_NEW_ROOT_NAMES = ("purpose", "certificate", "private_key", "not_after", "created_at", "updated_at")
_NEW_ROOT = Statement(
    insert_or(root_certificate).values({name: bindparam(name) for name in _NEW_ROOT_NAMES}).on_conflict_do_nothing()
)
_ISSUED = ("charge_point_id", "serial", "certificate", "private_key", "not_after", "created_at", "updated_at")
_ISSUE = Statement(
    insert(issued_certificate).values({name: bindparam(name) for name in _ISSUED}).returning(issued_certificate)
)
_OWN = Statement(
    select(issued_certificate)
    .where(_issued.charge_point_id.is_(None), _issued.revoked_at.is_(None))
    .order_by(_issued.id.desc())
    .limit(1)
)
_REVOKE = Statement(
    update(issued_certificate)
    .where(_issued.serial == any_(bindparam("serials", type_=ARRAY(_issued.serial.type))), _issued.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"), updated_at=bindparam("now"))
    .returning(_issued.serial, _issued.charge_point_id)
)
_OF_CHARGE_POINT = Statement(
    select(_issued.serial).where(_issued.charge_point_id == bindparam("station", type_=BigInteger))
)
_REVOKED = Statement(
    select(_issued.serial, _issued.revoked_at).where(
        _issued.revoked_at.is_not(None), _issued.not_after > bindparam("now")
    )
)


class Authority:
    """Issues certificates. The keys of its roots lie encrypted in the database, the key to them does not. `ocsp_url` is
    where others are told of their status; None where nobody said by which address we are reached. Certificates live by
    the real time whatever `clock` was set to, for whoever believes them knows no other."""

    def __init__(self, vault: Vault, clock: Clock, ocsp_url: str | None = None) -> None:
        self.vault, self._clock, self.ocsp_url = vault, clock.real, ocsp_url
        self._signers: dict[str, Signer] = {}

    def moment(self) -> datetime:
        """Now, as certificates know it."""
        return self._clock.now()

    async def root(self, tx: Tx, purpose: RootPurpose = CSMS) -> Root:
        """The root of a purpose, made with the first use; two that make it at once end up with the same."""
        row = await tx.one(_ROOT, purpose=purpose)
        if row is None:
            made = new_root(f"Ohmstead {_NAMES[purpose]}", self.moment())
            await tx.run(
                _NEW_ROOT, purpose=purpose, certificate=made.certificate_text,
                private_key=self.vault.close(made.key_text), not_after=made.certificate.not_valid_after_utc,
                created_at=tx.now, updated_at=tx.now,
            )  # fmt: skip
            row = await tx.one(_ROOT, purpose=purpose)
        assert row is not None
        return Root.read(row["certificate"], self.vault.open(row["private_key"]))

    async def issue(self, tx: Tx, charge_point_id: int, identity: str, request: x509.CertificateSigningRequest) -> Row:
        """A certificate of a charge point, made of a request that was checked."""
        root = await self.root(tx)
        made = charge_point_certificate(root, identity, request.public_key(), self.moment(), self.ocsp_url)
        return await self._keep(tx, made, charge_point_id, None)

    async def own(self, tx: Tx) -> Row | None:
        """The listener's newest certificate, not looked into."""
        return await tx.one(_OWN)

    async def issue_own(self, tx: Tx, names: Sequence[str]) -> Row:
        """A new certificate of the listener, with a new key, for these host names and addresses."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = server_certificate(await self.root(tx), names, key.public_key(), self.moment(), self.ocsp_url)
        text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return await self._keep(tx, certificate, None, self.vault.close(text))

    def key_of(self, own: Row) -> str:
        """The private key (PEM) of a certificate of the listener."""
        return self.vault.open(own["private_key"])

    async def revocations(self, tx: Tx) -> bytes:
        """The list of revoked certificates, DER."""
        now = self.moment()
        revoked = [(number, min(at, now)) for number, at in await tx.all(_REVOKED, now=now)]
        return revocation_list(await self.root(tx), revoked, now)

    async def signer(self, tx: Tx, purpose: RootPurpose) -> Signer:
        """Who signs statuses for the root of a purpose; appointed anew each day."""
        root = await self.root(tx, purpose)
        known = self._signers.get(root.certificate_text)
        if known is None or known.certificate.not_valid_after_utc - self.moment() < SIGNS_FOR:
            known = self._signers[root.certificate_text] = new_signer(root, self.moment())
        return known

    async def _keep(
        self, tx: Tx, certificate: x509.Certificate, charge_point_id: int | None, private_key: bytes | None
    ) -> Row:
        row = await tx.one(
            _ISSUE, charge_point_id=charge_point_id, serial=serial(certificate), certificate=pem(certificate),
            private_key=private_key, not_after=certificate.not_valid_after_utc, created_at=tx.now, updated_at=tx.now,
        )  # fmt: skip
        assert row is not None
        return row


async def revoke(tx: Tx, *serials: str) -> int:
    """Revoke certificates by their numbers (hexadecimal); how many were not before. Whoever came in by one goes."""
    rows = await tx.all(_REVOKE, serials=list(serials), now=tx.now)
    for row in rows:
        tx.tell(CertificateRevoked(serial=row["serial"], charge_point_id=row["charge_point_id"]))
    return len(rows)


async def revoke_all(tx: Tx, charge_point_id: int) -> int:
    """Revoke whatever was issued to a charge point."""
    return await revoke(tx, *[row[0] for row in await tx.all(_OF_CHARGE_POINT, station=charge_point_id)])


authority: Port[Authority] = Port("certificate authority")
