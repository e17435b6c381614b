"""Charging: sessions and their energy, authorizations and id tags, reservations, charging profiles."""
