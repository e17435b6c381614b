"""Corporate billing: sessions on a partner's account, with its discount and within its limit of the calendar month."""

from decimal import Decimal

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.billing.methods.corporate import corporate_left
from ohmstead.rooms.people.partners import partner

_TERMS = Statement(
    select(partner.c.corporate_billing)
    .where(partner.c.id == bindparam("partner", type_=BigInteger))
    .with_for_update(key_share=True)
)


class Account(Struct, frozen=True):
    """What a partner's account gives: `left` of its limit this month, in base currency (None: it has none), and the
    discount in %."""

    left: Decimal | None
    discount: Decimal


async def corporate_account(tx: Tx, partner_id: int) -> Account:
    """A partner's account, locked: of two sessions the second sees what the first has used."""
    terms = await tx.value(_TERMS, partner=partner_id) or {}
    left = await corporate_left(tx, partner_id, tx.now, lock=True)
    return Account(left, Decimal(str(terms.get("discount") or 0)))
