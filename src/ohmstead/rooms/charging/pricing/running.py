"""Running prices: what sessions cost so far, while they charge. Each goes on from where it was, by what was told since.

The state of a price holds what will not be otherwise any more: the readings of minutes that are over. Those of the
minute that runs, and the time since the newest, are in the amount that is told and not in the state. What is told late
of a time before begins the price anew; the final price never depends on any of this.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from msgspec import Struct, convert, to_builtins
from sqlalchemy import text

from ohmstead.engines.idle import IdleRules, IdleRun, Mark, rules_of
from ohmstead.engines.pricing import Covered, PriceRun
from ohmstead.engines.pricing.model import SessionPrice
from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.charging.looks import keep_looking
from ohmstead.rooms.charging.pricing.covered import Cover, covers_of, take
from ohmstead.rooms.charging.pricing.reading import NEEDED, Course, complete, courses
from ohmstead.rooms.charging.signals import price_changed
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.snapshot_terms import SnapshotTerms, terms_of_snapshots

log = structlog.get_logger("ohmstead.charging")

EVERY_S = 5.0
AT_LEAST = timedelta(minutes=1)  # so often a price is told though nothing was read: time costs, too
AT_ONCE = 500  # sessions of one statement
NOT_AGAIN = timedelta(minutes=10)  # a price that fails is tried again after so long

_ACTIVE = Statement(
    text(f"""
SELECT {", ".join(str(column) for column in NEEDED)}, session.metered_at,
       session_price.run, session_price.priced_at, session_price.session_id IS NULL AS is_new
FROM session LEFT JOIN session_price ON session_price.session_id = session.id
WHERE session.status = 'active' AND session.tariff_snapshot_id IS NOT NULL AND session.id > :after
  AND session.id <> ALL(CAST(:failing AS bigint[]))
  AND (session_price.until IS NULL OR session.metered_at > session_price.until OR session_price.priced_at <= :before)
ORDER BY session.id LIMIT {AT_ONCE}""")
)
# Whoever has a session in hand, its meter or its end, goes first: it is priced at the next look.
_FREE = Statement(
    text("""
SELECT id FROM session WHERE id = ANY(CAST(:ids AS bigint[])) AND status = 'active'
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED""")
)
_BEGIN = Statement(
    text("""
INSERT INTO session_price (session_id) SELECT unnest(CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING""")
)
# What was told late meanwhile has taken `priced_at` away from under us.
_WRITE = Statement(
    text("""
WITH told AS (
    SELECT * FROM json_to_recordset(CAST(:told AS json)) AS one(
        id bigint, run jsonb, until timestamptz, known timestamptz, amount numeric, net numeric, covered float8)
), kept AS (
    UPDATE session_price SET run = told.run, until = told.until, priced_at = :now
    FROM told WHERE session_id = told.id AND priced_at IS NOT DISTINCT FROM told.known
    RETURNING told.id, told.amount, told.net, told.covered
), shown AS (
    UPDATE session SET amount_with_tax = kept.amount, amount_without_tax = kept.net,
        non_billable_energy_wh = COALESCE(kept.covered, session.non_billable_energy_wh) FROM kept
    WHERE session.id = kept.id AND (session.amount_with_tax IS DISTINCT FROM kept.amount
                                    OR session.amount_without_tax IS DISTINCT FROM kept.net
                                    OR kept.covered <> COALESCE(session.non_billable_energy_wh, 0))
)
SELECT id FROM kept""")
)
# A reading of a minute after those that the price has taken in is no matter.
_ANEW = Statement(
    text("""
UPDATE session_price SET run = run - 'price' - 'course', until = NULL, priced = priced - 'figures', priced_at = :now
FROM json_to_recordset(CAST(:told AS json)) AS told(id bigint, at timestamptz)
WHERE session_id = told.id
  AND (run IS NULL OR CAST(run->>'until' AS timestamptz) > told.at - INTERVAL '1 minute')""")
)


async def price_anew(tx: Tx, late: Mapping[int, datetime]) -> None:
    """Forget how far the prices of sessions have come, where something was told late: the earliest moment of it by
    session. Whoever says so has changed their rows before, so that nobody prices them at the same time."""
    await tx.run(_ANEW, told=[{"id": key, "at": at} for key, at in late.items()], now=tx.now)


class Run(Struct):
    """How far the price of a session has come: to a reading at `until`. `since` are its start and where its register
    began; of the marks so many are in it."""

    idle: IdleRules
    since: tuple[datetime, float | None] | None = None
    until: datetime | None = None
    marks: int = 0
    course: dict[str, Any] | None = None
    price: dict[str, Any] | None = None

    def goes_on(self, row: Row, marks: Sequence[Mark]) -> bool:
        """Whether what it holds still stands."""
        since = (row["started_at"], row["meter_start_wh"])
        return self.since == since and self.marks == _before(marks, self.until or row["started_at"])


class RunningPrices:
    """Looks every 5 s for sessions of which more was read, or whose price was last told a minute ago."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._failing: dict[int, datetime] = {}  # session -> when it is tried again

    async def run(self) -> None:
        """For ever."""
        await keep_looking(self._clock, EVERY_S, self.price, "running prices")

    async def price(self) -> int:
        """Price what is due; how many sessions were."""
        priced, after, now = 0, 0, self._clock.now()
        self._failing = {key: at for key, at in self._failing.items() if at > now}
        while True:
            async with self._database.read() as tx:
                rows = await tx.all(_ACTIVE, after=after, failing=list(self._failing), before=tx.now - AT_LEAST)
                covers = await covers_of(tx, rows) if rows else {}
                told = await self._told(tx, rows, covers) if rows else []
            if told:
                priced += await self._keep(told, covers)
            if len(rows) < AT_ONCE:
                return priced
            after = rows[-1]["id"]

    async def _told(
        self, tx: Tx, rows: Sequence[Row], covers: Mapping[int, Cover]
    ) -> list[tuple[Row, Run, SessionPrice]]:
        tariffs = await terms_of_snapshots(tx, {row["tariff_snapshot_id"] for row in rows})
        detection = (await settings.read(tx)).idle_period_detection
        runs: dict[int, Run] = {}
        for row in rows:
            rules = rules_of(tariffs[row["tariff_snapshot_id"]].content, detection)
            runs[row["id"]] = _run(row["run"], rules)
        since = {key: one.until for key, one in runs.items() if one.until is not None}
        found = await courses(tx, rows, since)
        anew = [row for row in rows if row["id"] in since and not runs[row["id"]].goes_on(row, found[row["id"]].marks)]
        if anew:
            runs |= {row["id"]: Run(runs[row["id"]].idle) for row in anew}
            found |= await courses(tx, anew)
        told: list[tuple[Row, Run, SessionPrice]] = []
        for row in rows:
            key, tariff = row["id"], tariffs[row["tariff_snapshot_id"]]
            covered = covers[key].windows if key in covers else ()
            try:
                told.append((row, *gone_on(row, tariff, runs[key], found[key], tx.now, covered)))
            except Exception as error:
                self._failing[key] = tx.now + NOT_AGAIN
                log_failure(log, "a running price failed", error, session=key)
        return told

    async def _keep(self, told: Sequence[tuple[Row, Run, SessionPrice]], covers: Mapping[int, Cover]) -> int:
        async with self._database.begin() as tx:
            free = {row["id"] for row in await tx.all(_FREE, ids=[row["id"] for row, *_ in told])}
            if new := [row["id"] for row, *_ in told if row["is_new"] and row["id"] in free]:
                await tx.run(_BEGIN, ids=new)
            prices = {row["id"]: price for row, _, price in told}
            free -= await take(tx, [row for row, *_ in told if row["id"] in free], covers, prices)
            written = [_written(row, run, price) for row, run, price in told if row["id"] in free]
            kept = {row["id"] for row in await tx.all(_WRITE, told=written, now=tx.now)} if written else set()
        for row, _, price in told:
            if row["id"] in kept:
                price_changed.send(row["id"], price)
        return len(kept)


def _run(kept: Mapping[str, Any] | None, rules: IdleRules) -> Run:
    """How far it has come; what is idle for a session stays what it was at its start."""
    known = convert(kept, Run) if kept else Run(rules)
    return known if known.price is not None else Run(known.idle)


def gone_on(
    row: Row, tariff: SnapshotTerms, run: Run, course: Course, now: datetime, covered: Sequence[Covered] = ()
) -> tuple[Run, SessionPrice]:
    """How far the price comes by what was told, and what the session costs by now."""
    start, since = row["started_at"], run.until or row["started_at"]
    idle = IdleRun(start, run.idle) if run.course is None else IdleRun.resume(run.idle, run.course)
    if run.price is None:
        price = PriceRun(tariff.terms, start, covered=covered, **course.extending)
    else:
        price = PriceRun.resume(tariff.terms, run.price, covered=covered)
    sure = complete(start, course.reads)
    until = course.reads[sure - 1].at if sure else since
    known = [one for one in course.marks if one.at < until and (run.course is None or one.at >= since)]
    price.add(idle.add(course.reads[:sure], known))
    state = Run(
        run.idle, (start, row["meter_start_wh"]), until, _before(course.marks, until), idle.state(), price.state()
    )
    price.add(idle.add(course.reads[sure:], [one for one in course.marks if until <= one.at <= now]))
    price.add(idle.rest(max(now, idle.until)))
    return state, price.price()


def _before(marks: Sequence[Mark], moment: datetime) -> int:
    return sum(one.at < moment for one in marks)


def _written(row: Row, run: Run, price: SessionPrice) -> Mapping[str, Any]:
    seen = row["metered_at"] or row["started_at"]
    return {
        "id": row["id"], "run": to_builtins(run), "until": seen, "known": row["priced_at"], "amount": price.amount,
        "net": price.net, "covered": price.covered_wh if price.covered or row["non_billable_energy_wh"] else None,
    }  # fmt: skip
