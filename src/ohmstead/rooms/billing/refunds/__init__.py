"""Refunds: what is given back of a payment that was collected."""
