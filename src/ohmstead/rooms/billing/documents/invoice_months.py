"""Months that are invoiced: a row for each calendar month of the operator's zone in which invoices are monthly. It is
due at 03:00 of the day after, until all of it is done: days without a server put it off and leave nothing out."""

from collections.abc import Iterator
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Column, Date, Index, Integer, select, text
from sqlalchemy.dialects.postgresql import insert

from ohmstead.engines.schedules import moment_of, months_later
from ohmstead.kit.db import Statement, Tx, table, timestamp
from ohmstead.rooms.operator import settings

DUE = time(3)  # what ended with the month is settled by then

invoice_month = table(
    "invoice_month",
    Column("month", Date, nullable=False, unique=True),  # its first day
    timestamp("starts_at", nullable=False),  # the end of the one before, whatever became of the zone meanwhile
    timestamp("ends_at", nullable=False),
    timestamp("due_at"),  # NULL: all its invoices are issued
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_invoice_month_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
)
_own = invoice_month.c
_LAST = Statement(select(_own.month, _own.ends_at).order_by(_own.month.desc()).limit(1))


async def note_months(tx: Tx) -> None:
    """The month that runs, and those since the last one that is known; none while invoices are not monthly."""
    if (await settings.documents(tx)).invoices != "monthly":
        return
    zone = await settings.time_zone(tx)
    running = tx.now.astimezone(zone).date().replace(day=1)
    last = await tx.one(_LAST)
    starts_at = begin_of(running, zone) if last is None else last["ends_at"]
    for month in [running] if last is None else _after(last["month"], running):
        following = months_later(month, 1, 1)
        ends_at = max(begin_of(following, zone), starts_at)
        row = {"month": month, "starts_at": starts_at, "ends_at": ends_at, "due_at": moment_of(following, DUE, zone)}
        times = {"created_at": tx.now, "updated_at": tx.now}
        await tx.run(insert(invoice_month).values(row | times).on_conflict_do_nothing())
        starts_at = ends_at


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """When a day begins in a zone, UTC."""
    return moment_of(day, time(0), zone)


def _after(last: date, running: date) -> Iterator[date]:
    while (last := months_later(last, 1, 1)) <= running:
        yield last
