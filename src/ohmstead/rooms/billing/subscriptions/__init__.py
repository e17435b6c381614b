"""Subscriptions: who has which plan, what it costs each period, and the energy that is in it."""
