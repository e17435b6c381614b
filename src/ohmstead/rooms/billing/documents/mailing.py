"""Documents by e-mail: with the PDF, to the address that the document bears."""

from collections.abc import Mapping

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select, update

from ohmstead.engines.languages import Language
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.billing.documents.table import document, document_file
from ohmstead.rooms.operator import settings
from ohmstead.rooms.operator.contact_details import contact_detail
from ohmstead.rooms.operator.mail import Attachment, Email, send


class Words(Struct, frozen=True):
    """Of one language. What is in braces is filled in."""

    kinds: Mapping[str, str]
    subject: str
    body: str


_LOCALES = {"en": Locale("en", "IE"), "de": Locale("de"), "fr": Locale("fr")}
_WORDS: Mapping[Language, Words] = {
    "en": Words(
        {"receipt": "receipt", "invoice": "invoice", "pro_forma": "pro forma invoice", "credit_note": "credit note"},
        "Your {kind} {number}",
        "Hello,\n\nattached is your {kind} {number} of {date}: {total}.\n",
    ),
    "de": Words(
        {"receipt": "Beleg", "invoice": "Rechnung", "pro_forma": "Proforma-Rechnung",
         "credit_note": "Rechnungskorrektur"},
        "{kind} {number}",
        "Guten Tag,\n\nanbei erhalten Sie: {kind} {number} vom {date} über {total}.\n",
    ),
    "fr": Words(
        {"receipt": "reçu", "invoice": "facture", "pro_forma": "facture pro forma", "credit_note": "avoir"},
        "Votre {kind} {number}",
        "Bonjour,\n\nVeuillez trouver ci-joint votre {kind} {number} du {date}, d’un montant de {total}.\n",
    ),
}  # fmt: skip

_own = document.c
_key = bindparam("key", type_=BigInteger)
_DOCUMENT = Statement(select(document).where(_own.id == _key).with_for_update(key_share=True))
_FILE = Statement(select(document_file.c.content).where(document_file.c.document_id == _key))
_CONTACT = Statement(select(contact_detail.c.email))


async def mail_document(tx: Tx, document_id: int) -> None:
    """Queue it for the address that it bears: now, or as soon as its file is there. Without an address nothing is sent.

    `mailed_at` is when it was queued. An address that was given for this alone, by who has no account, is forgotten
    then."""
    row = await tx.one(_DOCUMENT, key=document_id)
    if row is None or not row["email"]:
        return
    file = None if row["file_due_at"] is not None else await tx.value(_FILE, key=document_id)
    if file is None:
        await _note(tx, document_id, mail_wanted=True)
        return
    await send(tx, await _email(tx, row, file))
    of_nobody = {"email": None} if row["user_id"] is None else {}
    await _note(tx, document_id, mail_wanted=False, mailed_at=tx.now, **of_nobody)


async def mail_if_wanted(tx: Tx, document_id: int) -> None:
    """Its file was stored: send what waited for that."""
    row = await tx.one(_DOCUMENT, key=document_id)
    if row is not None and row["mail_wanted"]:
        await mail_document(tx, document_id)


async def _note(tx: Tx, document_id: int, **values: object) -> None:
    await tx.run(update(document).where(_own.id == document_id).values(updated_at=tx.now, **values))


async def _email(tx: Tx, row: Row, file: bytes) -> Email:
    language: Language = row["language"]
    words, locale = _WORDS[language], _LOCALES[language]
    kind = words.kinds[row["kind"]]
    day = row["issued_at"].astimezone(await settings.time_zone(tx)).date()
    told = {
        "kind": kind,
        "number": row["number"],
        "date": format_date(day, "long", locale),
        "total": format_currency(abs(row["total"]), row["currency"], locale=locale, currency_digits=False),
    }
    seller = row["supplier"].get("name")
    return Email(
        to=row["email"],
        subject=_capital(words.subject.format_map(told)) + (f" – {seller}" if seller else ""),
        body=words.body.format_map(told) + (f"\n{seller}\n" if seller else ""),
        attachments=(Attachment(f"{row['number']}.pdf", "application/pdf", file),),
        reply_to=await tx.value(_CONTACT) or None,
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
