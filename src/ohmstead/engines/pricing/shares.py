"""Exact sums in whole numbers, and the largest remainder: a rounded whole in parts that add up to it.

Cents are the last digit of a currency's amounts. Exact prices are counted in `FINE` parts of one: more digits than any
price has.
"""

from collections.abc import Sequence
from decimal import Decimal

_DIGITS = 36
FINE = 10**_DIGITS


def fine(amount: Decimal, places: int) -> int:
    """An amount of a currency with so many digits, exactly."""
    return int(amount.scaleb(places + _DIGITS))


def half_up(value: int, divided_by: int = FINE) -> int:
    """By magnitude: -2.5 is -3."""
    return (2 * value + divided_by) // (2 * divided_by) if value >= 0 else -half_up(-value, divided_by)


def shared(whole: int, parts: Sequence[int], divided_by: int = FINE) -> list[int]:
    """Each part is divided and floored; what is missing goes to the largest fractions, of equal ones to the earlier."""
    if len(parts) < 2:
        return [whole] * len(parts)
    divided = [divmod(part, divided_by) for part in parts]
    shares = [share for share, _ in divided]
    if missing := whole - sum(shares):
        each, left = divmod(missing, len(shares))
        order = sorted(range(len(shares)), key=lambda number: -divided[number][1])
        for place, number in enumerate(order):
            shares[number] += each + (place < left)
    return shares
