"""The files of documents: they are made once it is due, or when they are fetched, and hold the electronic invoice."""

import hashlib
import io
from datetime import timedelta
from typing import Any

import aiohttp
import facturx
import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from ohmstead.app.system import System
from ohmstead.kit.clock import ManualClock
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.documents.files import making
from ohmstead.rooms.billing.documents.files.invoice_xml import invoice_xml
from ohmstead.rooms.billing.documents.files.making import DocumentFiles, NoTypst, file_of
from ohmstead.rooms.billing.documents.files.page import page
from ohmstead.rooms.billing.documents.files.typesetting import typeset
from ohmstead.rooms.billing.documents.links import download_url
from ohmstead.rooms.billing.documents.table import document, document_file
from ohmstead.rooms.operator.files import Files, files
from ohmstead.rooms.operator.mail.table import email_attachment, email_message
from tests.rooms.billing.written_documents import CLIENT, add_document, content, line
from tests.rooms.later import Later


def text_of(pdf: bytes) -> str:
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)


def xmp_of(pdf: bytes) -> str:
    """What the file says of itself."""
    root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    assert root["/OutputIntents"]
    return root["/Metadata"].get_data().decode()


def made_of(of: Any) -> bytes:
    return typeset(page(of), invoice_xml(of), of.document["issued_at"])


async def done(later: Later) -> None:
    """All that is due by now."""
    work = DocumentFiles(later.database, later.clock)
    await work.work_off()
    await work.settled()


async def file(later: Later, key: int) -> Row | None:
    async with later.database.read() as tx:
        return await tx.one(select(document_file).where(document_file.c.document_id == key))


async def row(later: Later, key: int) -> Row:
    async with later.database.read() as tx:
        found = await tx.one(select(document).where(document.c.id == key))
    assert found is not None
    return found


async def added(later: Later, **said: Any) -> int:
    async with later.database.begin() as tx:
        return await add_document(tx, **said)


async def fetched(url: str) -> tuple[int, bytes, Any]:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        return answer.status, await answer.read(), answer.headers


def test_the_file_is_a_factur_x_pdf_a() -> None:
    pdf = made_of(content())
    name, xml = facturx.get_xml_from_pdf(pdf)  # checks the schema too
    assert (name, xml) == ("factur-x.xml", invoice_xml(content()))
    xmp = xmp_of(pdf)
    for said in ("<pdfaid:part>3<", "<pdfaid:conformance>B<", "<fx:ConformanceLevel>EN 16931<", "prefix>fx<"):
        assert xmp.count(said) == 1
    root: Any = PdfReader(io.BytesIO(pdf)).trailer["/Root"]
    assert root["/AF"][0]["/AFRelationship"] == "/Alternative"
    assert "Rechnung" in text_of(pdf)
    assert "Boulangerie Lefèvre & Fils" in text_of(pdf)


def test_the_same_document_gives_the_same_bytes_and_another_does_not() -> None:
    assert made_of(content()) == made_of(content())
    assert made_of(content()) != made_of(content(number="INV-2026-000043"))


def test_pages_say_how_many_they_are() -> None:
    lines = [line("1.00", "1.19") for _ in range(60)]
    pages = PdfReader(io.BytesIO(made_of(content(lines)))).pages
    texts = [one.extract_text() for one in pages]
    assert [f"Seite {number} von 3" in text for number, text in enumerate(texts, 1)] == [True] * 3
    assert all("Einzelpreis" in text for text in texts)
    assert "71,40" in texts[-1]


def test_text_is_no_markup() -> None:
    wild = CLIENT | {"name": '#panic("no") *bold* $x$ [a] "b" /Metadata 1 0 R trailer <<'}
    pdf = made_of(content(client=wild))
    assert 'panic("no") *bold*' in text_of(pdf)
    assert facturx.get_xml_from_pdf(pdf)[1] == invoice_xml(content(client=wild))


def test_letters_that_no_font_has_keep_no_document_from_its_file() -> None:
    strange = content(client=CLIENT | {"name": "Ada \U000e0fff\U0001f9ea"})
    assert facturx.get_xml_from_pdf(made_of(strange))[1] == invoice_xml(strange)


async def test_files_are_made_once_they_are_due(later: Later) -> None:
    keys = [await added(later, number=f"INV-{place}", place=place) for place in range(1, 4)]
    receipt = await added(later, kind="receipt", client=None, number="RCP-1", series="RCP")
    await done(later)
    for key in (*keys, receipt):
        made = await file(later, key)
        assert made is not None
        assert made["sha256"] == hashlib.sha256(made["content"]).hexdigest()
        assert made["has_xml"] is (key != receipt)
        assert (await row(later, key))["file_due_at"] is None
    assert "RCP-1" in text_of((await file(later, receipt) or {})["content"])


async def test_a_file_that_was_waited_for_goes_out_by_e_mail_once(later: Later) -> None:
    key = await added(later, email="ada@example.org", mail_wanted=True)
    await done(later)
    assert await file_of(later.database, key) is not None
    async with later.database.read() as tx:
        [attached] = await tx.all(select(email_attachment))
        assert await tx.value(select(email_message.c.to)) == "ada@example.org"
    made = await file(later, key)
    assert made is not None
    assert (attached["name"], attached["content"]) == ("INV-2026-000042.pdf", made["content"])
    assert (await row(later, key))["mailed_at"] == later.clock.now()


async def test_more_than_one_slice_is_made_in_one_go(later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ohmstead.store.due_work.AT_ONCE", 2)
    keys = [await added(later, number=f"INV-{place}", place=place) for place in range(1, 6)]
    await done(later)
    assert [(await row(later, key))["file_due_at"] for key in keys] == [None] * 5


async def test_what_cannot_be_made_is_tried_later_and_stops_no_other(later: Later) -> None:
    broken = await added(later, lines=[line("1.00", "1.19", {"kind": "unheard of"})])
    whole = await added(later, number="INV-2", place=2)
    await done(later)
    found = await row(later, broken)
    assert (found["file_attempts"], found["file_due_at"] - later.clock.now()) == (1, timedelta(minutes=1))
    assert await file(later, whole) is not None
    await later.clock.advance(60)
    await done(later)
    found = await row(later, broken)
    assert (found["file_attempts"], found["file_due_at"] - later.clock.now()) == (2, timedelta(minutes=2))


async def test_a_payment_status_that_changed_is_printed_once_it_is_asked_for(later: Later) -> None:
    key = await added(later, kind="receipt", payment_status="partially_paid")
    await done(later)
    before = await file(later, key)
    async with later.database.begin() as tx:
        changed = {"payment_status": "paid", "file_due_at": tx.now}
        await tx.run(update(document).where(document.c.id == key).values(changed))
    await done(later)
    after = await file(later, key)
    assert before is not None
    assert after is not None
    assert "teilweise" in text_of(before["content"])
    assert "vollständig" in text_of(after["content"])


async def test_without_the_extra_it_is_said_once_and_made_once_it_is_there(
    later: Later, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = await added(later)
    work = DocumentFiles(later.database, later.clock)
    monkeypatch.setattr(making, "typst_is_there", lambda: False)
    for _ in range(3):
        await work.start_due()
        await later.clock.advance(3600)
    assert capsys.readouterr().out.count("no PDFs are made") == 1
    assert (await row(later, key))["file_attempts"] == 0
    monkeypatch.undo()
    await work.start_due()
    await work.settled()
    assert await file(later, key) is not None


async def test_it_is_fetched_by_a_url_also_before_it_was_made(running: tuple[System, str], later: Later) -> None:
    key = await added(later)
    url = download_url(key, f"{running[1]}/public-api/resources/invoices/v1.0")
    status, pdf, headers = await fetched(url)
    assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "application/pdf", "no-store")
    assert 'filename="INV-2026-000042.pdf"' in headers["Content-Disposition"]
    made = await file(later, key)
    assert made is not None
    assert made["content"] == pdf
    assert (await row(later, key))["file_due_at"] is None
    assert (await fetched(url))[1] == pdf


async def test_a_url_is_good_for_a_day_and_for_one_document(running: tuple[System, str], later: Later) -> None:
    base = f"{running[1]}/public-api/x"
    key = await added(later)
    for age, status in ((timedelta(hours=24, seconds=1), 403), (timedelta(hours=23, minutes=59), 200)):
        clock = ManualClock(running[0].clock.now() - age)
        end = files.provide(Files(files.current.root, files.current.vault, clock))
        url = download_url(key, base)
        end()
        assert (await fetched(url))[0] == status
    assert (await fetched(download_url(key + 1, base)))[0] == 404
    assert (await fetched(download_url(key, base)[:-9]))[0] == 403
    assert (await fetched(download_url(key, base).replace("/documents/", "/uploads/")))[0] == 403


async def test_without_typst_there_is_a_reason(
    running: tuple[System, str], later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await added(later)

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name, name="typst")

    monkeypatch.setattr(making.importlib, "import_module", missing)
    with pytest.raises(NoTypst, match="ohmstead\\[pdf]"):
        await file_of(later.database, key)
    status, body, headers = await fetched(download_url(key, f"{running[1]}/public-api/x"))
    assert (status, headers["Retry-After"]) == (503, "3600")
    assert b"ohmstead[pdf]" in body
