"""Telling the world of a profile that a charge point took: one fact for each that was sent, whoever sent it."""

from datetime import datetime
from typing import Any

from ohmstead.kit.db import Tx
from ohmstead.kit.views import stamp
from ohmstead.rooms.charging.durable_facts import ChargingProfileApplied
from ohmstead.rooms.devices.profiles.given import shown
from ohmstead.rooms.devices.stations import ChargingProfile


def tell_applied(
    tx: Tx,
    profile: ChargingProfile,
    *,
    charge_point_id: int,
    evse_id: int | None,
    session_id: int | None,
    at: datetime | None = None,
    unused: bool = False,
) -> None:
    """`evse_id` is None for a whole charge point, `session_id` where it is for no session, `at` where it is now.
    `unused`: for a vehicle that takes nothing."""
    tx.tell(
        ChargingProfileApplied(
            charge_point_id=charge_point_id,
            evse_id=evse_id,
            session_id=session_id,
            applied_at=stamp(at or tx.now),
            charging_profile=_told(profile),
            unused=unused,
        )
    )


def _told(profile: ChargingProfile) -> dict[str, Any]:
    """As the API shows it, but that the notification spells how it recurs in small letters."""
    told = shown(profile)
    return told | ({"recurrencyKind": profile.recurrency} if profile.recurrency else {})
