"""Upkeep of holds: those whose session never began are let go of, and those that a provider will not keep much longer
are captured with what is due by then."""

from datetime import timedelta
from decimal import Decimal

import structlog
from sqlalchemy import text

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, DatabaseUnavailable, Row, Statement, Tx
from ohmstead.kit.faults import log_failure
from ohmstead.rooms.billing.gateways.calls import begin_call
from ohmstead.rooms.billing.sessions.holds import let_go
from ohmstead.rooms.billing.transactions.states import transaction
from ohmstead.rooms.charging.control import stop_for

log = structlog.get_logger("ohmstead.billing")

EVERY_S = 5.0
NO_SESSION = timedelta(minutes=10)  # after which nobody is about to begin one on a hold; of nobody's also once more
KEPT = timedelta(days=6)  # providers keep a hold for seven days
AT_ONCE = 200

_ENDED = "EXISTS (SELECT FROM gateway_call WHERE transaction_id = held.id AND step IN ('capture', 'void'))"
_DUE = Statement(
    text(f"""
SELECT held.id, session.id AS session_id, session.status, session.user_id, session.amount_with_tax
FROM payment_transaction AS held LEFT JOIN session ON session.id = held.session_id
WHERE held.status = 'authorized' AND held.purchase_type = 'payment_authorisation' AND NOT {_ENDED}
  AND (session.status IN ('failed', 'expired') AND (held.user_id IS NOT NULL OR session.updated_at < :no_session)
       OR session.id IS NULL AND held.updated_at < :no_session
       OR session.status = 'active' AND held.created_at < :kept)
ORDER BY held.id LIMIT {AT_ONCE}""")
)


class HoldUpkeep:
    """Looks every 5 s."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._clock.sleep(EVERY_S)
            try:
                await self.look()
            except DatabaseUnavailable:
                log.warning("database away", work="upkeep of holds")
            except Exception as error:
                log_failure(log, "holds not looked after", error)

    async def look(self) -> int:
        """Begin to end what is to be ended now; how many."""
        async with self._database.begin() as tx:
            now = tx.now
            rows = await tx.all(_DUE, no_session=now - NO_SESSION, kept=now - KEPT)
            return sum([await _end(tx, row) for row in rows])


async def _end(tx: Tx, due: Row) -> bool:
    held = await transaction(tx, due["id"], lock=True)
    so_far = min(due["amount_with_tax"] or Decimal(0), held["authorized"])
    if due["status"] != "active" or held["status"] != "authorized" or not so_far:
        return await let_go(tx, held) is not None
    await begin_call(tx, held, "capture", so_far)
    if due["user_id"] is None:  # nothing else pays the rest
        await stop_for(tx, due["session_id"], "authorization_amount_reached")
    return True
