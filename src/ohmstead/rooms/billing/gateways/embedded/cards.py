"""The vault of the embedded gateway. What is kept of a number is its last four digits and a token for it."""

import secrets

from sqlalchemy import insert, update

from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.billing.gateways.embedded.known_cards import KnownCard
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_card
from ohmstead.rooms.billing.gateways.gateway import Card


async def store(tx: Tx, card: KnownCard, exp_month: int, exp_year: int) -> Row:
    """Store a test card, whatever its bank would say of it."""
    values = {
        "token": f"ec_{secrets.token_urlsafe(16)}", "brand": card.brand, "last4": card.number[-4:],
        "exp_month": exp_month, "exp_year": exp_year, "behaviour": card.behaviour,
        "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    row = await tx.one(insert(embedded_card).values(values).returning(embedded_card))
    assert row is not None, "it was inserted"
    return row


async def forget(tx: Tx, token: str) -> None:
    """No more is held on it."""
    known = (embedded_card.c.token == token) & embedded_card.c.forgotten_at.is_(None)
    await tx.run(update(embedded_card).where(known).values(forgotten_at=tx.now, updated_at=tx.now))


def shown(row: Row) -> Card:
    """A stored card as the gateway's clients know it."""
    return Card(**{name: row[name] for name in ("token", "brand", "last4", "exp_month", "exp_year")})
