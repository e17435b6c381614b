"""Smart charging as every version commands it: profiles are set and cleared, and what they add up to is told."""

from datetime import datetime
from typing import Any

from ohmstead.simulator.charging_profile import Profile, Purpose, Unit
from ohmstead.simulator.charging_profiles import ProfileRefused
from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.profile_wire import schedule_of


def install(context: HandlerContext, profile: Profile, unnamed: bool) -> Answer:
    """Lay a profile. One for a transaction needs one that runs, and that is the one it names; it may leave it `unnamed`
    in OCPP 1.6 (5.16), not in 2.0.1 (K01.FR.03, K01.FR.09)."""
    if not context.has(profile.connector, or_station=True) or not _in_time(context, profile, unnamed):
        return status("Rejected")
    try:
        with context.station.charging.change():
            context.station.hardware.profiles.install(profile)
    except ProfileRefused:
        return status("Rejected")
    return status("Accepted")


def clear(
    context: HandlerContext, id: int | None, connector: int | None, purpose: Purpose | None, level: int | None
) -> Answer:
    """Take off what matches all that is given."""
    with context.station.charging.change():
        cleared = context.station.hardware.profiles.clear(id, connector, purpose, level)
    return status("Accepted" if cleared else "Unknown")


def composite(
    context: HandlerContext, connector: int, duration_s: int, unit: str | None
) -> tuple[datetime, dict[str, Any]] | None:
    """What the profiles add up to from now on, and since when, for a connector or all together for the station (0);
    None where there is no such one."""
    if not context.has(connector, or_station=True) or duration_s <= 0:
        return None
    now = context.now().replace(microsecond=0)
    steps = context.station.hardware.schedule(connector, now, duration_s)
    return now, schedule_of(steps, Unit(unit or "A"), duration_s)


def _in_time(context: HandlerContext, profile: Profile, unnamed: bool) -> bool:
    if profile.purpose is not Purpose.TRANSACTION:
        return True
    running = next((c.transaction for c in context.connectors if c.id == profile.connector), None)
    if running is None:
        return False
    return profile.transaction_id == running.id or (unnamed and profile.transaction_id is None)
