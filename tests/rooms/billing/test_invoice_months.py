"""Months that are invoiced: each once, on the operator's calendar, also those in which no server was there."""

from datetime import UTC, datetime

from ohmstead.app.system import System
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents.invoice_months import invoice_month, note_months
from ohmstead.rooms.operator import settings
from tests.rooms.booked import running  # noqa: F401 - the fixture


async def noted(system: System, day: datetime | None = None) -> list[Row]:
    """What is known once the months are noted, on a day if one is named."""
    if day is not None:
        await system.clock.advance((day - system.clock.now()).total_seconds())
    async with system.database.begin() as tx:
        await note_months(tx)
        return [*await tx.all(invoice_month.select().order_by(invoice_month.c.month))]


async def monthly(system: System, invoices: str = "monthly", zone: str = "Europe/Berlin") -> None:
    async with system.database.begin() as tx:
        await settings.put(tx, "regional", timeZone=zone)
        await settings.put(tx, "documents", invoices=invoices)


async def test_none_is_noted_where_invoices_are_not_monthly(system: System) -> None:
    assert await noted(system) == []


async def test_a_month_is_one_of_the_operators_clock(system: System) -> None:
    await monthly(system)
    (march,) = await noted(system)
    assert (march["month"].isoformat(), march["starts_at"]) == ("2026-03-01", datetime(2026, 2, 28, 23, tzinfo=UTC))
    assert march["ends_at"] == datetime(2026, 3, 31, 22, tzinfo=UTC)  # it is summer by then
    assert march["due_at"] == datetime(2026, 4, 1, 1, tzinfo=UTC)


async def test_each_is_noted_once_and_none_left_out(system: System) -> None:
    await monthly(system)
    await noted(system)
    months = await noted(system, datetime(2027, 1, 9, tzinfo=UTC))
    assert await noted(system) == months
    assert [one["month"].month for one in months] == [*range(3, 13), 1]
    assert [one["starts_at"] for one in months[1:]] == [one["ends_at"] for one in months[:-1]]


async def test_the_last_hour_of_a_month_is_in_it(system: System) -> None:
    await monthly(system, zone="America/New_York")
    months = await noted(system, datetime(2026, 4, 1, 3, 59, tzinfo=UTC))
    assert [one["month"].month for one in months] == [3]
    assert [one["month"].month for one in await noted(system, datetime(2026, 4, 1, 4, tzinfo=UTC))] == [3, 4]


async def test_another_zone_leaves_no_hour_out(system: System) -> None:
    await monthly(system)
    await noted(system)
    await monthly(system, zone="Pacific/Auckland")
    march, april = await noted(system, datetime(2026, 4, 9, tzinfo=UTC))
    assert april["starts_at"] == march["ends_at"]
    assert april["ends_at"] == datetime(2026, 4, 30, 12, tzinfo=UTC)


async def test_months_without_monthly_invoices_end_with_the_setting(system: System) -> None:
    await monthly(system)
    await noted(system)
    await monthly(system, invoices="on_request")
    assert len(await noted(system, datetime(2026, 6, 9, tzinfo=UTC))) == 1
