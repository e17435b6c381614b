"""The check of the ledger: that balances are the sums of entries, and that what is kept elsewhere agrees with them."""

from sqlalchemy import text

from ohmstead.kit.db import Row, Statement, Tx

_ACCOUNTS = Statement(
    text("""
SELECT account.kind, account.owner_id, account.currency, account.balance, COALESCE(sums.amount, 0) AS amount
FROM ledger_account AS account LEFT JOIN (
    SELECT id, SUM(amount) AS amount FROM (
        SELECT credit_id AS id, amount FROM ledger_entry UNION ALL SELECT debit_id, -amount FROM ledger_entry
    ) AS sides GROUP BY id) AS sums ON sums.id = account.id
WHERE account.balance <> COALESCE(sums.amount, 0) ORDER BY account.id""")
)
_CURRENCIES = Statement(
    text("""
SELECT entry.id FROM ledger_entry AS entry
JOIN ledger_account AS debit ON debit.id = entry.debit_id JOIN ledger_account AS credit ON credit.id = entry.credit_id
WHERE entry.currency <> debit.currency OR entry.currency <> credit.currency ORDER BY entry.id""")
)
_USERS = Statement(
    text("""
SELECT ev_user.id, ev_user.balance, COALESCE(account.amount, 0) AS amount
FROM ev_user LEFT JOIN (
    SELECT owner_id, SUM(balance) AS amount FROM ledger_account WHERE kind = 'user_balance' GROUP BY owner_id
) AS account ON account.owner_id = ev_user.id
WHERE ev_user.balance <> COALESCE(account.amount, 0) ORDER BY ev_user.id""")
)
_VOUCHERS = Statement(
    text("""
SELECT ev_user.id, ev_user.balance, COALESCE(voucher.amount, 0) AS amount
FROM ev_user LEFT JOIN (
    SELECT user_id, SUM(remaining_amount) AS amount FROM voucher WHERE remaining_amount > 0 GROUP BY user_id
) AS voucher ON voucher.user_id = ev_user.id
WHERE GREATEST(ev_user.balance, 0) <> COALESCE(voucher.amount, 0) ORDER BY ev_user.id""")
)
_TOTALS = Statement(
    text("""
SELECT account.kind, account.currency, COUNT(DISTINCT account.id) AS accounts, SUM(side.amount) AS amount
FROM (SELECT credit_id AS id, amount FROM ledger_entry UNION ALL SELECT debit_id, -amount FROM ledger_entry) AS side
JOIN ledger_account AS account USING (id)
GROUP BY account.currency, account.kind ORDER BY account.currency, account.kind""")
)


async def totals(tx: Tx) -> list[Row]:
    """What was given to the accounts of each `kind` less what was taken from them, in each `currency`: of a currency
    nothing in all."""
    return await tx.all(_TOTALS)


async def faults(tx: Tx) -> list[str]:
    """What does not add up, a line each; empty where all does."""
    found = [
        f"account {row['kind']} {row['owner_id']} {row['currency']} says {row['balance']}, its entries {row['amount']}"
        for row in await tx.all(_ACCOUNTS)
    ]
    found += [f"entry {row['id']} is of another currency than its accounts" for row in await tx.all(_CURRENCIES)]
    found += [f"user {row['id']} shows {row['balance']}, its account {row['amount']}" for row in await tx.all(_USERS)]
    found += [
        f"user {row['id']} has a balance of {row['balance']}, and {row['amount']} left on vouchers"
        for row in await tx.all(_VOUCHERS)
    ]
    return found
