"""`ohmstead price`, as an operator runs it who was asked why."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.client import Client
from tests.given import Given
from tests.rooms.booked import running  # noqa: F401 - the fixture
from tests.rooms.prices import MINUTES, Place, place

OHMSTEAD = Path(sys.executable).with_name("ohmstead")


@pytest.fixture
async def there(api: Client, given: Given) -> Place:
    return await place(api, given)


async def ran(there: Place, session: int) -> tuple[int, str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("OHMSTEAD_")}
    done = await asyncio.to_thread(
        subprocess.run, [str(OHMSTEAD), "price", str(session)], capture_output=True, text=True, timeout=60,
        env=plain | {"OHMSTEAD_DATABASE_URL": there.system.dsn},
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


async def test_slices_fees_and_lines(there: Place) -> None:
    day = {"dayTariffStart": "09:30", "nightTariffStart": "22:00", "name": "Two"}
    prices = {"dayPricePerKwh": 0.5, "nightPricePerKwh": 0.3, "dayPricePerPeriod": 0.03, "nightPricePerPeriod": 0.01}
    await there.charges_by(await there.tariff("duration+energy time of day", **day, **prices, **MINUTES))
    number = await there.starts()
    await there.reads(number, (30, 3000))
    status, told, _ = await ran(there, 1)
    assert (status, told.splitlines()[-1]) == (0, "It is not final yet.")
    await there.stops(number, 60, 5000)
    await there.settled()
    status, told, _ = await ran(there, 1)
    assert status == 0, told
    assert "Tariff 'Two' (duration+energy time of day), snapshot 1, clocks of Europe/Berlin" in told
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in told.splitlines() if line.startswith("│")]
    assert rows[:2] == [
        ["03-02 09:00:00", "03-02 09:30:00", "2.000", "charging", "dayPeriod night",
         "energy 0.60, charging_time 0.30", "0.90"],
        ["03-02 09:30:00", "03-02 10:00:00", "2.000", "charging", "dayPeriod day",
         "energy 1.00, charging_time 0.90", "1.90"],
    ]  # fmt: skip
    assert ["charging_time", "30", "minute", "0.03", "0.90", "0.76"] in rows
    assert "Total: 2.80 EUR, without tax 2.35 (19 % tax)" in told
    assert told.splitlines()[-1] == "This is what is stored."


async def test_what_is_stored_is_something_else(there: Place) -> None:
    await there.charges_by(await there.tariff(pricePerKwh=0.5))
    await there.stops(await there.starts(), 60, 5000)
    await there.settled()
    async with there.system.database.begin() as tx:
        await tx.run(text("UPDATE session SET amount_with_tax = 9"))
    status, _, wrong = await ran(there, 1)
    assert (status, wrong) == (1, "This is not what is stored: 9 is stored with tax, 2.00 follows.\n")


async def test_without_a_tariff_and_without_a_session(there: Place) -> None:
    await there.stops(await there.starts(), 60, 5000)
    await there.settled()
    status, told, _ = await ran(there, 1)
    assert (status, "there is nothing to pay" in told, told.splitlines()[-1]) == (0, True, "This is what is stored.")
    assert await ran(there, 9) == (1, "", "ohmstead: there is no session 9\n")
