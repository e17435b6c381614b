"""The languages of the pages and documents that drivers see, which of them is asked for, and texts in several."""

from typing import Any, Literal, get_args

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
            if _language(tag) == language and _number(weight) > most:
                best, most = language, _number(weight)
    spoken: dict[str, Language] = {language: language for language in LANGUAGES}
    return spoken.get(chosen, best)


def _number(weight: str) -> float:
    try:
        return float(weight or 1)
    except ValueError:
        return 0.0


def text_in(texts: Any, language: Language) -> str | None:
    """Of a text in several languages the one that is wanted, else English, else the first: [{locale, translation}], or
    by language; a text in one language is itself."""
    if not texts or isinstance(texts, str):
        return texts or None
    by_language = texts if isinstance(texts, dict) else {one["locale"]: one["translation"] for one in texts}
    found = {_language(tag): text for tag, text in by_language.items() if text}
    return found.get(language) or found.get("en") or next(iter(found.values()), None)


def _language(tag: str) -> str:
    """Of a language tag, or of a locale with an underscore, the language alone."""
    return tag.lower().replace("_", "-").partition("-")[0]
