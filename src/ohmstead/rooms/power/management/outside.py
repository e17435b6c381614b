"""Outside limits in load management: they bind what an EVSE may draw, and what those of a station may draw together."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from ohmstead.engines.dlm.allocate import Demand
from ohmstead.rooms.devices.profiles.limits import most
from ohmstead.rooms.devices.stations import ChargingProfile
from ohmstead.rooms.power.management.snapshot import Outlet


def left(profiles: Iterable[ChargingProfile], outlet: Outlet, now: datetime, volts: float) -> float | None:
    """A a phase that all of these leave; None while none of them says anything."""
    began, lines = outlet.charge.started_at if outlet.charge else now, len(outlet.wiring.lines)
    said = (most([one], now, began, outlet.volts(volts), lines) for one in profiles)
    return min((amps for amps in said if amps is not None), default=None)


def within(limit: float, demands: list[Demand]) -> list[Demand]:
    """The demands of one station, cut so that together they stay below a limit (A a phase).

    Those that cannot have their minimum beside the others wait, running ones and then the earliest first; the rest is
    shared evenly, and what one has no use for goes to the others.
    """
    chosen: list[Demand] = []
    for one in sorted(demands, key=lambda one: (not one.running, one.arrived)):
        if sum(other.min for other in chosen) + one.min <= limit:
            chosen.append(one)
    room, shares = limit - sum(one.min for one in chosen), {one.id: one.min for one in chosen}
    hungry = sorted(chosen, key=lambda one: one.max - one.min)
    for place, one in enumerate(hungry):
        more = min(max(0.0, one.max - one.min), room / (len(hungry) - place))
        shares[one.id] += more
        room -= more
    return [replace(one, max=min(one.max, shares.get(one.id, 0.0))) for one in demands]
