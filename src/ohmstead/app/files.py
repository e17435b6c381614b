"""The routes of files: charge points upload logs and fetch firmware, apps fetch photos, people their
documents. Whoever holds a signed URL may, for its time."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import falcon
import structlog
from falcon.asgi.multipart import MultipartForm

from ohmstead.kit.db import Database, Tx
from ohmstead.kit.errors import Unavailable
from ohmstead.rooms.billing.documents.files import making
from ohmstead.rooms.devices import firmware
from ohmstead.rooms.devices.communication import diagnostics as logs
from ohmstead.rooms.network import models
from ohmstead.rooms.operator.files import MOST_BYTES, Folder, TooBig, files
from ohmstead.rooms.people import private_data

log = structlog.get_logger("ohmstead.files")

CHUNK = 1 << 16
_UNSAFE = re.compile(r"[^\w.\- ]")


class Uploads:
    """`PUT` or `POST` stores the log of a request, also as a form's file; `GET` gives it back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_put(self, req: Any, resp: Any, token: str, name: str | None = None) -> None:
        number = _granted("uploads", token)
        if (req.content_length or 0) > MOST_BYTES:
            raise falcon.HTTPContentTooLarge
        try:
            size = await files.current.store("uploads", number, _chunks(req))
        except TooBig:
            raise falcon.HTTPContentTooLarge from None
        except OSError as error:  # no room, most of all
            log.warning("upload not stored", number=number, why=str(error))
            raise falcon.HTTPServiceUnavailable(retry_after=60) from None
        async with self._database.begin() as tx:
            await logs.log_stored(tx, number, name and name[:255].replace("\0", ""), size)
        resp.status = falcon.HTTP_201

    async def on_post(self, req: Any, resp: Any, token: str, name: str | None = None) -> None:
        await self.on_put(req, resp, token, name)

    async def on_get(self, req: Any, resp: Any, token: str, name: str | None = None) -> None:
        number = _granted("uploads", token)
        async with self._database.read() as tx:
            known = await logs.log_name(tx, number)
        if known is None:
            raise falcon.HTTPNotFound
        give(resp, files.current.path("uploads", number), known)


class Downloads:
    """`GET` gives a file of a folder; `name_of` says what one is called, by its number."""

    def __init__(self, database: Database, folder: Folder, name_of: Callable[[Tx, int], Awaitable[str | None]]) -> None:
        self._database, self._name_of = database, name_of
        self._folder: Folder = folder

    async def on_get(self, req: Any, resp: Any, token: str, name: str | None = None) -> None:
        number = _granted(self._folder, token)
        async with self._database.read() as tx:
            known = await self._name_of(tx, number)
        if known is None:
            raise falcon.HTTPNotFound
        kind = models.photo_type(known) if self._folder == "photos" else None
        give(resp, files.current.path(self._folder, number), known, kind or "application/octet-stream")


class PrivateData:
    """`GET` gives all that is held of a user."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_get(self, req: Any, resp: Any, token: str, name: str | None = None) -> None:
        number = _granted("private-data", token)
        async with self._database.read() as tx:
            archive = await private_data.archived(tx, number, req.prefix)
        if archive is None:
            raise falcon.HTTPNotFound
        resp.data, resp.content_type = archive, "application/zip"
        resp.downloadable_as = private_data.NAME
        resp.set_header("Cache-Control", "no-store")


class Documents:
    """`GET` gives the PDF of a document; 503 where it was not made yet and cannot be."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def on_get(self, req: Any, resp: Any, token: str, name: str | None = None) -> None:
        number = _granted("documents", token)
        try:
            found = await making.file_of(self._database, number)
        except making.NoTypst as error:
            raise Unavailable(str(error), headers={"Retry-After": "3600"}) from None
        if found is None:
            raise falcon.HTTPNotFound
        resp.downloadable_as, resp.data = found
        resp.content_type = "application/pdf"
        resp.set_header("Cache-Control", "no-store")


def give(resp: Any, path: Path, name: str, content_type: str = "application/octet-stream") -> None:
    """Answer with a file; 404 where there is none."""
    try:
        opened = path.open("rb")
    except FileNotFoundError:
        raise falcon.HTTPNotFound from None
    resp.content_type = content_type
    resp.downloadable_as = _UNSAFE.sub("_", name)
    resp.set_stream(_read(opened), path.stat().st_size)


async def _read(opened: Any) -> AsyncIterator[bytes]:
    with opened:
        while chunk := opened.read(CHUNK):
            yield chunk


async def _chunks(req: Any) -> AsyncIterator[bytes]:
    """The body, or the first file of a form, as it comes. Raises where either ends too soon."""
    if not (req.content_type or "").startswith("multipart/form-data"):
        async for chunk in req.stream:
            yield chunk
        return
    form: MultipartForm = await req.get_media()
    found = False
    async for part in form:  # to its end, for a form without one raises
        if part.filename and not found:
            found = True
            while chunk := await part.stream.read(CHUNK):
                yield chunk
    if not found:
        raise falcon.HTTPBadRequest(title="The form holds no file.")


def _granted(folder: Folder, token: str) -> int:
    number = files.current.granted(folder, token)
    if number is None:
        raise falcon.HTTPForbidden(title="The URL is not valid, or no more.")
    return number


def add_files(app: Any, database: Database) -> None:
    """Route them."""
    routes = {
        "uploads": Uploads(database),
        "firmware": Downloads(database, "firmware", firmware.firmware_file),
        "photos": Downloads(database, "photos", models.photo_of),
        "private-data": PrivateData(database),
        "documents": Documents(database),
    }
    for folder, route in routes.items():
        app.add_route(f"/{folder}/{{token}}", route)
        app.add_route(f"/{folder}/{{token}}/{{name}}", route)
