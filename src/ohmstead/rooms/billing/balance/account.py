"""A user's balance: the row is locked first, then its vouchers, then the ledger's account moves with both."""

from collections.abc import Mapping
from decimal import Decimal

from sqlalchemy import BigInteger, DateTime, Numeric, bindparam, select, update

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.durable_facts import BalanceChange, BalanceChanged
from ohmstead.rooms.billing.ledger import Account, Entry, post
from ohmstead.rooms.operator import settings
from ohmstead.rooms.people.users import ev_user

_user, _now = bindparam("user", type_=BigInteger), bindparam("now", type_=DateTime(timezone=True))
_own = voucher.c
_amount = bindparam("amount", type_=Numeric)
_FOUND = select(ev_user.c.id, ev_user.c.balance).where(ev_user.c.id == _user)
_BALANCE, _LOCKED = Statement(_FOUND), Statement(_FOUND.with_for_update(key_share=True))
_MOVE = Statement(
    update(ev_user)
    .where(ev_user.c.id == _user)
    .values(balance=ev_user.c.balance + _amount, updated_at=_now)
    .returning(ev_user.c.balance)
)
_SPENDABLE = Statement(
    select(_own.id, _own.remaining_amount)
    .where(_own.user_id == _user, _own.remaining_amount > 0)
    .order_by(_own.expires_at.asc().nulls_last(), _own.id)
    .with_for_update(key_share=True)
)
_PAST = (_own.user_id == _user, _own.remaining_amount > 0, _own.expires_at <= _now)
_EXPIRED = Statement(
    select(_own.id, _own.type, _own.currency, _own.remaining_amount).where(*_PAST).order_by(_own.id).with_for_update()
)
_REMAINS = Statement(
    update(voucher)
    .where(_own.id == bindparam("voucher", type_=BigInteger))
    .values(remaining_amount=_own.remaining_amount + _amount, updated_at=_now)
)

CHANGE_OF: Mapping[str, BalanceChange] = {
    "voucher": "voucher", "manual_top_up": "user_top_up", "auto_top_up": "auto_top_up",
    "top_up_by_operator": "operator_top_up", "api_top_up": "api_top_up", "promo_code": "promo_code",
    "subscribe_to_plan": "subscribe_to_plan",
}  # fmt: skip
"""What a change of the balance by a voucher of a type is called."""


def given_by(type_: str, currency: str) -> Account:
    """The account that vouchers of a type are paid from, and what expires of them goes back to."""
    return Account("voucher" if type_ in ("voucher", "promo_code") else "credit", currency)


async def balance(tx: Tx, user_id: int, lock: bool = False) -> Decimal:
    """As it stands, in base currency; LookupError where there is no such user. Locked, nothing of it has expired."""
    row = await tx.one(_LOCKED if lock else _BALANCE, user=user_id)
    if row is None:
        raise LookupError(f"there is no user {user_id}")
    return await take_expired(tx, user_id, row["balance"]) if lock else row["balance"]


async def move(
    tx: Tx, user_id: int, by: Decimal, currency: str, kind: BalanceChange, transaction_id: int | None = None
) -> Decimal:
    """Change the balance of a user who is locked (below 0: take off) and tell of it; as it then is. The ledger is the
    caller's."""
    found = await tx.value(_MOVE, user=user_id, amount=by, now=tx.now)
    side = {"credit": by} if by > 0 else {"debit": -by}
    tx.tell(
        BalanceChanged(id=user_id, balance=found, currency=currency, type=kind, transaction_id=transaction_id, **side)
    )
    return found


async def spendable(tx: Tx, user_id: int) -> list[Row]:
    """Vouchers of a user with something left, what expires first first; locked."""
    return await tx.all(_SPENDABLE, user=user_id)


async def leave(tx: Tx, voucher_id: int, by: Decimal) -> None:
    """Change what is left on a voucher."""
    await tx.run(_REMAINS, voucher=voucher_id, amount=by, now=tx.now)


async def take_expired(tx: Tx, user_id: int, found: Decimal) -> Decimal:
    """Take off the balance of a user who is locked what remains of vouchers past their last day; the balance then."""
    for row in await tx.all(_EXPIRED, user=user_id, now=tx.now):
        left, currency = row["remaining_amount"], row["currency"]
        debit, credit = Account("user_balance", currency, user_id), given_by(row["type"], currency)
        gone = Entry(key=f"voucher:{row['id']}:expired", debit=debit, credit=credit, amount=left, voucher_id=row["id"])
        await leave(tx, row["id"], -left)
        if await post(tx, gone):
            found = await move(tx, user_id, -left, currency, CHANGE_OF[row["type"]])
    return found


_LEFT_OF_EXPIRED = Statement(select(_own.remaining_amount).where(*_PAST))


async def expired_remains(tx: Tx, user_id: int) -> Decimal:
    """What the balance still has of vouchers past their last day."""
    return sum((row[0] for row in await tx.all(_LEFT_OF_EXPIRED, user=user_id, now=tx.now)), Decimal(0))


_ANYBODY = Statement(select(ev_user.c.id).where(ev_user.c.balance != 0).limit(1))


@settings.counted_in_base.answer
async def users_have_balances(tx: Tx) -> str | None:
    return None if await tx.value(_ANYBODY) is None else "users have balances in it"
