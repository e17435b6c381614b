"""Paying: what a tag may name to pay with, and whether who begins by it has what pays. Rooms above know."""

from msgspec import Struct

from ohmstead.kit.db import Tx
from ohmstead.kit.questions import Question

AUTO = "auto"


class Payer(Struct, frozen=True):
    """Who pays, how, and at whose charge point."""

    user_id: int
    wish: str  # of the tag: the id of a payment method, or auto
    partner_id: int | None
    charge_point_id: int


cannot_pay: Question[[Tx, Payer], str] = Question("why can a user not pay for a charge?")
"""Asked where a user has to have something to pay with, and of tags that name it."""


no_means_of: Question[[Tx, int, str], str] = Question("why may a tag of this user not name this to pay with?")


async def may_name(tx: Tx, user_id: int | None, wish: str | None) -> bool:
    """Whether a tag of a user's, or of nobody's, may name a payment method; every one may leave it open."""
    if wish in (None, AUTO):
        return True
    return user_id is not None and not await no_means_of(tx, user_id, str(wish))


async def lacks_means(tx: Tx, payer: Payer, is_required: bool) -> bool:
    """Whether a charge that costs something is not to begin for that. Where nothing is required, and the tag names
    nothing, nobody is asked."""
    return (is_required or payer.wish != AUTO) and bool(await cannot_pay(tx, payer))
