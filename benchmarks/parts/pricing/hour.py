"""Sessions of an hour with a reading each minute, priced from their readings on; and what any program of this language
would do at least with as many readings."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ohmstead.engines.idle import IdleRules, Read, stretches
from ohmstead.engines.pricing import price_of, terms_of
from parts.pricing.tariffs import contents

START = datetime(2026, 11, 24, 13, 0, tzinfo=UTC)  # 14:00 at the place: prices change in the middle
MINUTE, READINGS = timedelta(minutes=1), 60
CENT = Decimal("0.01")
TARGET = 1000
LEVEL_WH = 150  # a minute at 9 kW


def readings(start: datetime = START) -> list[Read]:
    """It charges, stands still from the 25th to the 35th minute and from the 50th on, and charges between."""
    found, energy = [], 0
    for minute in range(1, READINGS + 1):
        still = 25 < minute <= 35 or minute > 50
        energy += 0 if still else LEVEL_WH + minute % 7
        found.append(Read(start + minute * MINUTE, energy))
    return found


def bare_pass(reads: list[Read]) -> Decimal:
    """A product and a sum of decimals for each reading, and one rounding."""
    price, amount, before = Decimal("0.49"), Decimal(0), 0.0
    for read in reads:
        amount += price * int(read.energy_wh - before) / 1000
        before = read.energy_wh
    return amount.quantize(CENT, ROUND_HALF_UP)


def a_second(work: Callable[[], object], seconds: float) -> float:
    """How often it is done in a second of CPU."""
    work()
    count, start = 0, time.thread_time()
    while (spent := time.thread_time() - start) < seconds:
        work()
        count += 1
    return count / spent


def measure(content: dict[str, Any], seconds: float) -> tuple[float, float, float]:
    """Sessions a second: priced from their readings, priced from their stretches, and bare passes."""
    terms, reads, rules, end = terms_of(content), readings(), IdleRules(), START + READINGS * MINUTE
    cut = stretches(START, end, reads, (), rules)
    whole = a_second(lambda: price_of(terms, START, stretches(START, end, reads, (), rules)), seconds)
    return whole, a_second(lambda: price_of(terms, START, cut), seconds), a_second(lambda: bare_pass(reads), seconds)


def measure_all(seconds: float) -> None:
    """Print the table."""
    print(f"{'a session of 60 readings, a second of CPU':<42} {'whole':>8} {'priced':>8} {'bare':>8} {'of bare':>8}")
    for type, content in contents():
        whole, priced, bare = measure(content, seconds)
        print(f"{type:<42} {whole:>8,.0f} {priced:>8,.0f} {bare:>8,.0f} {whole / bare:>8.3f}")
    print(f"target: at least {TARGET:,} of each type")
