"""Links: the URL by which a document's PDF is fetched, by whoever holds it."""

from datetime import timedelta

from ohmstead.rooms.operator.files import files

LASTS = timedelta(hours=24)


def download_url(document_id: int, reached_at: str) -> str:
    """Good for 24 hours; what has no file yet gets it when it is fetched.

    `reached_at` is any URL by which the API was just reached."""
    return files.current.url("documents", document_id, LASTS, reached_at)
