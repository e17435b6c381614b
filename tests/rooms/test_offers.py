"""Meters that tell how much is on offer: next to nothing withholds, but from those that never tell of more."""

import pytest

from ohmstead.engines.idle import Mark
from ohmstead.rooms.charging.pricing import offers
from ohmstead.rooms.charging.pricing.marks import marks_of
from ohmstead.rooms.charging.readings import Sample
from tests.given import Given
from tests.rooms.charges import Site, energy, later, site


@pytest.fixture
async def here(given: Given) -> Site:
    offers._low.clear()
    return await site(given)


async def reads(here: Site, told: list[float], measurand: str = "Current.Offered", unit: str = "A") -> list[Mark]:
    """The marks of a new session whose meter told of these offers, a minute each."""
    number, _ = await here.starts(f"{measurand}/{len(await here.sessions())}", later(0), 0)
    for minute, value in enumerate(told, 1):
        at = later(minute)
        await here.meters(energy(at, minute), Sample(at, measurand, value, unit), transaction=number)
    key = (await here.sessions())[-1]["id"]
    async with here.system.database.read() as tx:
        return (await marks_of(tx, [key]))[key]


async def test_nothing_on_offer_withholds_until_something_is(here: Site) -> None:
    assert await reads(here, [16, 16, 0, 0, 16]) == [Mark(later(3), "unoffered"), Mark(later(5), "offered")]


async def test_power_says_it_too_and_what_comes_together_is_told_apart(here: Site) -> None:
    assert await reads(here, [200, 199], "Power.Offered", "W") == [Mark(later(2), "unoffered")]
    assert await reads(here, [0.3, 0.2]) == [Mark(later(2), "unoffered")]  # three lines


async def test_a_meter_that_never_tells_of_more_says_nothing(here: Site) -> None:
    assert await reads(here, [0, 0, 0]) == []


async def test_who_tells_the_same_costs_no_statement(here: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    async def mark(tx: object, sayings: object) -> None:
        asked.append(sayings)

    monkeypatch.setattr(offers, "mark", mark)
    await reads(here, [16, 16, 16, 0, 0])
    assert len(asked) == 2
