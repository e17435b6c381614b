"""Electricity cost: what the energy of a session costs at the prices of an electricity rate, and what a source on the
spot saved of that. Exact: nothing is rounded here."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction

from msgspec import Struct

from ohmstead.engines.electricity_prices import Price
from ohmstead.engines.pricing.model import Stretch

_MICROSECOND = timedelta(microseconds=1)


class LocalShare(Struct, frozen=True, gc=False):
    """Through [start, end) this part of what was drawn, 0 to 1, came from a source on the spot."""

    start: datetime
    end: datetime
    share: float


class ElectricityCost(Struct, frozen=True):
    """`grid` is what the energy from the grid costs, `saved` what the rest would have cost, in the currency of the
    prices and with tax; `local_wh` is that rest."""

    grid: Fraction
    saved: Fraction
    local_wh: Fraction


def electricity_cost(
    stretches: Iterable[Stretch], prices: Sequence[Price], shares: Sequence[LocalShare] = ()
) -> ElectricityCost:
    """Of a session. All are in order, and the prices leave no hole in it; where there is no share all energy comes from
    the grid."""
    grid = saved = local = Fraction(0)
    for start, _, energy in _cut(stretches, [*_ends(prices), *_ends(shares)]):
        price = Fraction(_at(prices, start).per_kwh) / 1000
        here = energy * _share(shares, start)
        grid, saved, local = grid + (energy - here) * price, saved + here * price, local + here
    return ElectricityCost(grid, saved, local)


def local_energy(
    stretches: Iterable[Stretch], shares: Sequence[LocalShare], start: datetime, end: datetime
) -> Fraction:
    """Wh of what a session drew in [start, end) that came from a source on the spot."""
    parts = _cut(stretches, [start, end, *_ends(shares)])
    return sum((energy * _share(shares, of) for of, to, energy in parts if start <= of and to <= end), Fraction(0))


def _ends(parts: Sequence[Price] | Sequence[LocalShare]) -> Iterator[datetime]:
    return (border for one in parts for border in (one.start, one.end))


def _cut(stretches: Iterable[Stretch], borders: Iterable[datetime]) -> Iterator[tuple[datetime, datetime, Fraction]]:
    """The stretches in which something flowed, cut at the borders, with the Wh of each part: energy flows evenly."""
    ordered = sorted(set(borders))
    for one in stretches:
        if not one.energy_wh:
            continue
        within = ordered[bisect_right(ordered, one.start) : bisect_left(ordered, one.end)]
        length = (one.end - one.start) // _MICROSECOND
        for start, end in zip([one.start, *within], [*within, one.end], strict=True):
            part = Fraction((end - start) // _MICROSECOND, length) if length else Fraction(1)
            yield start, end, one.energy_wh * part


def _at(prices: Sequence[Price], moment: datetime) -> Price:
    """The price in force; at the very end the last one."""
    return prices[max(0, bisect_right(prices, moment, key=lambda one: one.start) - 1)]


def _share(shares: Sequence[LocalShare], moment: datetime) -> Fraction:
    number = bisect_right(shares, moment, key=lambda one: one.start) - 1
    known = number >= 0 and moment < shares[number].end
    return Fraction(shares[number].share) if known else Fraction(0)
