"""What charging profiles allow at a moment (OCPP 1.6, 3.13): which one holds, and its limit."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod

_EVERY = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}


def period_at(profile: ChargingProfile, at: datetime, began: datetime) -> SchedulePeriod | None:
    """The period in force for a charge that began at `began`; None where the profile says nothing of this moment."""
    if (profile.valid_from and at < profile.valid_from) or (profile.valid_to and at >= profile.valid_to):
        return None
    since = (at - _start(profile, at, began)).total_seconds()
    if since < 0 or (profile.duration_s is not None and since >= profile.duration_s):
        return None
    return max((one for one in profile.periods if one.start_s <= since), key=lambda one: one.start_s, default=None)


def _start(profile: ChargingProfile, at: datetime, began: datetime) -> datetime:
    """When its schedule began, the last time where it recurs."""
    if profile.kind == "relative" or profile.starts_at is None:
        return began
    if profile.kind == "absolute" or profile.recurrency is None or at < profile.starts_at:
        return profile.starts_at
    every = _EVERY[profile.recurrency]
    return profile.starts_at + (at - profile.starts_at) // every * every


def borders(profile: ChargingProfile, since: datetime, until: datetime, began: datetime) -> Iterator[datetime]:
    """The moments in [since, until) at which it may say something else than before."""
    every = _EVERY.get(profile.recurrency or "") if profile.kind == "recurring" else None
    start = _start(profile, since, began)
    offsets = [timedelta(seconds=one.start_s) for one in profile.periods]
    offsets += [] if profile.duration_s is None else [timedelta(seconds=profile.duration_s)]
    while start < until:
        yield from (start + offset for offset in offsets if since <= start + offset < until)
        if every is None:
            break
        start += every
    yield from (one for one in (profile.valid_from, profile.valid_to) if one is not None and since <= one < until)


def most(profiles: Iterable[ChargingProfile], at: datetime, began: datetime, volts: float, phases: int) -> float | None:
    """A a phase that profiles of one EVSE, those that go first at the front, leave together; None: as much as it likes.

    Of each purpose the first that says anything holds; one for the transaction stands in for the default.
    """
    found: dict[str, float] = {}
    for profile in profiles:
        period = period_at(profile, at, began)
        if period is not None:
            found.setdefault(profile.purpose, _amps(profile, period, volts, phases))
    if "transaction" in found:
        found.pop("transaction_default", None)
    return min(found.values(), default=None)


def _amps(profile: ChargingProfile, period: SchedulePeriod, volts: float, phases: int) -> float:
    if profile.unit == "A":
        return period.limit
    return period.limit / (volts * min(period.phases or 3, phases))
