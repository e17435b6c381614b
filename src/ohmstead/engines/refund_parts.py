"""What of a refund is given up without tax and what of the tax, so that many refunds never add up to more than was
billed of either."""

from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

NONE = Decimal(0)


class Parts(NamedTuple):
    """An amount with tax, in its two parts."""

    net: Decimal = NONE
    tax: Decimal = NONE

    @property
    def gross(self) -> Decimal:
        """Both."""
        return self.net + self.tax


def refund_parts(billed: Parts, credited: Parts, amount: Decimal, rounded: Callable[[Decimal], Decimal]) -> Parts:
    """The parts of a refund of `amount`, cut to what is left of what was billed: of all refunds together the net is the
    rounded share of the whole, the tax the rest; this one gets what was not credited before. Amounts are rounded."""
    left = Parts(max(billed.net - credited.net, NONE), max(billed.tax - credited.tax, NONE))
    amount = min(amount, left.gross)
    if amount <= 0:
        return Parts()
    share = rounded((credited.gross + amount) * billed.net / billed.gross) - credited.net
    net = min(max(share, amount - left.tax), amount, left.net)
    return Parts(net, amount - net)
