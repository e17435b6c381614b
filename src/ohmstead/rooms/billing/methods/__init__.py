"""Means of payment: stored cards, and what counts as one without being stored."""
