"""The languages of the pages that drivers see, and which of them a browser asks for."""

from typing import Literal, get_args

Language = Literal["en", "de", "fr"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
_MOST_PARTS = 20


def language_of(accepted: str, chosen: str = "") -> Language:
    """The language that was chosen, where we speak it, else the best of an Accept-Language header (RFC 9110, 12.5.4),
    of equal ones the first; English where there is none. A user's locale (`de-AT`, `de_AT`) is such a header, too."""
    best, most = LANGUAGES[0], 0.0
    for part in accepted.split(",")[:_MOST_PARTS]:
        tag, _, weight = part.replace(" ", "").partition(";q=")
        for language in LANGUAGES:
            if tag.lower().replace("_", "-").partition("-")[0] == language and _number(weight) > most:
                best, most = language, _number(weight)
    spoken: dict[str, Language] = {language: language for language in LANGUAGES}
    return spoken.get(chosen, best)


def _number(weight: str) -> float:
    try:
        return float(weight or 1)
    except ValueError:
        return 0.0
