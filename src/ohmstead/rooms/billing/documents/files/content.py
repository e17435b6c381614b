"""Content: what the file of a document is made of."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import bindparam, select

from ohmstead.engines.languages import LANGUAGES, Language
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.views import snake
from ohmstead.rooms.billing.documents.table import document, document_line
from ohmstead.rooms.operator import settings

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]+")
_WRITTEN: Mapping[str, Language] = {one: one for one in LANGUAGES}
_credited = document.alias()
_DOCUMENT = Statement(
    select(document, _credited.c.number.label("credited_number"), _credited.c.issued_at.label("credited_at"))
    .outerjoin(_credited, _credited.c.id == document.c.credited_id)
    .where(document.c.id == bindparam("id"))
)
_LINES = Statement(
    select(document_line).where(document_line.c.document_id == bindparam("id")).order_by(document_line.c.place)
)


class Content(Struct, frozen=True, kw_only=True):
    """A document and its lines. What parties say is text that can be printed, by names in snake case."""

    document: Row
    lines: Sequence[Row]
    time_zone: ZoneInfo

    @property
    def language(self) -> Language:
        """English where it is none that we write."""
        return _WRITTEN.get(self.document["language"], LANGUAGES[0])

    @property
    def supplier(self) -> Mapping[str, str]:
        return _said(self.document["supplier"])

    @property
    def client(self) -> Mapping[str, str]:
        """Nothing where nobody is named."""
        return _said(self.document["client"])

    @property
    def has_no_tax(self) -> bool:
        """It is outside of it: what is sold is taxed when it is used."""
        return self.document["tax_percentage"] is None


async def read(tx: Tx, document_id: int) -> Content | None:
    """None where there is no such document."""
    row = await tx.one(_DOCUMENT, id=document_id)
    if row is None:
        return None
    lines = await tx.all(_LINES, id=document_id)
    return Content(document=row, lines=lines, time_zone=await settings.time_zone(tx))


def clean(text: str) -> str:
    """Without what neither XML nor a page can bear."""
    return _CONTROL.sub(" ", text).strip()


def plain(number: Decimal) -> str:
    """A number by its digits, without zeros that say nothing."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _said(party: Mapping[str, Any] | None) -> Mapping[str, str]:
    told = {snake(name): clean(str(value)) for name, value in (party or {}).items() if value is not None}
    return {name: text for name, text in told.items() if text}
