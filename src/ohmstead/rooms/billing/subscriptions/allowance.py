"""The energy that is in a subscription: what of a session it covers, and what of it was used.

The subscription is locked while somebody takes of it, and what was used is read after that: so no two sessions get the
same kWh. What a session has, it keeps, though the plan is another since.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, bindparam, select, text

from ohmstead.engines.pricing import Covered, Use
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.subscriptions.budgets import (
    Budget,
    Chain,
    Kind,
    Span,
    applies,
    budget_now,
    kinds_of,
    spans_of,
)  # fmt: skip
from ohmstead.rooms.billing.subscriptions.table import subscription
from ohmstead.rooms.billing.subscriptions.terms import read
from ohmstead.rooms.charging.pricing.covered import Asked, Cover, covers, used

_FOUND = Statement(
    text("""
SELECT session.id AS session_id, session.started_at AS began_at, session.stopped_at, session.partner_id,
       session.user_id, point.user_id AS owner_id, point.roaming_operator_id, location.country, evse.current_type,
       own.id, own.status, own.status_at, own.started_at, own.zone, own.anchor, own.ends_at, own.auto_renewal,
       own.terms, own.lapses, known.starts, known.ends
FROM session JOIN subscription AS own ON own.user_id = session.user_id
JOIN evse ON evse.id = session.evse_id JOIN charge_point AS point ON point.id = session.charge_point_id
LEFT JOIN location ON location.id = point.location_id
CROSS JOIN LATERAL (SELECT array_agg(starts_at ORDER BY number) AS starts, array_agg(ends_at ORDER BY number) AS ends
                    FROM subscription_cycle WHERE subscription_id = own.id) AS known
WHERE session.id = ANY(CAST(:ids AS bigint[])) AND own.status NOT IN ('pending', 'failed')
  AND own.terms->'allowance'->>'type' <> 'none' AND own.started_at <= COALESCE(session.stopped_at, :now)
  AND (own.status = 'active' OR own.ends_at > session.started_at)
ORDER BY session.id, own.started_at, own.id""")
)
_LOCK = Statement(
    select(subscription.c.id)
    .where(subscription.c.id == bindparam("ids", type_=ARRAY(BigInteger)).any_())
    .order_by(subscription.c.id)
    .with_for_update(key_share=True)
)
_USES = Statement(
    text("""
SELECT subscription_id, session_id, starts_at, kind, energy_wh FROM allowance_use
WHERE subscription_id = ANY(CAST(:ids AS bigint[])) AND starts_at >= :since""")
)
# those that a session goes on with, or that go on with it
_CHAINS = Statement(
    text("""
WITH RECURSIVE up(id, link, started_at, before) AS (
    SELECT id, id, started_at, original_session_id FROM session WHERE id = ANY(CAST(:ids AS bigint[]))
    UNION SELECT up.id, session.id, session.started_at, session.original_session_id
    FROM up JOIN session ON session.id = up.before
), down(id, link) AS (
    SELECT id, link FROM up
    UNION SELECT down.id, session.id FROM down JOIN session ON session.original_session_id = down.link)
SELECT id, array_agg(link) AS links, (SELECT MIN(started_at) FROM up WHERE up.id = down.id) AS began_at
FROM down GROUP BY id""")
)
_WRITE = Statement(
    text("""
INSERT INTO allowance_use (subscription_id, session_id, starts_at, kind, energy_wh, created_at, updated_at)
SELECT subscription_id, session_id, starts_at, kind, energy_wh, :now, :now
FROM json_to_recordset(CAST(:told AS json))
     AS told(subscription_id bigint, session_id bigint, starts_at timestamptz, kind text, energy_wh bigint)
ON CONFLICT (subscription_id, session_id, starts_at) DO UPDATE
SET kind = EXCLUDED.kind, energy_wh = EXCLUDED.energy_wh, updated_at = EXCLUDED.updated_at""")
)
_FORGET = Statement(
    text("""
DELETE FROM allowance_use WHERE session_id = ANY(CAST(:ids AS bigint[])) AND NOT EXISTS (
    SELECT FROM json_to_recordset(CAST(:told AS json))
                AS told(subscription_id bigint, session_id bigint, starts_at timestamptz)
    WHERE (told.subscription_id, told.session_id, told.starts_at)
        = (allowance_use.subscription_id, allowance_use.session_id, allowance_use.starts_at))""")
)


class Allowed(Cover, kw_only=True):
    """By the budgets that its windows draw on."""

    current: str  # ac | dc
    budgets: dict[tuple[int, datetime], Budget]


@covers.answer
async def covered_by_allowances(tx: Tx, sessions: Sequence[Row], lock: bool) -> Mapping[int, Cover] | None:
    """Of the users' subscriptions that were in force while they charged."""
    ids = [row["id"] for row in sessions]
    rows = await tx.all(_FOUND, ids=ids, now=tx.now)
    if not rows:
        return None
    if lock:
        await tx.all(_LOCK, ids=sorted({row["id"] for row in rows}))
        rows = await tx.all(_FOUND, ids=ids, now=tx.now)
    chains = await _chains(tx, rows)
    spans: dict[int, list[Span]] = {}
    for row in rows:
        terms = read(row["terms"])
        if applies(terms.allowance, row):
            spans.setdefault(row["session_id"], []).extend(spans_of(row, terms, chains.get(row["session_id"]), tx.now))
    budgets = [span.budget for each in spans.values() for span in each]
    uses = await _uses(tx, budgets)
    current = {row["session_id"]: row["current_type"] for row in rows}
    return {key: _allowed(key, current[key], each, uses) for key, each in spans.items() if each}


@used.answer
async def noted_as_used(tx: Tx, told: Mapping[int, Asked]) -> set[int]:
    """Each as far as it is there; the others are left as they were."""
    covered = {key: cover for key, (cover, _) in told.items() if isinstance(cover, Allowed)}
    budgets = [budget for cover in covered.values() for budget in cover.budgets.values()]
    if budgets:
        await tx.all(_LOCK, ids=sorted({budget.account for budget in budgets}))
    uses, there = await _uses(tx, budgets), set[int]()
    for key in sorted(told):
        cover, wanted = covered.get(key), told[key][1]
        if any(each.energy_wh > cover.budgets[each.account, each.cycle].left(uses, key) for each in wanted if cover):
            continue
        there.add(key)
        uses = [each for each in uses if each["session_id"] != key]
        uses += [_use(key, cover.current, each) for each in wanted if cover]
    written = [each for each in uses if each["session_id"] in there]
    await tx.run(_FORGET, ids=sorted(there), told=written)
    if written:
        await tx.run(_WRITE, told=written, now=tx.now)
    return there


async def remaining(tx: Tx, rows: Sequence[Row], at: datetime) -> dict[int, dict[Kind, float]]:
    """What is left of each subscription's allowance in the cycle that a moment is in, kWh; nothing of one without."""
    budgets: dict[int, dict[Kind, Budget]] = {}
    for row in rows:
        terms = read(row["terms"])
        budgets[row["id"]] = {kind: budget_now(row, terms, kind, at) for kind in kinds_of(terms.allowance)}
    uses = await _uses(tx, [each for own in budgets.values() for each in own.values()])
    return {key: {kind: each.left(uses, 0) / 1000 for kind, each in own.items()} for key, own in budgets.items() if own}


def _allowed(key: int, current: str, spans: Sequence[Span], uses: Sequence[Row]) -> Allowed:
    windows = [
        Covered(one.start, one.end, one.budget.account, one.budget.cycle.start, one.budget.left(uses, key))
        for one in sorted(spans, key=lambda one: one.start)
    ]
    budgets = {(one.budget.account, one.budget.cycle.start): one.budget for one in spans}
    return Allowed(tuple(windows), current=current, budgets=budgets)


async def _chains(tx: Tx, rows: Sequence[Row]) -> dict[int, Chain]:
    """Of the sessions that have an allowance each."""
    ids = [row["session_id"] for row in rows if row["terms"]["allowance"]["resetCycle"] == "after_each_session"]
    found = await tx.all(_CHAINS, ids=ids) if ids else ()
    return {row["id"]: Chain(frozenset(row["links"]), row["began_at"]) for row in found}


async def _uses(tx: Tx, budgets: Sequence[Budget]) -> list[Row]:
    if not budgets:
        return []
    since = min(budget.cycle.start for budget in budgets)
    return await tx.all(_USES, ids=sorted({budget.account for budget in budgets}), since=since)


def _use(session_id: int, current: str, one: Use) -> Row:
    return {
        "subscription_id": one.account, "session_id": session_id, "starts_at": one.cycle, "kind": current,
        "energy_wh": one.energy_wh,
    }  # fmt: skip
