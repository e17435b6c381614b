"""Ways: the means that may pay a session, in turn, with what each can give."""

from decimal import ROUND_DOWN, Decimal

from ohmstead.engines.session_payments import Way
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.money import Precision
from ohmstead.rooms.billing.balance.spending import available
from ohmstead.rooms.billing.gateways.gateway import gateways
from ohmstead.rooms.billing.methods.installments import installment_wanted, is_installment
from ohmstead.rooms.billing.methods.means import AUTO, BALANCE, Means, chosen
from ohmstead.rooms.billing.sessions.corporate import corporate_account
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.exchange import converted

NOTHING = Decimal(0)


def wish_of(session: Row) -> str:
    """What a session is to be paid with, as it was asked for at its start: through the API nothing means the balance,
    by a tag the user's means in turn."""
    return session["payment_method_id"] or (BALANCE if session["remote"] else AUTO)


async def means_in_turn(
    tx: Tx, user_id: int | None, wish: str, partner_id: int | None, subscription_id: int | None
) -> list[Means]:
    """What a wish means at a charge point of a partner, and where a subscription pays what is charged there; nothing
    where there is nobody to pay. A subscription pays whatever it costs: nothing comes after it."""
    if user_id is None:
        return []
    by_subscription = installment_wanted(wish, subscription_id)
    if by_subscription or is_installment(wish):
        return by_subscription
    return await chosen(tx, user_id, wish, partner_id, tx.now)


async def way_of(tx: Tx, means: Means, bill: Row, digits: Precision, alone: bool) -> Way:
    """What a means can give for a bill (`user_id`, `wish`, `currency`); `alone`: the user has no other."""
    if means.type == "subscription":
        return Way(means=name_of(means))
    if means.type == "tokenized":
        return Way(means=name_of(means), least=gateways.current[str(means.gateway)].minimum(bill["currency"]))
    if means.type == "corporate":
        return await _account(tx, means, bill, digits)
    if await _from_base(tx, Decimal(1), bill["currency"]) is None:
        return Way(means=BALANCE, most=NOTHING, lacks="no_exchange_rate")
    named = bill["wish"] == BALANCE
    if named or (alone and (await settings.billing(tx)).strategy == "nothing_required"):
        return Way(means=BALANCE)
    has = await _from_base(tx, await available(tx, bill["user_id"], lock=True), bill["currency"])
    return Way(means=BALANCE, most=_down(has or NOTHING, digits))


async def _account(tx: Tx, means: Means, bill: Row, digits: Precision) -> Way:
    assert means.partner_id is not None, "an account is a partner's"
    account = await corporate_account(tx, means.partner_id)
    if account.left is None:
        return Way(means=name_of(means), discount=account.discount)
    left = await _from_base(tx, account.left, bill["currency"])
    lacks = "no_exchange_rate" if left is None else "corporate_limit_reached"
    return Way(means=name_of(means), most=_down(left or NOTHING, digits), lacks=lacks, discount=account.discount)


def name_of(means: Means) -> str:
    """What a means is called in a session's row."""
    return means.id or BALANCE


async def _from_base(tx: Tx, amount: Decimal, currency: str) -> Decimal | None:
    base = await settings.base_currency_code(tx)
    return amount if base is None else await converted(tx, amount, base, currency)


def _down(amount: Decimal, digits: Precision) -> Decimal:
    return max(NOTHING, amount.quantize(Decimal(1).scaleb(-digits.amounts), ROUND_DOWN))
