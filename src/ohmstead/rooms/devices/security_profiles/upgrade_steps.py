"""Steps: what a charge point has to be given or told next so that it uses a higher security profile.

OCPP 1.6 security whitepaper A01, A02, A05, M01; OCPP 2.0.1 A01, A02, A05, B09, B10, M05.
"""

import secrets
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, exists, select

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.devices.certificates.authority import authority
from ohmstead.rooms.devices.certificates.installing import install
from ohmstead.rooms.devices.certificates.tables import installed_certificate, issued_certificate
from ohmstead.rooms.devices.configuration.variable_store import keep_taken
from ohmstead.rooms.devices.security_profiles.addresses import addresses
from ohmstead.rooms.devices.stations import (
    AGREED,
    ChangeConfiguration,
    Command,
    GetConfiguration,
    Outcome,
    Reset,
    SetNetworkProfile,
    StationRefused,
    TriggerMessage,
    stations,
)
from ohmstead.rooms.network.charge_points.table import charge_point

Begin = Callable[[], AbstractAsyncContextManager[Tx]]
KEY_BYTES = 20  # AuthorizationKey holds 16 to 20 bytes, as up to 40 hexadecimal digits (whitepaper, section 6)
PRIORITY = "OCPPCommCtrlr.NetworkConfigurationPriority"

_own, _issued, _installed = charge_point.c, issued_certificate.c, installed_certificate.c
_STANDS = Statement(
    select(
        _own.current_security_profile,
        _own.network_password,
        _own.ocpp_version,
        exists().where(
            _issued.charge_point_id == _own.id, _issued.accepted_at.is_not(None), _issued.revoked_at.is_(None),
            _issued.superseded_at.is_(None), _issued.not_after > bindparam("now"),
        ).label("has_certificate"),
        exists().where(
            _installed.charge_point_id == _own.id, _installed.type == "CSMSRootCertificate"
        ).label("has_root"),
    ).where(_own.id == bindparam("station", type_=BigInteger))
)  # fmt: skip


class Taken(Struct, frozen=True):
    """A step that was taken, by the stage it leads to; `waits` comes to the next step by itself."""

    stage: str


DONE, NEXT, CERTIFICATE, TOLD = Taken("done"), Taken("waits"), Taken("certificate"), Taken("told")


async def step(begin: Begin, raising: Row) -> Taken:
    """Take the next step; raises a `StationError` where the station does not follow."""
    station, profile = raising["charge_point_id"], raising["trying"]
    async with begin() as tx:
        stands = await tx.one(_STANDS, station=station, now=authority.current.moment())
    if stands is None or (stands["current_security_profile"] or 0) >= profile:
        return DONE
    if profile in (1, 2) and stands["network_password"] is None:
        await _give_password(begin, station, stands["ocpp_version"])
        return NEXT
    if profile >= 2 and addresses.current.needs_root and not stands["has_root"]:
        await install(begin, station, "CSMSRootCertificate")
        return NEXT
    if profile == 3 and not stands["has_certificate"]:
        await _ask(station, TriggerMessage(message="SignChargePointCertificate"))
        return CERTIFICATE
    await (_change_1_6 if stands["ocpp_version"] == "1.6" else _change_2)(begin, station, profile)
    return TOLD


async def _give_password(begin: Begin, station: int, version: str | None) -> None:
    """One that nobody knows but the station, and we its hash."""
    key = secrets.token_hex(KEY_BYTES)
    if version == "1.6":
        change = ChangeConfiguration(key="AuthorizationKey", value=key)
    else:
        change = ChangeConfiguration(key="BasicAuthPassword", value=key, component="SecurityCtrlr")
    outcome = await _ask(station, change)
    async with begin() as tx:
        await keep_taken(tx, station, change, outcome.status)


async def _change_1_6(begin: Begin, station: int, profile: int) -> None:
    """It connects anew by itself; one that does not without a restart says so."""
    outcome = await _ask(station, ChangeConfiguration(key="SecurityProfile", value=str(profile)))
    if outcome.status == "RebootRequired":
        await _ask(station, Reset(kind="soft"))


async def _change_2(begin: Begin, station: int, profile: int) -> None:
    """The new network profile goes first, before those the station has, to which it falls back; a restart follows."""
    url = addresses.current.of(profile)
    if url is None:
        raise StationRefused("NotSupported", "nobody said where this system is reached by that security profile")
    told = await stations.current.call(station, GetConfiguration(keys=(PRIORITY,)))
    slots = [slot.strip() for one in told.settings for slot in (one.value or "").split(",") if slot.strip()]
    slot = "2" if slots[:1] == ["1"] else "1"
    await _ask(station, SetNetworkProfile(slot=int(slot), url=url, security_profile=profile))
    order = ",".join([slot, *(other for other in slots if other != slot)])
    component, _, key = PRIORITY.partition(".")
    await _ask(station, ChangeConfiguration(key=key, value=order, component=component))
    await _ask(station, Reset(kind="soft"))


async def _ask(station: int, command: Command) -> Outcome:
    outcome = await stations.current.call(station, command)
    if outcome.status not in AGREED:
        raise StationRefused(outcome.status)
    return outcome
