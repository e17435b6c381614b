"""Transactions: what was paid, or tried."""
