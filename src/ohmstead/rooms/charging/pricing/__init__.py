"""Pricing of sessions: the tariff each has, what it costs while it runs, and what it came to."""
