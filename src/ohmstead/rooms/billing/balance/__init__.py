"""Balances of users: vouchers, top-ups, and how they are spent."""
