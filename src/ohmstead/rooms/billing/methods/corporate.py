"""Corporate billing: what is left of the limit that a partner's account has in a calendar month."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, bindparam, select, text

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted
from ohmstead.rooms.people.partners import partner

_TERMS = select(partner.c.corporate_billing).where(partner.c.id == bindparam("partner", type_=BigInteger))
_READ, _LOCKED = Statement(_TERMS), Statement(_TERMS.with_for_update(key_share=True))
_USED = Statement(
    text("""
SELECT currency, SUM(captured - refunded) AS amount FROM payment_transaction
WHERE means = 'corporate' AND payment_method_id = CAST(:account AS text) AND finalized_at >= :since
GROUP BY currency""")
)


async def corporate_left(tx: Tx, partner_id: int, at: datetime, lock: bool = False) -> Decimal | None:
    """What a partner's account may still be charged in the month of a moment, in base currency; None: it has no limit.
    Locked, it stays so until the transaction ends: of two sessions the second sees what the first has used."""
    terms = await tx.value(_LOCKED if lock else _READ, partner=partner_id) or {}
    if (limit := terms.get("monthlyLimit")) is None:
        return None
    return Decimal(str(limit)) - await _used(tx, partner_id, at)


async def _used(tx: Tx, partner_id: int, at: datetime) -> Decimal:
    """Amounts of a currency without a rate count as they are."""
    month = at.astimezone(await settings.time_zone(tx)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    base, used = await settings.base_currency_code(tx), Decimal(0)
    for row in await tx.all(_USED, account=f"corporate:{partner_id}", since=month):
        exchanged = await converted(tx, row["amount"], row["currency"], base or row["currency"])
        used += row["amount"] if exchanged is None else exchanged
    return used
