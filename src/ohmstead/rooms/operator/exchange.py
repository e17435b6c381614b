"""Exchange: amounts of one currency in another, by the operator's currency rates."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Text, and_, bindparam, or_, select

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.operator.currency_rates import currency_rate

_own = currency_rate.c
_of, _into = bindparam("of", type_=Text), bindparam("into", type_=Text)
_RATES = Statement(
    select(_own.base == _of, _own.rate).where(
        or_(and_(_own.base == _of, _own.target == _into), and_(_own.base == _into, _own.target == _of))
    )
)


@dataclass(frozen=True, slots=True)
class Exchange:
    """Amounts are multiplied by the rate of this direction; where only that of the other is known, divided by it."""

    rate: Decimal
    divides: bool = False

    def __call__(self, amount: Decimal) -> Decimal:
        """The amount in the other currency, not rounded."""
        return amount / self.rate if self.divides else amount * self.rate


async def exchange(tx: Tx, of: str, into: str) -> Exchange | None:
    """How amounts of one currency become those of another: by the rate of this direction, else by that of the other
    one; None where the operator has neither."""
    if of == into:
        return Exchange(Decimal(1))
    rates: dict[bool, Decimal] = dict(await tx.all(_RATES, of=of, into=into))
    direct = True in rates
    return Exchange(rates[direct], divides=not direct) if rates else None


async def converted(tx: Tx, amount: Decimal, of: str, into: str) -> Decimal | None:
    """An amount in another currency, not rounded; None where there is no rate between the two."""
    found = await exchange(tx, of, into)
    return None if found is None else found(amount)
