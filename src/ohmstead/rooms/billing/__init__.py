"""Billing: what is paid, by whom and how: transactions, means of payment, balances, and the ledger beneath them."""
