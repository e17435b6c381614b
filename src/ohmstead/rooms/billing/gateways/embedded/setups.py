"""Set-ups of the embedded gateway: a card is entered on its page, maybe confirmed to the bank, and stored."""

import re
import secrets
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from sqlalchemy import Text, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.gateways.embedded import cards
from ohmstead.rooms.billing.gateways.embedded.known_cards import CHALLENGED, KnownCard, refused_setup
from ohmstead.rooms.billing.gateways.embedded.outbox import queue_of_setup
from ohmstead.rooms.billing.gateways.embedded.tables import embedded_card, embedded_setup
from ohmstead.rooms.billing.gateways.gateway import Card, Money, Refused

LASTS = timedelta(days=1)
MOST_ATTEMPTS = 5  # that are refused; then the set-up is closed
_ADDRESS = re.compile(r"(https?://|/(?!/))[!-~]*")

_own = embedded_setup.c
_reference = bindparam("reference", type_=Text)
_SETUP = Statement(select(embedded_setup).where(_own.reference == _reference))
_LOCKED = Statement(select(embedded_setup).where(_own.reference == _reference).with_for_update())
_BY_KEY = Statement(select(embedded_setup).where(_own.key == bindparam("key", type_=Text)))
_CARD = Statement(select(embedded_card).where(embedded_card.c.id == bindparam("id")))


class Entry(Struct, frozen=True):
    """A test card as it was entered."""

    card: KnownCard
    exp_month: int
    exp_year: int


async def begin(tx: Tx, key: str, return_url: str | None, shown: Money | None, kind: str) -> Row:
    """A set-up, the same for the same key."""
    if kind != "card":
        raise Refused("the embedded gateway takes cards only")
    if return_url is not None and not _ADDRESS.fullmatch(return_url):
        raise Refused("a page leads back to an address of http or https, or below ours")
    values: dict[str, Any] = {
        "key": key, "reference": f"es_{secrets.token_urlsafe(16)}", "return_url": return_url, "state": "open",
        "amount": shown and shown.amount, "currency": shown and shown.currency, "expires_at": tx.now + LASTS,
        "created_at": tx.now, "updated_at": tx.now,
    }  # fmt: skip
    await tx.run(insert(embedded_setup).values(values).on_conflict_do_nothing(index_elements=["key"]))
    row = await tx.one(_BY_KEY, key=key)
    assert row is not None, "it was there or was inserted"
    return row


async def find(tx: Tx, reference: str, lock: bool = False) -> Row | None:
    """A set-up by its reference, closed where its time is up."""
    row = await tx.one(_LOCKED if lock else _SETUP, reference=reference)
    if row is not None and row["state"] in ("open", "challenged") and row["expires_at"] <= tx.now:
        return dict(row) | {"state": "closed", "reason": "expired"}
    return row


async def card_of(tx: Tx, row: Row) -> Row | None:
    """The card that was entered, stored or not yet."""
    return None if row["card_id"] is None else await tx.one(_CARD, id=row["card_id"])


async def finish(tx: Tx, reference: str) -> Card | None:
    """The card that was stored; None while it was not. Refused where it will not be."""
    row = await find(tx, reference)
    if row is None:
        raise Refused("there is no such set-up")
    if row["state"] == "closed":
        raise Refused(row["reason"] or "closed")
    card = await card_of(tx, row) if row["state"] == "stored" else None
    return None if card is None else cards.shown(card)


async def enter(tx: Tx, row: Row, entry: Entry) -> None:
    """Enter a card into a set-up that is open (and locked)."""
    if reason := refused_setup(entry.card.behaviour):
        await _refuse(tx, row, reason)
        return
    card = await cards.store(tx, entry.card, entry.exp_month, entry.exp_year)
    if entry.card.behaviour in CHALLENGED:
        await _change(tx, row, state="challenged", card_id=card["id"], reason=None)
    else:
        await _stored(tx, row, card["id"])


async def answer_challenge(tx: Tx, row: Row, confirmed: bool) -> None:
    """What the cardholder told the bank, of a set-up that waits for it (and is locked)."""
    if confirmed:
        await _stored(tx, row, row["card_id"])
        return
    await _refuse(tx, row, "authentication_failed")
    await tx.run(delete(embedded_card).where(embedded_card.c.id == row["card_id"]))


def return_url(row: Row) -> str | None:
    """Where the page leads when it is done, with the reference of the set-up; None where nobody said."""
    if (url := row["return_url"]) is None:
        return None
    plain, mark, fragment = url.partition("#")
    return f"{plain}{'&' if '?' in plain else '?'}setup={quote(row['reference'], safe='')}{mark}{fragment}"


async def _stored(tx: Tx, row: Row, card_id: int) -> None:
    await _change(tx, row, state="stored", card_id=card_id, reason=None)
    await queue_of_setup(tx, row)


async def _refuse(tx: Tx, row: Row, reason: str) -> None:
    state = "closed" if row["attempts"] + 1 >= MOST_ATTEMPTS else "open"
    await _change(tx, row, state=state, card_id=None, reason=reason, attempts=row["attempts"] + 1)


async def _change(tx: Tx, row: Row, **values: Any) -> None:
    await tx.run(update(embedded_setup).where(_own.id == row["id"]).values(updated_at=tx.now, **values))
