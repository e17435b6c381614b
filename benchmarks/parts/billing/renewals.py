"""Subscriptions that fall due all at once: each renews, and its fee is held on a card, captured, posted, told and
documented."""

from typing import Any

import asyncpg
from sqlalchemy import text

from parts.billing.world import World

_MORE = "generate_series((SELECT COALESCE(MAX(id), 0) + 1 FROM {table}), $1::bigint) AS n"
_FILL = (
    f"""
INSERT INTO payment_method (user_id, gateway, token, kind, brand, last4, exp_month, exp_year, is_default, created_at,
    updated_at)
SELECT n, 'embedded', 'card-' || n, 'card', 'visa', '4242', 12, 2049, true, now(), now()
FROM {_MORE.format(table="ev_user")}""",
    f"""
INSERT INTO embedded_card (token, brand, last4, exp_month, exp_year, behaviour, created_at, updated_at)
SELECT 'card-' || n, 'visa', '4242', 12, 2049, 'accepted', now(), now() FROM {_MORE.format(table="ev_user")}""",
    f"""
INSERT INTO ev_user (id, email, password_hash, created_by, created_at, updated_at) OVERRIDING SYSTEM VALUE
SELECT n, n || '@example.org', '', 'admin', now(), now() FROM {_MORE.format(table="ev_user")}""",
    """
INSERT INTO subscription_plan (id, name, description, renewal_cycle, type, base_fee, status, created_at, updated_at)
OVERRIDING SYSTEM VALUE VALUES (1, '[{"locale": "en", "translation": "Basic"}]', '[]', 'monthly', 'pre-paid', 9.90,
    'enabled', now(), now())""",
    """
INSERT INTO subscription (id, user_id, plan_id, status, status_at, started_at, zone, anchor, cycle_started_at, ends_at,
    auto_renewal, terms, due_at, created_at, updated_at)
OVERRIDING SYSTEM VALUE
SELECT n, n, 1, 'active', now(), since, 'Europe/Berlin', since, since, now(), true,
    '{"renewal_cycle": "monthly", "type": "pre-paid", "base_fee": "9.90"}', now(), now(), now()
FROM generate_series(1, $1::bigint) AS n,
    (SELECT date_trunc('second', now() - interval '1 month') AS since) AS begun""",
)
LEFT = text("""
SELECT (SELECT count(*) FROM outbox)
    + (SELECT count(*) FROM subscription WHERE cycle = 0)
    + (SELECT count(*) FROM payment_transaction WHERE purchase_type = 'subscription_plan' AND receipt_id IS NULL)""")
WHOLE = text("""
SELECT (SELECT count(*) FROM subscription_cycle WHERE number = 1) AS cycles,
       (SELECT count(*) FROM payment_transaction WHERE status = 'finalized' AND captured = 9.90) AS paid,
       (SELECT count(*) FROM embedded_payment WHERE captured = 9.90) AS charged,
       (SELECT count(*) FROM document) AS documents""")


async def fill(there: World, count: int) -> None:
    """So many beside what there is."""
    line: Any = await asyncpg.connect(there.dsn)
    await line.execute("SET session_replication_role = replica")
    for statement in _FILL:
        await line.execute(statement, *([count] if "$1" in statement else []))
    await line.execute("VACUUM ANALYZE")
    await line.close()
