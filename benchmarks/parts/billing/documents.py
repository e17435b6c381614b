"""Documents that get their files: from the tables to the PDFs in the tables, beside typst alone on the same pages."""

import json
import statistics
import time
from typing import Any

import asyncpg
from sqlalchemy import text
from typst import Compiler

from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.billing.documents.files import typesetting
from ohmstead.rooms.billing.documents.files.content import read
from ohmstead.rooms.billing.documents.files.invoice_xml import invoice_xml
from ohmstead.rooms.billing.documents.files.making import DocumentFiles
from ohmstead.rooms.billing.documents.files.page import page
from ohmstead.store.engine import PostgresDatabase

Taken = tuple[float, float]  # s by the clock on the wall, and of CPU of this process
FLOOR = 0.5
LINES = 3
_WHOLE = text("SELECT count(*) FROM document_file WHERE has_xml")
_CLEAR = "TRUNCATE document, document_line, document_file RESTART IDENTITY CASCADE"
_PARTY = (
    '{"name": "Company %s", "country": "DE", "city": "Berlin", "address": "Ringstraße 12", "vat_no": "DE136695976"}'
)
_FILL = (
    f"""
INSERT INTO document (kind, number, series, place, issued_at, client, supplier, language, purchase_type, currency,
    total, subtotal, tax, tax_percentage, payment_status, file_due_at, created_at, updated_at)
SELECT 'invoice', 'INV-2026-' || n, 'INV', n, now(), format('{_PARTY}', n)::jsonb, format('{_PARTY}', 0)::jsonb,
    (ARRAY['en', 'de', 'fr'])[n % 3 + 1], 'session', 'EUR', 11.90 * {LINES}, 10 * {LINES}, 1.90 * {LINES}, 19, 'paid',
    now(), now(), now()
FROM generate_series(1, $1::bigint) AS n""",
    f"""
INSERT INTO document_line (document_id, place, item, quantity, unit, unit_price, net, gross, created_at, updated_at)
SELECT n, place, jsonb_build_object('kind', 'session', 'place', 'Charge point ' || n, 'from', now(), 'kwh', 20),
    20, 'kwh', 0.5, 10, 11.90, now(), now()
FROM generate_series(1, $1::bigint) AS n, generate_series(1, {LINES}) AS place""",
)


async def documents(dsn: str, count: int, rounds: int) -> None:
    """In turns, over the same documents."""
    database = await PostgresDatabase.connect(dsn, SystemClock(), most=10)
    try:
        ours: list[Taken] = []
        bare: list[Taken] = []
        for number in range(rounds + 1):  # the first one warms up
            await _fill(dsn, count)
            inputs = await _inputs(database, count)
            mine, limit = await _ours(database, count), _bare(inputs)
            if number:
                ours.append(mine), bare.append(limit)
    finally:
        await database.close()
    print(f"{count} invoices of {LINES} lines get their PDF with the electronic invoice in it")
    print(f"{'':<20} {'ours':>8} {'typst':>8} {'ratio':>6}   target {FLOOR}")
    for at, name in enumerate(("a second", "for each CPU-second")):
        rates = [statistics.median(count / one[at] for one in side) for side in (ours, bare)]
        ratio = statistics.median(limit[at] / mine[at] for mine, limit in zip(ours, bare, strict=True))
        print(f"{name:<20} {rates[0]:>8.0f} {rates[1]:>8.0f} {ratio:>6.2f}", flush=True)


async def _fill(dsn: str, count: int) -> None:
    line: Any = await asyncpg.connect(dsn)
    await line.execute(_CLEAR)
    for statement in _FILL:
        await line.execute(statement, count)
    await line.close()


async def _inputs(database: PostgresDatabase, count: int) -> list[dict[str, str]]:
    """What our template is given, made before the watch runs."""
    async with database.read() as tx:
        contents = [await read(tx, key) for key in range(1, count + 1)]
    return [
        {"page": json.dumps(page(one)), "invoice": invoice_xml(one).decode()} for one in contents if one is not None
    ]


async def _ours(database: PostgresDatabase, count: int) -> Taken:
    work = DocumentFiles(database, SystemClock())
    wall, cpu = time.perf_counter(), time.process_time()
    await work.work_off()
    await work.settled()
    taken = time.perf_counter() - wall, time.process_time() - cpu
    async with database.read() as tx:
        made = await tx.value(_WHOLE)
    if made != count:
        raise RuntimeError(f"{made} of {count} have their file")
    return taken


def _bare(inputs: list[dict[str, str]]) -> Taken:
    """The same pages by the same template, one after the other, stored nowhere."""
    compiler = Compiler(root=typesetting.TEMPLATE.parent, ignore_system_fonts=True)
    wall, cpu = time.perf_counter(), time.process_time()
    for one in inputs:
        compiler.compile(typesetting.TEMPLATE, format="pdf", sys_inputs=one, pdf_standards=["a-3b"], timestamp=0)
    return time.perf_counter() - wall, time.process_time() - cpu
