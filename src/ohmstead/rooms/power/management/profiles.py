"""Charging profiles load management writes: the fallback of an EVSE, and the setpoint of a session with its lease."""

from datetime import UTC, datetime, timedelta

from ohmstead.engines.dlm.planning import Send
from ohmstead.rooms.network.charging_profiles import FALLBACK_LEVEL, SETPOINT_LEVEL
from ohmstead.rooms.network.stations import ChargingProfile, SchedulePeriod
from ohmstead.rooms.power.management.snapshot import Charge, Outlet

SKEW = timedelta(seconds=60)  # a station's clock may be off by so much: start earlier, and end later by the guard


def ids(evse_id: int) -> tuple[int, int]:
    """Of an EVSE's fallback and its setpoint: always the same, so that each replaces itself."""
    return 2 * evse_id, 2 * evse_id + 1


def fallback(outlet: Outlet, amps: float, now: datetime) -> ChargingProfile:
    """What holds whenever no setpoint does: A per line without end."""
    return ChargingProfile(
        id=ids(outlet.id)[0],
        stack_level=FALLBACK_LEVEL,
        purpose="transaction_default",
        kind="absolute",
        unit="A",
        starts_at=now - SKEW,
        periods=(SchedulePeriod(0, amps, len(outlet.wiring.lines)),),
    )


def beginning(outlet: Outlet, now: datetime) -> ChargingProfile:
    """What a session begins with that is started from afar: nothing. The first setpoint has the same id."""
    return ChargingProfile(
        id=ids(outlet.id)[1],
        stack_level=SETPOINT_LEVEL,
        purpose="transaction",
        kind="absolute",
        unit="A",
        starts_at=now - SKEW,
        periods=(SchedulePeriod(0, 0.0, len(outlet.wiring.lines)),),
    )


def setpoint(outlet: Outlet, charge: Charge, send: Send) -> ChargingProfile:
    """The limit of a session for the lease, then the fallback, whether anyone is there to say so or not."""
    starts = datetime.fromtimestamp(send.starts, UTC) - SKEW
    count = len(outlet.wiring.lines)
    periods = [SchedulePeriod(0, send.amps, count)]
    if send.until is not None and send.amps != send.fallback:
        ends = round(send.until - send.starts + SKEW.total_seconds())
        periods.append(SchedulePeriod(ends, send.fallback, count))
    return ChargingProfile(
        id=ids(outlet.id)[1],
        stack_level=SETPOINT_LEVEL,
        purpose="transaction",
        kind="absolute",
        unit="A",
        starts_at=starts,
        periods=tuple(periods),
        transaction_ref=charge.transaction_ref,
    )
