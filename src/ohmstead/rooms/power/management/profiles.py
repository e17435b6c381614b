"""Charging profiles load management writes: the fallback of an EVSE, and the setpoint of a session with its lease."""

from datetime import UTC, datetime, timedelta
from math import sqrt

from ohmstead.engines.dlm.planning import Send
from ohmstead.rooms.network.charging_profiles import FALLBACK_LEVEL, SETPOINT_LEVEL
from ohmstead.rooms.network.stations import ChargingProfile, SchedulePeriod
from ohmstead.rooms.power.management.snapshot import Charge, Outlet

SAG = 0.9  # how far a voltage may fall (EN 50160)
HIGHEST_TO_NEUTRAL_V = 277.0  # what is higher is between lines
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
        unit=outlet.unit,
        starts_at=now - SKEW,
        periods=(_period(outlet, 0, amps),),
    )


def beginning(outlet: Outlet, now: datetime) -> ChargingProfile:
    """What a session begins with that is started from afar: nothing. The first setpoint has the same id."""
    return ChargingProfile(
        id=ids(outlet.id)[1],
        stack_level=SETPOINT_LEVEL,
        purpose="transaction",
        kind="absolute",
        unit=outlet.unit,
        starts_at=now - SKEW,
        periods=(_period(outlet, 0, 0.0),),
    )


def setpoint(outlet: Outlet, charge: Charge, send: Send) -> ChargingProfile:
    """The limit of a session for the lease, then the fallback, whether anyone is there to say so or not."""
    starts = datetime.fromtimestamp(send.starts, UTC) - SKEW
    periods = [_period(outlet, 0, send.amps)]
    if send.until is not None and send.amps != send.fallback:
        ends = round(send.until - send.starts + SKEW.total_seconds())
        periods.append(_period(outlet, ends, send.fallback))
    return ChargingProfile(
        id=ids(outlet.id)[1],
        stack_level=SETPOINT_LEVEL,
        purpose="transaction",
        kind="absolute",
        unit=outlet.unit,
        starts_at=starts,
        periods=tuple(periods),
        transaction_ref=charge.transaction_ref,
    )


def _period(outlet: Outlet, start_s: int, amps: float) -> SchedulePeriod:
    limit = amps if outlet.unit == "A" else amps * _watts_an_amp(outlet)
    return SchedulePeriod(start_s, limit, len(outlet.wiring.lines))


def _watts_an_amp(outlet: Outlet) -> float:
    """So few that no line carries more than is meant even at the lowest voltage; three lines carry the square root of 3
    times what the voltage between two of them gives."""
    lines, delta = len(outlet.wiring.lines), outlet.details.get("electricalConfiguration") == "delta"
    usual = "400" if lines == 3 and not delta else "230"
    volts = SAG * float((outlet.details.get("maxVoltage") or usual).split("-")[0])
    if lines == 3:
        return volts * sqrt(3)
    return volts / sqrt(3) if lines == 1 and volts > SAG * HIGHEST_TO_NEUTRAL_V else volts
