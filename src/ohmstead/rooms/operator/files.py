"""Files that are fetched from us and uploaded to us, by URLs that are signed and expire.

A URL names a folder and a file by number; what the station calls its file is kept in the database and never becomes a
path.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import msgspec
from cryptography.fernet import InvalidToken

from ohmstead.kit.clock import Clock
from ohmstead.kit.ports import Port
from ohmstead.rooms.operator.admins import Vault

Folder = Literal["uploads", "firmware", "photos", "private-data", "documents"]
MOST_BYTES = 256 << 20


class TooBig(Exception):
    """More than `MOST_BYTES` came."""


class Grant(msgspec.Struct, frozen=True, array_like=True):
    """What a URL allows: one file, until a moment (s since 1970)."""

    folder: Folder
    number: int
    until: float


_grants = msgspec.json.Decoder(Grant)


@dataclass(frozen=True, slots=True)
class Files:
    """Files below `root`; `base` is where charge points reach the API (None: where its caller does)."""

    root: Path
    vault: Vault
    clock: Clock
    base: str | None = None

    def url(self, folder: Folder, number: int, lasts: timedelta, reached_at: str, name: str = "") -> str:
        """A URL for whoever holds it. `reached_at` is any URL by which the API was just reached; `name` is what the
        file is called, where that is known."""
        grant = Grant(folder, number, (self.clock.now() + lasts).timestamp())
        token = self.vault.close(msgspec.json.encode(grant).decode()).decode()
        base = self.base or reached_at.partition("/public-api/")[0]
        return f"{base}/{folder}/{token}" + (f"/{quote(name, safe='')}" if name else "")

    def granted(self, folder: Folder, token: str) -> int | None:
        """The number of the file a URL's token allows; None where it is none of ours, or too old."""
        try:
            grant = _grants.decode(self.vault.open(token.encode()))
        except (InvalidToken, msgspec.MsgspecError):
            return None
        return grant.number if grant.folder == folder and grant.until > self.clock.now().timestamp() else None

    def path(self, folder: Folder, number: int) -> Path:
        """Where a file lies, or would."""
        return self.root / folder / str(number)

    async def store(self, folder: Folder, number: int, chunks: AsyncIterator[bytes]) -> int:
        """Write a file anew, whole or not at all; its size in bytes. Raises `TooBig`, and what `chunks` raises where
        they end too soon: then the file is as it was. It is on the disk before it takes the place of the one before."""
        path, size = self.path(folder, number), 0
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{number}.{os.urandom(4).hex()}.part")
        try:
            with half.open("wb") as file:
                async for chunk in chunks:
                    size += len(chunk)
                    if size > MOST_BYTES:
                        raise TooBig
                    file.write(chunk)
                file.flush()
                await asyncio.to_thread(os.fsync, file.fileno())
            half.replace(path)
            await asyncio.to_thread(_sync, path.parent)
        finally:
            with suppress(FileNotFoundError):
                half.unlink()
        return size

    async def prune(self, folder: Folder | Literal["mail"], older_than: datetime) -> int:
        """Remove the files that were last written before a moment, halves too; how many."""
        return await asyncio.to_thread(_removed, self.root / folder, older_than.timestamp())


def _sync(folder: Path) -> None:
    """A name in a folder is on the disk when the folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _removed(folder: Path, before_s: float) -> int:
    count = 0
    for path in folder.glob("*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before_s:
                path.unlink()
                count += 1
    return count


files: Port[Files] = Port("file store")
