"""The PDF of a document, with its electronic invoice. Import this once it is needed: typst and the names of countries,
months and currencies take memory."""

from msgspec import Struct

from ohmstead.rooms.billing.documents.files.content import Content
from ohmstead.rooms.billing.documents.files.invoice_xml import invoice_xml, lacks
from ohmstead.rooms.billing.documents.files.page import page
from ohmstead.rooms.billing.documents.files.typesetting import typeset


class Pdf(Struct, frozen=True):
    """A file, and whether an electronic invoice is in it."""

    content: bytes
    has_xml: bool


def pdf_of(content: Content) -> Pdf:
    """The same document gives the same bytes."""
    invoice = None if lacks(content) else invoice_xml(content)
    return Pdf(typeset(page(content), invoice, content.document["issued_at"]), invoice is not None)
