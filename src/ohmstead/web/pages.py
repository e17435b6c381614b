"""The pages we serve as they lie in the package: the reader of the API document, and those of drivers, which are
written once and speak the languages of their `texts.json`."""

import json
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from string import Template

ROOT = Path(__file__).parent
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
LANGUAGES = ("en", "de", "fr")
"""Of drivers' pages; the first where nobody asks for one of them."""


def page(folder: str, name: str) -> tuple[bytes, str] | None:
    """The bytes and the content type of a file of a folder ("" is index.html); None if there is no such file."""
    return _files(folder).get(name or "index.html")


@cache
def spoken(folder: str, name: str, language: str) -> bytes:
    """A page of drivers in one of the languages: each `$word` is that text, each `$lang` the language."""
    texts = json.loads((ROOT / folder / "texts.json").read_text())
    words: Mapping[str, str] = {word: escape(text[language]) for word, text in texts.items()}
    return Template((ROOT / folder / name).read_text()).substitute(words, lang=language).encode()


def language_of(accepted: str, chosen: str = "") -> str:
    """The language that was chosen, where we speak it, else the best of an Accept-Language header (RFC 9110, 12.5.4)."""
    if chosen in LANGUAGES:
        return chosen
    ranked: list[tuple[float, str]] = []
    for part in accepted.split(",")[:20]:
        tag, _, weight = part.strip().partition(";q=")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            ranked.append((_weight(weight), language))
    best = max(ranked, key=lambda one: one[0], default=(0.0, ""))  # of equal ones the first
    return best[1] if best[0] > 0 else LANGUAGES[0]


def _weight(text: str) -> float:
    try:
        return float(text or 1)
    except ValueError:
        return 0.0


@cache
def _files(folder: str) -> dict[str, tuple[bytes, str]]:
    # A fixed table of names: a request's path never reaches the file system.
    files = (path for path in (ROOT / folder).iterdir() if path.suffix in CONTENT_TYPES)
    return {path.name: (path.read_bytes(), CONTENT_TYPES[path.suffix]) for path in files}
