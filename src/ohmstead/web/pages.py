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


def page(folder: str, name: str) -> tuple[bytes, str] | None:
    """The bytes and the content type of a file of a folder ("" is index.html); None if there is no such file."""
    return _files(folder).get(name or "index.html")


@cache
def spoken(folder: str, name: str, language: str) -> bytes:
    """A page of drivers in one of the languages: each `$word` is that text, each `$lang` the language."""
    texts = json.loads((ROOT / folder / "texts.json").read_text())
    words: Mapping[str, str] = {word: escape(text[language]) for word, text in texts.items()}
    return Template((ROOT / folder / name).read_text()).substitute(words, lang=language).encode()


@cache
def _files(folder: str) -> dict[str, tuple[bytes, str]]:
    # A fixed table of names: a request's path never reaches the file system.
    files = (path for path in (ROOT / folder).iterdir() if path.suffix in CONTENT_TYPES)
    return {path.name: (path.read_bytes(), CONTENT_TYPES[path.suffix]) for path in files}
