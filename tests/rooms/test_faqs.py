"""FAQs."""

from ohmstead.rooms.operator.faqs import faqs
from tests.contract import ResourceContract


class TestFaqs(ResourceContract):
    resource = faqs
    create = {
        "question": [{"locale": "en", "translation": "How do I start?"}],
        "answer": [{"locale": "en", "translation": "Plug in."}, {"locale": "de", "translation": "Stecken Sie ein."}],
    }
    update = {"answer": [{"locale": "en", "translation": "Show your card."}]}
