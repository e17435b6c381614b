"""Final prices: what a session that has ended came to, once for each set of its figures.

Both facts that tell of an end, or of more that is known after it, lead here; so may two workers at once, or one that
tries again. The session's row is locked, and what was priced of it is compared with what it is.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import convert, structs, to_builtins
from sqlalchemy import ARRAY, BigInteger, bindparam, select, text

from ohmstead.engines.idle import IdleRules
from ohmstead.engines.pricing.model import SessionPrice
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.rooms.charging.durable_facts import SessionCourseChanged, SessionPriced, SessionStopped, SessionUpdated
from ohmstead.rooms.charging.pricing.covered import Cover, as_used, covers_of, take
from ohmstead.rooms.charging.pricing.derived import Derived, derived
from ohmstead.rooms.charging.pricing.electricity_cost import Electricity, electricity_of, local_shares
from ohmstead.rooms.charging.pricing.kept import KeptPrice
from ohmstead.rooms.charging.pricing.reading import NEEDED, Earlier, extended_by
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.signals import price_changed

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_ENDED = Statement(
    select(*NEEDED, session.c.charge_point_id)
    .where(session.c.id == _ids.any_(), session.c.status == "finished")
    .order_by(session.c.id)
    .with_for_update(key_share=True)
)
# Those that go on with a session are priced with it: they are locked before what both are covered by.
_FOLLOWING = Statement(
    text("""
SELECT id FROM session WHERE id IN (
    WITH RECURSIVE later(id) AS (
        SELECT unnest(CAST(:ids AS bigint[]))
        UNION SELECT session.id FROM later JOIN session ON session.original_session_id = later.id)
    SELECT id FROM later)
ORDER BY id FOR NO KEY UPDATE""")
)
# Read once the sessions are locked: who had them before us may have priced them.
_PRICED = Statement(
    text("""
SELECT session.id, COALESCE(session_price.priced, '{}') AS priced, COALESCE(session_price.run, '{}') AS run,
       (SELECT count(*) FROM charging_mark WHERE session_id = session.id AND at <= session.stopped_at) AS marks,
       (SELECT electricity_rate_id FROM charge_point WHERE id = session.charge_point_id) AS rate_id,
       (SELECT extension.id FROM session AS extension WHERE extension.original_session_id = session.id) AS extension_id
FROM session LEFT JOIN session_price ON session_price.session_id = session.id
WHERE session.id = ANY(CAST(:ids AS bigint[]))""")
)
# Without a tariff there is nothing to pay, in the base currency. What is shown otherwise than before is news.
_WRITE = Statement(
    text("""
WITH told AS (
    SELECT * FROM json_to_recordset(CAST(:told AS json)) AS one(
        id bigint, priced jsonb, lines jsonb, periods jsonb, amount numeric, net numeric, electricity_cost numeric,
        estimated_savings numeric, local_energy_wh float8, covered_wh float8)
), kept AS (
    INSERT INTO session_price (session_id, priced, lines, periods, priced_at)
    SELECT id, priced, lines, periods, :now FROM told
    ON CONFLICT (session_id) DO UPDATE SET run = NULL, until = NULL, priced = EXCLUDED.priced, lines = EXCLUDED.lines,
        periods = EXCLUDED.periods, priced_at = EXCLUDED.priced_at
)
UPDATE session SET amount_with_tax = told.amount, amount_without_tax = told.net,
    billing_status = CASE WHEN session.billing_status = 'suspended' THEN 'suspended' ELSE 'completed' END,
    non_billable_energy_wh = told.covered_wh, electricity_cost = told.electricity_cost,
    estimated_savings = told.estimated_savings, local_energy_wh = told.local_energy_wh, updated_at = :now,
    currency = COALESCE(session.currency, (SELECT alphabetic_code FROM currency WHERE id = COALESCE(
        (SELECT CAST(value->>'id' AS bigint) FROM setting WHERE key = 'baseCurrency'), (SELECT MIN(id) FROM currency))))
FROM told JOIN session AS was ON was.id = told.id LEFT JOIN session_price AS known ON known.session_id = told.id
WHERE session.id = told.id
RETURNING session.id, known.lines IS DISTINCT FROM told.lines OR known.periods IS DISTINCT FROM told.periods
    OR (was.amount_with_tax, was.amount_without_tax, was.billing_status, was.electricity_cost, was.estimated_savings,
        was.local_energy_wh, was.currency, COALESCE(was.non_billable_energy_wh, 0))
    IS DISTINCT FROM (session.amount_with_tax, session.amount_without_tax, session.billing_status,
        session.electricity_cost, session.estimated_savings, session.local_energy_wh, session.currency,
        session.non_billable_energy_wh) AS news""")
)


@on(SessionStopped)
async def ended_sessions_are_priced(tx: Tx, fact: SessionStopped) -> None:
    await price_ended(tx, [fact.id])


@on(SessionUpdated)
async def and_priced_again_when_more_is_known(tx: Tx, fact: SessionUpdated) -> None:
    await price_ended(tx, [fact.id])


@on(SessionCourseChanged)
async def and_when_its_course_was_another(tx: Tx, fact: SessionCourseChanged) -> None:
    await price_ended(tx, [fact.id])


async def price_ended(tx: Tx, ids: Sequence[int], again: bool = False) -> list[int]:
    """Price those of the sessions that have ended and are not priced by their figures yet, or all of those that have
    ended; the ids of those that were. Sessions that go on with one are priced with it: their levels follow its."""
    rows = await _ended(tx, ids)
    before = await extended_by(tx, rows)
    figures = {row["id"]: _figures(row, before.get(row["id"])) for row in rows}
    due = [row for row in rows if again or row["priced"].get("figures") != figures[row["id"]]]
    if not due:
        return []
    extensions = [row["extension_id"] for row in due if row["extension_id"] is not None]
    if extensions:
        await tx.all(_FOLLOWING, ids=extensions)
    covers = await covers_of(tx, due, lock=True)
    found = await _worked_out(tx, due, covers)
    prices = {key: price for key, one in found.items() if (price := one.price()) is not None}
    await take(tx, due, covers, prices)
    electricity = await electricity_of(tx, {key: one.stretches for key, one in found.items()})
    told = [
        _told(row, figures[key], found.get(key), prices.get(key), electricity.get(key, Electricity()), covers.get(key))
        for row in due
        for key in [row["id"]]
    ]
    news = {row["id"] for row in await tx.all(_WRITE, told=told, now=tx.now) if row["news"]}
    for row in due:
        _tell(tx, row, prices.get(row["id"]), row["id"] in news)
    return [row["id"] for row in due] + (await price_ended(tx, extensions, again) if extensions else [])


async def _ended(tx: Tx, ids: Sequence[int]) -> list[dict[str, Any]]:
    """Those of the sessions that have ended, locked, with what is known of their prices."""
    rows = {row["id"]: dict(row) for row in await tx.all(_ENDED, ids=list(ids))}
    for known in await tx.all(_PRICED, ids=list(rows)) if rows else ():
        rows[known["id"]] |= dict(known)
    return list(rows.values())


async def _worked_out(tx: Tx, due: Sequence[Row], covers: Mapping[int, Cover]) -> dict[int, Derived]:
    """Those of the sessions whose course matters: for a tariff, for what their energy cost, or for a source on the
    spot."""
    plain = [row["id"] for row in due if row["tariff_snapshot_id"] is None and row["rate_id"] is None]
    local = await local_shares.merged(tx, plain) if plain else {}
    rows = [row for row in due if row["id"] not in plain or row["id"] in local]
    rules = {row["id"]: rules for row in rows if (rules := known_rules(row))}
    covered = {key: cover.windows for key, cover in covers.items()}
    return await derived(tx, rows, rules, covered) if rows else {}


def known_rules(row: Row) -> IdleRules | None:
    """What was idle for a session when it was priced before: it stays so, whatever is decided for others since."""
    known = row["priced"].get("idle") or row["run"].get("idle")
    return known and convert(known, IdleRules)


def _figures(row: Row, earlier: Earlier | None) -> dict[str, Any]:
    """What a price is made of, as JSON gives it back."""
    return {
        "start": row["started_at"].isoformat(),
        "end": row["stopped_at"].isoformat(),
        "wh": row["energy_wh"],
        "before": earlier and earlier.wh,
        "marks": row["marks"],
        "snapshot": row["tariff_snapshot_id"],
    }


def _told(
    row: Row,
    figures: Mapping[str, Any],
    made: Derived | None,
    price: SessionPrice | None,
    electricity: Electricity,
    cover: Cover | None,
) -> dict[str, Any]:
    amounts = {"amount": Decimal(0), "net": Decimal(0)} if price is None else {"amount": price.amount, "net": price.net}
    kept = {"lines": [], "periods": None} if price is None else KeptPrice.of(price).columns()
    priced = {"figures": figures} | ({"idle": to_builtins(made.rules)} if made else {})
    if covered := as_used(cover, price):
        priced["covered"] = covered
    amounts["covered_wh"] = Decimal(price.covered_wh if price else 0)
    return {"id": row["id"], "priced": priced, **kept, **amounts, **structs.asdict(electricity)}


def _tell(tx: Tx, row: Row, price: SessionPrice | None, news: bool) -> None:
    key = row["id"]
    if news:
        tx.tell(SessionPriced(id=key, charge_point_id=row["charge_point_id"], evse_id=row["evse_id"]))
    if price is not None:
        tx.after_commit(lambda: price_changed.send(key, price))
