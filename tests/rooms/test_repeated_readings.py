"""Readings told again, for the answer was lost: stored once, whatever came between; and what is new is not lost."""

from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import func, select

from ohmstead.app.system import System
from ohmstead.rooms.charging import flow
from ohmstead.rooms.charging.facts import Metered, SignedReading
from ohmstead.rooms.charging.flow import repeats
from ohmstead.rooms.charging.meter_values import meter_value, signed_reading
from ohmstead.rooms.charging.readings import Sample
from tests.given import Given
from tests.rooms.charges import Site, energy, later, site, tag


async def stored(system: System, table: Any = meter_value) -> int:
    async with system.database.read() as tx:
        return await tx.value(select(func.count()).select_from(table))


def rich(here: Site, minute: float, transaction: int | None) -> Metered:
    """A message with everything that a row holds."""
    at = later(minute)
    return here.metered(
        energy(at, 1000 + 100 * minute),
        *(Sample(at, "Current.Import", 15.7, "A", line) for line in ("L1", "L2", "L3")),
        Sample(at, "Frequency", 49.99, "Hertz"),
        Sample(at, "Voltage", 1e22, "V"),
        energy(at + timedelta(seconds=1), 1001 + 100 * minute, "Transaction.Begin"),
        transaction=transaction,
    )  # fmt: skip


@pytest.mark.parametrize("together", [True, False], ids=["in one batch", "one after the other"])
@pytest.mark.parametrize("charging", [True, False], ids=["in a session", "in none"])
async def test_what_is_told_three_times_is_stored_once(
    given: Given, system: System, together: bool, charging: bool
) -> None:
    here, card = await site(given), await tag(given)
    number = (await here.starts(card))[0] if charging else None
    told = [rich(here, 10, number) for _ in range(3)]
    for batch in [told] if together else [[one] for one in told]:
        await here.tells(flow.metered, batch)
    assert await stored(system) == 2


async def test_what_was_told_before_others_is_known_too(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    for minute in (1, 2, 3, 1, 2, 3):
        await here.meters(energy(later(minute), 1000 + minute), transaction=number)
    assert await stored(system) == 3
    running = await here.only_session()
    assert (running["energy_wh"], running["anomalies"]) == (3, 0)


async def test_an_anomaly_told_again_is_counted_once(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    for _ in range(2):
        await here.meters(energy(later(2), 900_000), transaction=number)
    assert ((await here.only_session())["anomalies"], await stored(system)) == (1, 1)


async def test_what_comes_late_or_says_else_is_no_repeat(given: Given, system: System) -> None:
    here, card = await site(given, evses=2), await tag(given)
    number, _ = await here.starts(card)
    told = [
        here.metered(energy(later(10), 2000), transaction=number),
        here.metered(energy(later(10), 2001), transaction=number),  # another value
        here.metered(energy(later(10), 2000, "Sample.Clock"), transaction=number),  # another occasion
        here.metered(energy(later(5), 1500), transaction=number),  # was kept while the line was away
        here.metered(energy(later(10), 2000), number=2),  # another outlet
        here.metered(energy(later(10), 2000), number=0),  # the main meter
        here.metered(Sample(later(10), "Frequency", 50, "Hertz"), transaction=number),
        here.metered(Sample(later(10), "Frequency", 51, "Hertz"), transaction=number),
    ]
    for one in told:
        await here.tells(flow.metered, [one])
    assert await stored(system) == len(told)
    await here.tells(flow.metered, told)
    assert await stored(system) == len(told)


async def test_signed_readings_are_told_once(given: Given, system: System) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    one = structs.replace(here.metered(transaction=number), signed=(SignedReading(later(1), "OCMF|{1}|{2}"),))
    other = structs.replace(one, signed=(SignedReading(later(1), "OCMF|{1}|{3}"),))
    for message in (one, one, other, one):
        await here.tells(flow.metered, [message])
    assert await stored(system, signed_reading) == 2


async def test_who_tells_nothing_twice_pays_for_nothing(given: Given, monkeypatch: pytest.MonkeyPatch) -> None:
    here, card = await site(given), await tag(given)
    number, _ = await here.starts(card)
    monkeypatch.setattr(repeats, "_STORED", None)  # to look into the table would fail
    await here.tells(flow.metered, [here.metered(energy(later(n), 1000 + n), transaction=number) for n in (1, 2)])
    await here.meters(energy(later(3), 1003), transaction=number)
