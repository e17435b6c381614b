"""Corporate billing: sessions on a partner's account, with its discount and within its limit of the calendar month."""

from decimal import Decimal

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select, text

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted
from ohmstead.rooms.people.partners import partner

_TERMS = Statement(
    select(partner.c.corporate_billing)
    .where(partner.c.id == bindparam("partner", type_=BigInteger))
    .with_for_update(key_share=True)  # what is left stays so until the transaction ends
)
_USED = Statement(
    text("""
SELECT currency, SUM(captured - refunded) AS amount FROM payment_transaction
WHERE means = 'corporate' AND payment_method_id = CAST(:account AS text) AND finalized_at >= :since
GROUP BY currency""")
)


class Account(Struct, frozen=True):
    """What a partner's account gives: `left` of its limit this month, in base currency (None: it has none), and the
    discount in %."""

    left: Decimal | None
    discount: Decimal


async def corporate_account(tx: Tx, partner_id: int) -> Account:
    """A partner's account, locked: of two sessions the second sees what the first has used."""
    terms = await tx.value(_TERMS, partner=partner_id) or {}
    limit, discount = terms.get("monthlyLimit"), Decimal(str(terms.get("discount") or 0))
    if limit is None:
        return Account(None, discount)
    return Account(Decimal(str(limit)) - await _used(tx, partner_id), discount)


async def _used(tx: Tx, partner_id: int) -> Decimal:
    """This month, in base currency; amounts of a currency without a rate count as they are."""
    zone = await settings.time_zone(tx)
    since = tx.now.astimezone(zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    base, used = await settings.base_currency_code(tx), Decimal(0)
    for row in await tx.all(_USED, account=f"corporate:{partner_id}", since=since):
        exchanged = await converted(tx, row["amount"], row["currency"], base or row["currency"])
        used += row["amount"] if exchanged is None else exchanged
    return used
