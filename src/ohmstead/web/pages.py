"""The pages we serve as they lie in the package: today the reader of the API document at /docs."""

from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "docs"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}


def page(name: str) -> tuple[bytes, str] | None:
    """The bytes and the content type of the file `name` of /docs ("" is index.html); None if there is no such file."""
    return _pages().get(name or "index.html")


@cache
def _pages() -> dict[str, tuple[bytes, str]]:
    # A fixed table of names: a request's path never reaches the file system.
    files = (path for path in FOLDER.iterdir() if path.suffix in CONTENT_TYPES)
    return {path.name: (path.read_bytes(), CONTENT_TYPES[path.suffix]) for path in files}
