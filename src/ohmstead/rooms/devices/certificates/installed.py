"""Installed certificates: which roots charge points trust, as they last said or took them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, any_, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.pki import CertificateHash
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.certificates.tables import installed_certificate
from ohmstead.rooms.devices.stations import InstalledCertificate

TYPES = (
    "V2GRootCertificate", "MORootCertificate", "CSMSRootCertificate", "V2GCertificateChain",
    "ManufacturerRootCertificate",
)  # fmt: skip

_own = installed_certificate.c
_station = bindparam("station", type_=BigInteger)
_NAMES = ("type", "hash_algorithm", "issuer_name_hash", "issuer_key_hash", "serial")
_identity = {name: bindparam(name) for name in _NAMES}
_keep = insert(installed_certificate).values(
    charge_point_id=_station, reported_at=bindparam("now"), created_at=bindparam("now"), updated_at=bindparam("now"),
    **_identity,
)  # fmt: skip
_KEEP = Statement(
    _keep.on_conflict_do_update(
        constraint="uq_installed_certificate",
        set_={"reported_at": _keep.excluded.reported_at, "updated_at": _keep.excluded.updated_at},
    )
)
_of_station = delete(installed_certificate).where(_own.charge_point_id == _station)
_DROP_UNTOLD = Statement(
    _of_station.where(_own.type == any_(bindparam("types", type_=ARRAY(Text))), _own.reported_at < bindparam("now"))
)
_DROP = Statement(_of_station.where(*(_own[name] == bindparam(name) for name in _NAMES if name != "type")))
_LIST = Statement(
    select(installed_certificate)
    .where(_own.charge_point_id == _station, _own.type == bindparam("type"))
    .order_by(_own.id)
)


async def keep_told(tx: Tx, station_id: int, types: Sequence[str], told: Sequence[InstalledCertificate]) -> None:
    """Store which certificates of these types a charge point has; those of them it did not name are gone."""
    for one in told:
        await keep(tx, station_id, one)
    await tx.run(_DROP_UNTOLD, station=station_id, types=list(types), now=tx.now)


async def keep(tx: Tx, station_id: int, one: InstalledCertificate) -> None:
    """A charge point has this certificate."""
    await tx.run(_KEEP, station=station_id, now=tx.now, type=one.type, **_named(one.hash))


async def drop(tx: Tx, station_id: int, hash: CertificateHash) -> None:
    """A charge point has this certificate no more."""
    await tx.run(_DROP, station=station_id, **_named(hash))


async def listed(tx: Tx, station_id: int, type: str) -> list[CertificateHash]:
    """What is known of a charge point's certificates of a type."""
    return [
        CertificateHash(row["hash_algorithm"], row["issuer_name_hash"], row["issuer_key_hash"], row["serial"])
        for row in await tx.all(_LIST, station=station_id, type=type)
    ]


def _named(hash: CertificateHash) -> dict[str, Any]:
    """A hash by its columns; stations spell hexadecimal in either case, numbers with leading zeros or without."""
    return {
        "hash_algorithm": hash.algorithm,
        "issuer_name_hash": hash.issuer_name.lower(),
        "issuer_key_hash": hash.issuer_key.lower(),
        "serial": hash.serial.lower(),
    }
