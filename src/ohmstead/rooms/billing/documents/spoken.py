"""The language of a document about a session of nobody: the one in which its driver was spoken to."""

from ohmstead.engines.languages import LANGUAGES, Language
from ohmstead.kit.db import Tx
from ohmstead.kit.questions import Question

spoken: Question[[Tx, int], Language] = Question("in what language was the driver of this session spoken to?")


async def language_of_session(tx: Tx, session_id: int) -> Language:
    """English where nobody knows."""
    for language in await spoken(tx, session_id):
        return language
    return LANGUAGES[0]
