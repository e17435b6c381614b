"""Paying: whether who begins a charge by a tag has what pays for it, which rooms above know."""

from msgspec import Struct

from ohmstead.kit.db import Tx
from ohmstead.kit.questions import Question

AUTO = "auto"


class Payer(Struct, frozen=True):
    """Who pays, how, and at whose charge point."""

    user_id: int
    wish: str  # of the tag: the id of a payment method, or auto
    partner_id: int | None


cannot_pay: Question[[Tx, Payer], str] = Question("why can a user not pay for a charge?")
"""Asked where a user has to have something to pay with, and of tags that name it."""


async def lacks_means(tx: Tx, payer: Payer, is_required: bool) -> bool:
    """Whether a charge that costs something is not to begin for that. Where nothing is required, and the tag names
    nothing, nobody is asked."""
    return (is_required or payer.wish != AUTO) and bool(await cannot_pay(tx, payer))
