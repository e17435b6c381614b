"""`ohmstead certificates`: the root to give to charge points, what was issued, and what is to be valid no more."""

import asyncio
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from ohmstead.app.commands.audited import audited
from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import opened
from ohmstead.app.settings import Settings, load
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.certificates import Authority
from ohmstead.rooms.devices.certificates import revoke as take_back
from ohmstead.rooms.devices.certificates.authority import CSMS, RootPurpose
from ohmstead.rooms.devices.certificates.tables import issued_certificate
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.operator.admins import Vault

_issued = issued_certificate.c
_LISTED = (
    select(
        _issued.serial, charge_point.c.network_id, _issued.not_after, _issued.used_at, _issued.superseded_at,
        _issued.revoked_at,
    )
    .outerjoin(charge_point, charge_point.c.id == _issued.charge_point_id)
    .order_by(_issued.id)
)  # fmt: skip


def show_root(*, purpose: RootPurpose = CSMS, data_dir: Path | None = None) -> None:
    """Print a root certificate (PEM), which charge points have to trust.

    Parameters
    ----------
    purpose
        Which root: that of the central system, of manufacturers, of V2G or of mobility operators.
    data_dir
        Where the embedded database and the secrets live (.ohmstead).
    """
    print(asyncio.run(_root(load({"data_dir": data_dir}), purpose)), end="")


def list_certificates(*, data_dir: Path | None = None) -> None:
    """List what was issued: number, identity (none: the listener's own), end, and what became of it.

    Parameters
    ----------
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    for line in asyncio.run(_list(load({"data_dir": data_dir}))):
        print(line)


def revoke_certificate(serial: str, *, data_dir: Path | None = None) -> None:
    """Revoke a certificate by its number; a charge point that uses it is cut off.

    Parameters
    ----------
    serial
        The number, as it is listed.
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    if not asyncio.run(_revoke(load({"data_dir": data_dir}), serial.lower())):
        raise SystemExit(f"ohmstead: there is no certificate {serial} to revoke")


async def _root(settings: Settings, purpose: RootPurpose) -> str:
    async with opened(settings, print_stderr) as database, database.begin() as tx:
        authority = Authority(Vault.at(settings.data_dir / "secret.key"), SystemClock())
        return (await authority.root(tx, purpose)).certificate_text


async def _list(settings: Settings) -> list[str]:
    async with opened(settings, print_stderr) as database, database.read() as tx:
        return [_line(*row) for row in await tx.all(_LISTED)]


async def _revoke(settings: Settings, serial: str) -> bool:
    async with audited(settings, "certificates revoke") as done:
        revoked = bool(await take_back(done.tx, serial))
        done.target = f"certificates/{serial}" if revoked else ""
        return revoked


def _line(serial: str, identity: str | None, not_after: datetime, *moments: datetime | None) -> str:
    used, superseded, revoked = moments
    state = "revoked" if revoked else "replaced" if superseded else "used" if used else "unused"
    return f"{serial}  {identity or '-'}  {not_after:%Y-%m-%d}  {state}"
