"""Running limits: a charge is stopped before it costs more than is held for it, or than is on the balance that pays it.
A station takes its time to stop, so what is billed may still be more."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import text

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.rooms.charging.control import stop_for
from ohmstead.rooms.charging.looks import keep_looking
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted

EVERY_S = 5.0
LIMITED = ("minimum_balance", "payment_method_or_minimum_balance")
"""Strategies under which a charge on a balance ends with it."""

_IS_ORDERED = "EXISTS (SELECT FROM ordered_stop WHERE session_id = session.id)"
_LEAST = "snapshot.content #>> '{tariff,restrictions,adHocStopWhenPreAuthorizedAmountFallsBelow}'"
# Where a tariff names no amount, all that is held may be used up.
_HOLDS = Statement(
    text(f"""
SELECT session.id FROM payment_transaction AS held
JOIN session ON session.id = held.session_id
LEFT JOIN tariff_snapshot AS snapshot ON snapshot.id = session.tariff_snapshot_id
WHERE held.status = 'authorized' AND held.purchase_type = 'payment_authorisation' AND session.status = 'active'
  AND session.user_id IS NULL AND held.currency = session.currency AND NOT {_IS_ORDERED}
  AND CASE WHEN {_LEAST} IS NULL THEN session.amount_with_tax >= held.authorized
           ELSE held.authorized - session.amount_with_tax < CAST({_LEAST} AS numeric) END
ORDER BY session.id""")
)
_BALANCES = Statement(
    text(f"""
SELECT session.id, session.user_id, session.currency, session.amount_with_tax AS amount, ev_user.balance,
    {_IS_ORDERED} AS ordered
FROM session JOIN ev_user ON ev_user.id = session.user_id
WHERE session.status = 'active' AND session.payment_type = 'balance' AND session.amount_with_tax > 0
ORDER BY session.id""")
)


class RunningLimits:
    """Looks every 5 s, as prices are told."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """For ever."""
        await keep_looking(self._clock, EVERY_S, self.look, "running limits")

    async def look(self) -> int:
        """Have stopped what has used up its money now; how many charges."""
        async with self._database.begin() as tx:
            rows = await tx.all(_HOLDS)
            stopped = [await stop_for(tx, row["id"], "authorization_amount_reached") for row in rows]
            if (await settings.billing(tx)).strategy in LIMITED:
                used_up = await _used_up(tx, await tx.all(_BALANCES))
                stopped += [await stop_for(tx, key, "balance_exceeded") for key in used_up]
            return sum(stopped)


async def _used_up(tx: Tx, rows: Iterable[Row]) -> list[int]:
    """The charges of users whose charges cost as much as is on their balance. One of a currency without a rate costs
    what it says."""
    base, costs = await settings.base_currency_code(tx), dict[int, Decimal]()
    rows = list(rows)
    for row in rows:
        amount = await converted(tx, row["amount"], row["currency"], base or row["currency"])
        costs[row["user_id"]] = costs.get(row["user_id"], Decimal(0)) + (row["amount"] if amount is None else amount)
    return [row["id"] for row in rows if not row["ordered"] and costs[row["user_id"]] >= row["balance"]]
