"""Payloads: what notifications of this room carry, and how each is made of its fact."""
