"""FAQs: questions of drivers and what the operator answers, in its languages."""

from datetime import datetime

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import JSONB

from ohmstead.kit.access import SHARED
from ohmstead.kit.db import table
from ohmstead.kit.paging import Pages
from ohmstead.kit.resources import Resource
from ohmstead.kit.versions import Version
from ohmstead.kit.views import Id, ReadOnly, Translations, View

faq = table("faq", Column("question", JSONB, nullable=False), Column("answer", JSONB, nullable=False))


class Faq(View):
    id: Id
    question: Translations
    answer: Translations
    last_updated_at: ReadOnly[datetime]


faqs = Resource(
    "faqs",
    faq,
    tag="resource / faqs",
    title="FAQ",
    key="faq",
    access=SHARED,
    versions=[Version("v2.0", Faq, pages=Pages.NUMBER)],
)
