"""Charging profiles: as the API takes them in, which a station takes, and what they allow at a moment."""
