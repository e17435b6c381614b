"""Pricing: what a session costs under a tariff. Exact decimals in and out; no SQL, no clock."""
