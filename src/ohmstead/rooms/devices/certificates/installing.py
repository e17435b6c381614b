"""Installing and syncing: a charge point takes one of our roots, or says which certificates it has."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from msgspec import structs
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.pki import hashed
from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.devices.certificates.authority import authority
from ohmstead.rooms.devices.certificates.installed import TYPES, keep, keep_told
from ohmstead.rooms.devices.stations import (
    GetInstalledCertificates,
    InstallCertificate,
    InstalledCertificate,
    InstalledType,
    RootType,
    StationRefused,
    stations,
)
from ohmstead.rooms.network.charge_points.table import charge_point

Begin = Callable[[], AbstractAsyncContextManager[Tx]]

EACH_ALONE: list[tuple[InstalledType, ...]] = [("CSMSRootCertificate",), ("ManufacturerRootCertificate",)]
"""A 1.6 station knows these, and is asked for one at a time."""
_VERSION = Statement(
    select(charge_point.c.ocpp_version).where(charge_point.c.id == bindparam("station", type_=BigInteger))
)
ANSWERED = frozenset({"Accepted", "NotFound"})


async def install(begin: Begin, station: int, type: RootType) -> None:
    """Have a charge point trust our root for a purpose; raises a `StationError`."""
    async with begin() as tx:
        root = await authority.current.root(tx, type)
    outcome = await stations.current.call(station, InstallCertificate(type=type, certificate=root.certificate_text))
    if not outcome.agreed:
        raise StationRefused(outcome.status)
    async with begin() as tx:
        await keep(tx, station, InstalledCertificate(type, hashed(root.certificate, root.certificate)))


async def sync(begin: Begin, station: int, type: InstalledType | None) -> None:
    """Ask a charge point for its certificates of one type, or of all, and keep what it says; raises a
    `StationError`."""
    async with begin() as tx:
        version = await tx.value(_VERSION, station=station)
    each: list[tuple[InstalledType, ...]] = [(type,)] if type else EACH_ALONE if version == "1.6" else [()]
    for types in each:
        outcome = await stations.current.call(station, GetInstalledCertificates(types=types))
        if outcome.status not in ANSWERED:
            raise StationRefused(outcome.status)
        told = [structs.replace(one, type=one.type or (types[0] if types else None)) for one in outcome.certificates]
        async with begin() as tx:
            await keep_told(tx, station, types or TYPES, told)
