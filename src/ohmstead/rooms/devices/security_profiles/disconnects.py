"""Dismissals: a charge point whose connection is no longer what it may have is cut off, and comes again if it may."""

from ohmstead.kit.db import Tx
from ohmstead.kit.facts import on
from ohmstead.kit.writes import Write
from ohmstead.rooms.devices.certificates.authority import revoke_all
from ohmstead.rooms.devices.durable_facts import CertificateRevoked, ChargePointDismissed
from ohmstead.rooms.devices.stations import Disconnect, StationError, stations
from ohmstead.rooms.network.charge_points import charge_points

CHANGED = {"network_password": "its password was changed", "network_id": "its identity was changed"}


@charge_points.updated
async def what_it_came_in_by_is_no_more(write: Write) -> None:
    """A connection outlives neither the password it came in by, nor the identity, nor the charge point."""
    reason = _reason(write)
    if reason is not None:
        write.tx.tell(ChargePointDismissed(id=write.id, reason=reason))


@charge_points.deleted
async def it_is_no_more(write: Write) -> None:
    write.tx.tell(ChargePointDismissed(id=write.id, reason="the charge point was deleted"))
    await revoke_all(write.tx, write.id)


def _reason(write: Write) -> str | None:
    assert write.before is not None
    if write.values.get("status", write.before["status"]) == "disabled" != write.before["status"]:
        return "the charge point was disabled"
    return next((why for column, why in CHANGED.items() if _is_new(write, column)), None)


def _is_new(write: Write, column: str) -> bool:
    return column in write.values and write.values[column] != (write.before or {})[column]


@on(ChargePointDismissed)
async def cut_off(tx: Tx, fact: ChargePointDismissed) -> None:
    await _dismiss(fact.id, fact.reason)


@on(CertificateRevoked)
async def cut_off_by_certificate(tx: Tx, fact: CertificateRevoked) -> None:
    if fact.charge_point_id is not None:
        await _dismiss(fact.charge_point_id, "its certificate was revoked")


async def _dismiss(charge_point_id: int, reason: str) -> None:
    try:
        await stations.current.call(charge_point_id, Disconnect(reason=reason))
    except StationError:
        return  # it is not there
