"""Charging profiles load management writes: the fallback of an EVSE, and the setpoint of a session with its lease."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from ohmstead.engines.dlm.planning import Send
from ohmstead.rooms.devices.profiles.given import FALLBACK_LEVEL, ProfileKind
from ohmstead.rooms.devices.stations import ChargingProfile, ProfilePurpose, SchedulePeriod
from ohmstead.rooms.power.management.snapshot import Charge, Outlet

SKEW = timedelta(seconds=60)  # a station's clock may be off by so much: start earlier, and end later by the guard


def ids(evse_id: int) -> tuple[int, int]:
    """Of an EVSE's fallback and its setpoint: always the same, so that each replaces itself."""
    return 2 * evse_id, 2 * evse_id + 1


def fallback(outlet: Outlet, amps: float, now: datetime, phases: int | None = None) -> ChargingProfile:
    """What holds whenever no setpoint does: A per line without end, on so many lines or all."""
    return ChargingProfile(
        id=ids(outlet.id)[0],
        stack_level=FALLBACK_LEVEL,
        purpose=_resting(outlet),
        kind=_kind(outlet),
        unit=outlet.unit,
        starts_at=_starts(outlet, now),
        periods=(_period(outlet, 0, amps, phases),),
    )


def initial_profile(outlet: Outlet, now: datetime, phases: int | None = None) -> ChargingProfile:
    """What a session begins with that is started from afar: nothing, or the fallback of who cannot begin with nothing.
    The first setpoint has the same id."""
    return ChargingProfile(
        id=ids(outlet.id)[1],
        stack_level=outlet.abilities.setpoint_level,
        purpose="transaction",
        kind=_kind(outlet),
        unit=outlet.unit,
        starts_at=_starts(outlet, now),
        periods=(_period(outlet, 0, outlet.fallback, phases),),
    )


def setpoint(outlet: Outlet, charge: Charge, send: Send, phases: int | None = None) -> ChargingProfile:
    """The limit of a session for the lease, then the fallback, whether anyone is there to say so or not: as a second
    period, or, where there is room for one only, because the fallback below shows through. So it does below one that
    ends by the station's own count of how long it has been offline. One without an end goes to who takes only schedules
    that begin when it likes. With `phases` 1 it is to use one of its lines; None: all of them."""
    sent_at = datetime.fromtimestamp(send.starts, UTC)
    periods, lasts = [_period(outlet, 0, send.amps, phases)], None
    if send.until is not None and send.amps != send.fallback:
        lasts = round(send.until - send.starts + SKEW.total_seconds())
        if outlet.abilities.most_periods != 1:
            periods.append(_period(outlet, lasts, send.fallback, phases))
            lasts = None
    own = ChargingProfile(
        id=ids(outlet.id)[1],
        stack_level=outlet.abilities.setpoint_level,
        purpose="transaction",
        kind=_kind(outlet),
        unit=outlet.unit,
        starts_at=_starts(outlet, sent_at),
        periods=tuple(periods),
        duration_s=lasts,
        transaction_ref=charge.transaction_ref,
    )
    if send.offline_for is not None:
        return _ending_offline(outlet, own, send.offline_for)
    if outlet.steered_by == "transaction":
        return own
    instead = fallback(outlet, send.amps, sent_at)  # the one profile it has of ours: its number, level and purpose
    return replace(own, id=instead.id, stack_level=instead.stack_level, purpose=instead.purpose, transaction_ref=None)


def _ending_offline(outlet: Outlet, own: ChargingProfile, offline_for: float) -> ChargingProfile:
    """It is told so much less as it may need to notice that it is offline."""
    ends = replace(own, offline_s=round(offline_for - (outlet.abilities.notices_offline or 0.0)))
    return replace(ends, kind="dynamic", starts_at=None) if outlet.abilities.dynamic else ends


def _kind(outlet: Outlet) -> ProfileKind:
    return "relative" if outlet.abilities.relative_only else "absolute"


def _starts(outlet: Outlet, at: datetime) -> datetime | None:
    return None if outlet.abilities.relative_only else at - SKEW


def place(outlet: Outlet, profile: ChargingProfile) -> int:
    """The number a profile is laid on: a limit of the whole station on 0."""
    return 0 if profile.purpose == "station_max" else outlet.network_id


def _resting(outlet: Outlet) -> ProfilePurpose:
    return "station_max" if outlet.steered_by == "station_max" else "transaction_default"


def _period(outlet: Outlet, start_s: int, amps: float, phases: int | None = None) -> SchedulePeriod:
    """On so many of its lines, or on all. What lies between two lines is one phase to its station; of a direct current
    nothing is said (OCPP 2.0.1, K01.FR.44)."""
    lines = min(phases or 3, outlet.wiring.uses)
    limit = amps if outlet.unit == "A" else amps * outlet.watts_an_amp(lines)
    return SchedulePeriod(start_s, limit, None if outlet.is_dc else 3 if lines == 3 else 1)
