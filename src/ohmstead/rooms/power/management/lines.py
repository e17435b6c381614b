"""Lines: the current on each line of an EVSE, from what its station tells of currents and power."""

from collections.abc import Mapping, Sequence

from ohmstead.rooms.devices.profiles.units import watts_an_amp
from ohmstead.rooms.power.management.snapshot import Outlet

APART = 1.25, 1.0  # a power contradicts the currents where it is so many times as much, and A more
ANOTHER = 0.2  # share by which a voltage is not just another name for the usual one
IDLE = 0.1  # share of the told current below which the power says that the untold lines carry none


def lines_of(outlet: Outlet, currents: Mapping[str, float], power_w: float | None, volts: float) -> list[float] | None:
    """A on the EVSE's own lines, from currents by the names of its lines, or from a measured power; None: not told.

    A line that is not told carries what the power leaves for it, or, without one, as much as those that are. Where the
    power says clearly more than the currents, it goes first; more than the EVSE is rated for it cannot be. A DC one is
    taken to tell what it gives, as OCPP has it for a reading of the outlet (what is read at the inlet is another
    meter's); where its efficiency is not known, it takes just that from the grid.
    """
    count = outlet.wiring.uses
    together = None if power_w is None else _together(outlet, power_w, volts)
    if not currents:
        return None if together is None else [together / count] * count
    if together is not None and together > count * outlet.rating * APART[0] + APART[1]:
        together = None
    named = [currents.get(f"L{line}") for line in (1, 2, 3)]
    if count == 1 or all(value is None for value in named):
        return _raised([max(currents.values())] * count, together, outlet.rating)
    return _raised(_filled(named[:count], together), together, outlet.rating)


def _together(outlet: Outlet, power_w: float, volts: float) -> float:
    """A on its lines, added up."""
    return max(0.0, power_w) / _watts(outlet, volts) * outlet.wiring.uses


def _watts(outlet: Outlet, volts: float) -> float:
    """W that it tells at 1 A on each of its lines: at the usual voltage, or where it lies between lines, or its voltage
    is quite another, at that."""
    usual, own = volts * outlet.wiring.uses, watts_an_amp(outlet.wiring.uses, outlet.details, sag=1)
    return (own if abs(own - usual) > usual * ANOTHER else usual) * (outlet.efficiency or 1.0)


def against_limit(outlet: Outlet, own: Sequence[float], power_w: float | None, volts: float) -> float:
    """A for which a draw counts beside its limit: those of the busiest of its `own` lines. A limit in W is reckoned at
    the lowest voltage, and so is its draw: who draws all the W he was told draws all of it."""
    if outlet.unit == "A":
        return max(own)
    given = max(own) * _watts(outlet, volts) if power_w is None else max(0.0, power_w)
    return max(*own, given / outlet.watts_an_amp())


def _filled(named: Sequence[float | None], together: float | None) -> list[float]:
    told = [value for value in named if value is not None]
    most, untold = max(told, default=0.0), max(1, len(named) - len(told))
    left = most
    if together is not None and together * APART[0] + APART[1] >= sum(told):  # else the power is no more to be believed
        left = (together - sum(told)) / untold
    rest = left if left > most * IDLE else 0.0
    return [rest if value is None else value for value in named]


def _raised(amps: list[float], together: float | None, rating: float) -> list[float]:
    """Where the power says more: all lines by the same factor, or evenly where that is more than one can carry."""
    total, (times, more) = sum(amps), APART
    if together is None or together <= total * times + more:
        return amps
    if total > 0 and max(amps) * together / total <= rating * times:
        return [value * together / total for value in amps]
    return [together / len(amps)] * len(amps)
