"""Actions on a charge point's certificates: have it trust one of our roots, forget certificates, tell what it has."""

from typing import Annotated, Literal

from cryptography import x509
from msgspec import Meta
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.pki import CertificateHash, hashed
from ohmstead.kit.access import PARTNERS
from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.errors import Rejected
from ohmstead.kit.groups import Group
from ohmstead.kit.operations import Call, Transactions
from ohmstead.kit.views import View
from ohmstead.rooms.devices.certificates.authority import authority, revoke
from ohmstead.rooms.devices.certificates.installed import drop, listed
from ohmstead.rooms.devices.certificates.installing import Begin, install, sync
from ohmstead.rooms.devices.certificates.tables import issued_certificate
from ohmstead.rooms.devices.commands.actions import whole_station
from ohmstead.rooms.devices.stations import (
    DeleteCertificate,
    InstalledType,
    RootType,
    StationError,
    stations,
)

actions = Group("action / charge point", "actions/charge-point/", "charge-points", access=PARTNERS)
ERRORS = (401, 403, 404, 406, 422, 429, 501)
OWN = "ChargingStationCertificate"
GONE = frozenset({"Accepted", "NotFound"})

_issued = issued_certificate.c
_OWN = Statement(
    select(_issued.certificate, _issued.serial)
    .where(_issued.charge_point_id == bindparam("station", type_=BigInteger), _issued.accepted_at.is_not(None))
    .where(_issued.revoked_at.is_(None), _issued.superseded_at.is_(None))
)

Forgotten = Literal[
    "ChargingStationCertificate", "V2GCertificate", "V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate",
    "ManufacturerRootCertificate", "V2GCertificateChain",
]  # fmt: skip


class Installation(View):
    certificate_type: Annotated[RootType, Meta(description="Which of our roots it shall trust.")]


class Deletion(View):
    certificate_type: Annotated[Forgotten, Meta(description="Which of its certificates it shall forget.")]


class Sync(View):
    certificate_type: Annotated[
        InstalledType | Literal[""] | None, Meta(description="Which of its certificates to ask for; none asks for all.")
    ] = None


@actions.post("v2.0/{chargePoint}/install-certificate", "Charge Point / Install Certificate", body=Installation,
              errors=ERRORS, transactions=Transactions.MANUAL)  # fmt: skip
async def install_certificate(call: Call, wanted: Installation) -> None:
    """Have the charge point trust the root this system has for a purpose. OCPP 1.6 knows those of the central system
    and of manufacturers; those of vehicles and mobility operators it is sent by the messages of Plug & Charge, which
    it may not know."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
    try:
        await install(call.begin, station, wanted.certificate_type)
    except StationError as error:
        raise Rejected(str(error)) from None
    call.changes = {"certificateType": wanted.certificate_type}


@actions.post("v2.0/{chargePoint}/delete-certificate", "Charge Point / Delete Certificate", body=Deletion,
              errors=ERRORS, transactions=Transactions.MANUAL)  # fmt: skip
async def delete_certificate(call: Call, wanted: Deletion) -> None:
    """Have the charge point forget all its certificates of a type. Its own, once forgotten, is revoked too."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
    if wanted.certificate_type == OWN:
        await _forget_own(call.begin, station)
    else:
        kind = "V2GCertificateChain" if wanted.certificate_type == "V2GCertificate" else wanted.certificate_type
        await _forget(call.begin, station, kind)
    call.changes = {"certificateType": wanted.certificate_type}


@actions.post("v2.0/{chargePoint}/sync-certificates", "Charge Point / Sync Certificates", body=Sync,
              errors=ERRORS, transactions=Transactions.MANUAL)  # fmt: skip
async def sync_certificates(call: Call, wanted: Sync) -> None:
    """Ask the charge point which certificates it has, and keep the answer."""
    async with call.begin() as tx:
        station = await whole_station(call, tx)
    try:
        await sync(call.begin, station, wanted.certificate_type or None)
    except StationError as error:
        raise Rejected(str(error)) from None


async def _forget(begin: Begin, station: int, kind: InstalledType) -> None:
    hashes = await _known(begin, station, kind)
    if not hashes:
        raise Rejected("The charge point has no certificate of this type.")
    for hash in hashes:
        await _delete(station, hash, kind)
        async with begin() as tx:
            await drop(tx, station, hash)


async def _known(begin: Begin, station: int, kind: InstalledType) -> list[CertificateHash]:
    """What is known to be there; where nothing is, the charge point is asked."""
    async with begin() as tx:
        hashes = await listed(tx, station, kind)
    if hashes:
        return hashes
    try:
        await sync(begin, station, kind)
    except StationError as error:
        raise Rejected(str(error)) from None
    async with begin() as tx:
        return await listed(tx, station, kind)


async def _forget_own(begin: Begin, station: int) -> None:
    async with begin() as tx:
        certificates = await _own_hashes(tx, station)
    if not certificates:
        raise Rejected("The charge point has no certificate of this system.")
    for serial, hash in certificates:
        await _delete(station, hash)
        async with begin() as tx:
            await revoke(tx, serial)


async def _own_hashes(tx: Tx, station: int) -> list[tuple[str, CertificateHash]]:
    root = (await authority.current.root(tx)).certificate
    return [
        (row["serial"], hashed(x509.load_pem_x509_certificate(row["certificate"].encode()), root))
        for row in await tx.all(_OWN, station=station)
    ]


async def _delete(station: int, hash: CertificateHash, kind: InstalledType | None = None) -> None:
    try:
        outcome = await stations.current.call(station, DeleteCertificate(hash=hash, type=kind))
    except StationError as error:
        raise Rejected(str(error)) from None
    if outcome.status not in GONE:
        raise Rejected(f"The charge point answered: {outcome.status}.")
