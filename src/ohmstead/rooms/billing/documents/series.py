"""Number series: the numbers of documents of a kind and a year, without gaps. A number is given in the transaction that
inserts its document, which holds the series until it ends: nothing that may fail or take long comes after it."""

from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import text

from ohmstead.kit.db import Statement, Tx
from ohmstead.rooms.operator import settings

Kind = Literal["invoice", "pro_forma", "credit_note", "receipt"]
PREFIXES: dict[Kind, str] = {"invoice": "INV", "pro_forma": "PRO", "credit_note": "CRN", "receipt": "RCP"}

_NEXT = Statement(
    text("""
INSERT INTO number_series (name, last, created_at, updated_at) VALUES (:name, 1, :now, :now)
ON CONFLICT (name) DO UPDATE SET last = number_series.last + 1, updated_at = :now RETURNING last""")
)
_LAST = Statement(text("SELECT issued_at FROM document WHERE series = CAST(:name AS text) ORDER BY place DESC LIMIT 1"))


class Number(NamedTuple):
    """A document's place in its series, what it is called, and when it is issued."""

    series: str
    place: int
    text: str
    issued_at: datetime


async def next_number(tx: Tx, kind: Kind) -> Number:
    """The next one of this year of the operator's zone. It is not issued before the one before it."""
    year = tx.now.astimezone(await settings.time_zone(tx)).year
    name = f"{kind}-{year}"
    place: int = await tx.value(_NEXT, name=name, now=tx.now)
    last: datetime | None = await tx.value(_LAST, name=name)
    return Number(name, place, f"{PREFIXES[kind]}-{year}-{place:06}", max(tx.now, last or tx.now))
