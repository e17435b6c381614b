"""Documents by e-mail: in the language of the document, with its PDF, once it is there."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.kit.db import Tx
from ohmstead.rooms.billing.documents.files.making import DocumentFiles
from ohmstead.rooms.billing.documents.mailing import mail_document, mail_if_wanted
from ohmstead.rooms.billing.documents.table import document
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.mail.table import email_attachment, email_message
from tests.client import Client
from tests.given import Given
from tests.rooms.billing.issued import PDF, issued, stored
from tests.rooms.billing.written_documents import add_document
from tests.rooms.later import Later


@pytest.fixture
async def tx(system: System) -> AsyncIterator[Tx]:
    async with system.database.begin() as found:
        yield found


async def queued(tx: Tx) -> list[Any]:
    return await tx.all(select(email_message).order_by(email_message.c.id))


async def of(tx: Tx, key: int) -> tuple[str | None, bool, bool]:
    """Of a document its address, whether it is to be sent, and whether it was."""
    row = await tx.one(select(document).where(document.c.id == key))
    assert row
    return row["email"], row["mail_wanted"], row["mailed_at"] is not None


@pytest.mark.parametrize(
    ("kind", "language", "subject", "body"),
    [
        ("receipt", "en", "Your receipt R-1", "attached is your receipt R-1 of 1 December 2026: €9.30."),
        ("invoice", "de", "Rechnung R-1", "anbei erhalten Sie: Rechnung R-1 vom 1. Dezember 2026 über 9,30 €."),
        ("credit_note", "fr", "Votre avoir R-1", "votre avoir R-1 du 1 décembre 2026, d’un montant de 9,30 €."),
    ],
)
async def test_each_kind_is_sent_in_its_language(tx: Tx, kind: str, language: str, subject: str, body: str) -> None:
    await mail_document(tx, await issued(tx, kind=kind, number="R-1", language=language, email="a@example.org"))
    (email,) = await queued(tx)
    assert (email["to"], email["subject"], email["reply_to"]) == ("a@example.org", f"{subject} – City Energy", None)
    assert body in email["body"].replace("\xa0", " ").replace("\u202f", " ")
    assert email["body"].endswith("\nCity Energy\n")
    (file,) = await tx.all(select(email_attachment))
    assert (file["name"], file["media_type"], file["content"]) == ("R-1.pdf", "application/pdf", PDF)


async def test_a_credit_note_says_what_is_given_back(tx: Tx) -> None:
    minus = {"total": Decimal("-1234.50"), "subtotal": Decimal("-1234.50"), "tax": Decimal(0)}
    said: dict[str, Any] = {"kind": "credit_note", "language": "de", "email": "a@example.org", "supplier": {}} | minus
    await mail_document(tx, await issued(tx, **said))
    (email,) = await queued(tx)
    assert email["subject"] == "Rechnungskorrektur RCP-2026-900001"
    assert "über 1.234,50\xa0€.\n" in email["body"]


async def test_the_day_is_the_operators_and_answers_go_to_who_helps(api: Client, system: System) -> None:
    help_at = {"email": "help@example.org", "phone": "+43 316 1234"}
    assert (await api.put("/resources/contact-details/v2.0", help_at)).status in (200, 204)
    async with system.database.begin() as tx:
        await settings.put(tx, "regional", timeZone="Europe/Vienna")
        await mail_document(tx, await issued(tx, email="a@example.org"))
        (email,) = await queued(tx)
    assert "of 2 December 2026" in email["body"]
    assert email["reply_to"] == "help@example.org"


async def test_it_waits_for_its_file_and_is_sent_once_then(tx: Tx) -> None:
    key = await issued(tx, file=None, email="a@example.org")
    await mail_document(tx, key)
    assert (await queued(tx), await of(tx, key)) == ([], ("a@example.org", True, False))
    await stored(tx, key)
    for _ in range(2):  # the file may be made anew
        await mail_if_wanted(tx, key)
    assert len(await queued(tx)) == 1
    assert (await of(tx, key))[1:] == (False, True)


async def test_who_makes_the_file_sends_it(later: Later) -> None:
    async with later.database.begin() as tx:
        await add_document(tx, email="a@example.org", mail_wanted=True)
    work = DocumentFiles(later.database, later.clock)
    await work.start_due()
    await work.settled()
    async with later.database.read() as tx:
        ((email,), (file,)) = await queued(tx), await tx.all(select(email_attachment))
    assert email["to"] == "a@example.org"
    assert file["content"].startswith(b"%PDF-")


async def test_what_is_wanted_again_is_sent_again(tx: Tx, given: Given) -> None:
    key = await issued(tx, email="a@example.org", user_id=int((await given.user())["id"]))
    for _ in range(2):
        await mail_document(tx, key)
    assert len(await queued(tx)) == 2
    assert await of(tx, key) == ("a@example.org", False, True)


async def test_nothing_is_sent_to_nobody(tx: Tx) -> None:
    key = await issued(tx)
    await mail_document(tx, key)
    await mail_document(tx, key + 1)
    await mail_if_wanted(tx, key + 1)
    assert (await queued(tx), await of(tx, key)) == ([], (None, False, False))


async def test_an_address_that_was_given_for_this_alone_is_forgotten(tx: Tx) -> None:
    key = await issued(tx, email="a@example.org")
    await mail_document(tx, key)
    assert await of(tx, key) == (None, False, True)
