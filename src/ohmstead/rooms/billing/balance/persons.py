"""What vouchers and balances hold of a person: it is exported, and goes when the account is deleted. The amounts stay,
of a user without a name: they are in the books."""

from typing import Any

from sqlalchemy import BigInteger, bindparam, null, select, update

from ohmstead.kit.db import Statement, Tx
from ohmstead.kit.facts import on
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.rendering import rendered
from ohmstead.rooms.billing.balance.voucher_table import voucher
from ohmstead.rooms.billing.balance.vouchers import vouchers
from ohmstead.rooms.billing.ledger.accounts import ledger_account
from ohmstead.rooms.billing.ledger.entries import ledger_entry
from ohmstead.rooms.people.erasure import UserErased, erasing
from ohmstead.rooms.people.private_data import held
from ohmstead.rooms.people.text_erasure import TextErasure, patterns

_own, _user = voucher.c, bindparam("user", type_=BigInteger)
_OF_USER = Statement(select(_own.id).where(_own.user_id == _user).order_by(_own.id))
_ACCOUNTS = (
    select(ledger_account.c.id)
    .where(ledger_account.c.kind == "user_balance", ledger_account.c.owner_id == _user)
    .scalar_subquery()
)
_credited = ledger_entry.c.credit_id.in_(_ACCOUNTS)
_CHANGES = Statement(
    select(
        ledger_entry.c.effective_at, ledger_entry.c.amount, ledger_entry.c.currency, _credited.label("credit"),
        ledger_entry.c.transaction_id, ledger_entry.c.voucher_id,
    )
    .where(_credited | ledger_entry.c.debit_id.in_(_ACCOUNTS))
    .order_by(ledger_entry.c.id)
)  # fmt: skip
_texts = TextErasure(voucher, json=[_own.title], plain=[_own.description])
_FORGET_TEXTS = Statement(_texts.where(_own.user_id == _user))
_FORGET_APPS = Statement(update(voucher).where(_own.user_id == _user).values(app_info=null()))


@held.answer
async def balance_of_a_person(tx: Tx, user_id: int, context: RenderContext) -> dict[str, Any]:
    """Vouchers, and each change of the balance."""
    ids = [row[0] for row in await tx.all(_OF_USER, user=user_id)]
    shown = await rendered(vouchers, "v2.1", ids, tx, context)
    changes = [dict(row) for row in await tx.all(_CHANGES, user=user_id)]
    return {"vouchers": [*shown.values()], "balance-changes": changes}


@erasing.answer
async def no_voucher_of_theirs_names_them(tx: Tx, gone: UserErased) -> None:
    await tx.run(_FORGET_TEXTS, user=gone.id, **patterns(gone.texts))
    await tx.run(_FORGET_APPS, user=gone.id)


@on(UserErased)
async def no_other_voucher_names_them(tx: Tx, fact: UserErased) -> None:
    """One that was meant for them, say, and is nobody's yet."""
    await _texts.run(tx, fact.texts)
