"""Outcomes: how a payment of the embedded gateway stands, in the words of the interface."""

from datetime import datetime
from decimal import Decimal

from ohmstead.kit.db import Row
from ohmstead.rooms.billing.gateways.embedded.known_cards import MESSAGES
from ohmstead.rooms.billing.gateways.gateway import Outcome


def outcome_of(row: Row, now: datetime) -> Outcome:
    """As it is known at a moment."""
    if row["settles_at"] is not None and row["settles_at"] > now:
        return Outcome(state="pending", reference=row["reference"])
    return settled(row)


def settled(row: Row) -> Outcome:
    """As it is, or will be told to be."""
    return Outcome(
        state=row["state"],
        reference=row["reference"],
        authorized=Decimal(row["authorized"]),
        captured=Decimal(row["captured"]),
        refunded=Decimal(row["refunded"]),
        reason=row["reason"],
        message=MESSAGES.get(row["reason"] or ""),
    )
