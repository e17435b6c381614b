"""`ohmstead firmware`: firmware versions taken in, for charge points to fetch."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ohmstead.app.commands.audited import audited
from ohmstead.app.settings import Settings, load
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.firmware import NoSuchModel
from ohmstead.rooms.devices.firmware import add_firmware as add
from ohmstead.rooms.operator.admins import Vault
from ohmstead.rooms.operator.files import MOST_BYTES, Files, TooBig

CHUNK = 1 << 20


def add_firmware(
    file: Path,
    version: str,
    *,
    vendor: int,
    model: list[int] | None = None,
    details: str | None = None,
    certificate: Path | None = None,
    signature: str | None = None,
    data_dir: Path | None = None,
) -> None:
    """Take a file in as a firmware version, and print its number.

    Parameters
    ----------
    file
        What charge points shall fetch.
    version
        What it is called, for example 1.4.2.
    vendor
        The number of the vendor whose charge points it is for.
    model
        The number of a model it is for; may be repeated.
    details
        What is new in it.
    certificate
        The file of the certificate it is signed with (PEM).
    signature
        The signature of the file, in base64.
    data_dir
        Where the embedded database, the secrets and the files live (.ohmstead).
    """
    if (certificate is None) != (signature is None):
        raise SystemExit("ohmstead: a certificate and a signature belong together")
    try:
        proof = {} if certificate is None else {"signing_certificate": certificate.read_text(), "signature": signature}
        facts = proof | {"details": details}
        print(asyncio.run(_add(load({"data_dir": data_dir}), file, version, vendor, sorted(set(model or [])), **facts)))
    except OSError as error:
        raise SystemExit(f"ohmstead: {error.filename}: {error.strerror}") from None
    except NoSuchModel as unknown:
        raise SystemExit(f"ohmstead: {unknown}") from None
    except TooBig:
        raise SystemExit(f"ohmstead: {file} has more than {MOST_BYTES >> 20} MiB") from None


async def _add(settings: Settings, file: Path, version: str, vendor: int, models: list[int], **facts: Any) -> int:
    """The row is there with its file, or neither is."""
    async with audited(settings, "firmware add") as done:
        files = Files(settings.data_dir, Vault.at(settings.data_dir / "secret.key"), SystemClock())
        number = await add(done.tx, version, vendor, file.name, models, **facts)
        await files.store("firmware", number, _chunks(file))
        done.target, done.changes = f"firmware-versions/{number}", {"id": number}
        return number


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened_file:
        while chunk := opened_file.read(CHUNK):
            yield chunk
