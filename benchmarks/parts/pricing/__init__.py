"""Pricing under load: tariffs of each type, sessions of an hour, and a database full of them."""
