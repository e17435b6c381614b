"""`ohmstead model`: what of charge point models comes as a file."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from ohmstead.app.commands.audited import audited
from ohmstead.app.settings import Settings, load
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.network import models
from ohmstead.rooms.operator.admins import Vault
from ohmstead.rooms.operator.files import Files


def set_photo(model: int, file: Path, *, data_dir: Path | None = None) -> None:
    """Give a model the photo that apps show of its charge points.

    Parameters
    ----------
    model
        The number of the model.
    file
        A JPEG, PNG or WebP image.
    data_dir
        Where the embedded database, the secrets and the files live (.ohmstead).
    """
    if models.photo_type(file.name) is None:
        raise SystemExit("ohmstead: a photo is a .jpg, .png or .webp file")
    try:
        image = file.read_bytes()
    except OSError as error:
        raise SystemExit(f"ohmstead: {error.filename}: {error.strerror}") from None
    if not asyncio.run(_set(load({"data_dir": data_dir}), model, file.name, image)):
        raise SystemExit(f"ohmstead: there is no model {model}")


async def _set(settings: Settings, model: int, name: str, image: bytes) -> bool:
    """The name is there with the photo, or neither is; whether there is such a model."""
    async with audited(settings, "model photo") as done:
        known = await models.set_photo(done.tx, model, name)
        if known:
            files = Files(settings.data_dir, Vault.at(settings.data_dir / "secret.key"), SystemClock())
            await files.store("photos", model, _whole(image))
            done.target, done.changes = f"charge-point-models/{model}", {"id": model, "fields": ["photo"]}
        return known


async def _whole(image: bytes) -> AsyncIterator[bytes]:
    yield image
