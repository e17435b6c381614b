"""Making: the file of a document is made once it is issued, in the background, or when it is fetched before that.

Without the extra `pdf` documents are issued all the same; their files are made once it is there."""

import asyncio
import hashlib
import importlib
import importlib.util
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Integer, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from ohmstead.kit.clock import Clock
from ohmstead.kit.db import Database, Row, Statement, Tx
from ohmstead.rooms.billing.documents.files.content import Content, read
from ohmstead.rooms.billing.documents.mailing import mail_if_wanted
from ohmstead.rooms.billing.documents.table import document, document_file
from ohmstead.store.due_work import DueWork, back_off

if TYPE_CHECKING:
    from ohmstead.rooms.billing.documents.files.pdf import Pdf

AT_ONCE = 4  # documents in hand: some are read and stored while others are typeset
LOOK_FOR_TYPST = timedelta(hours=1)
MISSING = "PDFs are made by typst, which is not installed: pip install 'ohmstead[pdf]'"
_PDF = "ohmstead.rooms.billing.documents.files.pdf"
_FIRST, _MOST = timedelta(minutes=1), timedelta(days=1)
_own = document.c
_FILE = Statement(
    select(_own.number, document_file.c.content)
    .outerjoin(document_file, document_file.c.document_id == _own.id)
    .where(_own.id == bindparam("id"))
)
log = structlog.get_logger("ohmstead.documents")


class NoTypst(Exception):
    """The extra `pdf` is not installed."""


class DocumentFiles(DueWork):
    """Makes the files that are due, one after the other as far as typesetting goes."""

    every_s = 2.0
    due = Statement(
        select(_own.id, _own.file_attempts)
        .where(_own.file_due_at <= bindparam("now", type_=_own.file_due_at.type))
        .order_by(_own.file_due_at)
        .limit(bindparam("most", type_=Integer))
    )

    def __init__(self, database: Database, clock: Clock) -> None:
        super().__init__(database, clock)
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._is_there = False  # once found, the extra stays
        self._look_at: datetime | None = None  # when it is looked for again; None: it was not missed yet

    async def may_start(self) -> bool:
        now = self._clock.now()
        if self._is_there:
            return True
        if self._look_at is not None and now < self._look_at:
            return False
        self._is_there = typst_is_there()
        if self._is_there:
            return True
        if self._look_at is None:
            log.warning("no PDFs are made", why=MISSING)
        self._look_at = now + LOOK_FOR_TYPST
        return False

    async def carry_out(self, row: Row) -> None:
        async with self._at_once:
            await _made(self._database, row["id"])

    async def failed(self, row: Row, error: Exception) -> None:
        attempts = row["file_attempts"] + 1
        again = self._clock.now() + back_off(attempts, _FIRST, _MOST)
        async with self._database.begin() as tx:
            put_off = {"file_attempts": attempts, "file_due_at": again, "updated_at": tx.now}
            await tx.run(update(document).where(_own.id == row["id"], _own.file_due_at.is_not(None)).values(put_off))


def typst_is_there() -> bool:
    """Also where it was installed a moment ago."""
    importlib.invalidate_caches()
    return importlib.util.find_spec("typst") is not None


async def file_of(database: Database, document_id: int) -> tuple[str, bytes] | None:
    """The name and the PDF of a document, made now where it was not made yet; None where there is no such document.
    `NoTypst` where it cannot be made."""
    async with database.read() as tx:
        row = await tx.one(_FILE, id=document_id)
    if row is None:
        return None
    made = row["content"] or await _made(database, document_id)
    return None if made is None else (f"{row['number']}.pdf", made)


async def _made(database: Database, document_id: int) -> bytes | None:
    """It is made outside of a transaction, and stored."""
    async with database.read() as tx:
        content = await read(tx, document_id)
    if content is None:
        return None
    pdf = await asyncio.to_thread(_pdf_of, content)
    async with database.begin() as tx:
        await _store(tx, document_id, pdf)
    return pdf.content


def _pdf_of(content: Content) -> "Pdf":
    try:
        pdf = importlib.import_module(_PDF)
    except ModuleNotFoundError as error:
        if error.name != "typst":
            raise
        raise NoTypst(MISSING) from None
    return pdf.pdf_of(content)


async def _store(tx: Tx, document_id: int, pdf: "Pdf") -> None:
    digest = hashlib.sha256(pdf.content).hexdigest()
    said = {"content": pdf.content, "sha256": digest, "has_xml": pdf.has_xml, "updated_at": tx.now}
    put = insert(document_file).values(document_id=document_id, created_at=tx.now, **said)
    await tx.run(put.on_conflict_do_update(index_elements=["document_id"], set_=said))
    done = {"file_due_at": None, "file_attempts": 0, "updated_at": tx.now}
    await tx.run(update(document).where(_own.id == document_id).values(done))
    await mail_if_wanted(tx, document_id)
