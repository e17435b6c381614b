"""`ohmstead settings`: what the operator decides once, shown and set."""

import asyncio
from pathlib import Path
from typing import Any, Literal

import msgspec

import ohmstead.rooms.operator.settings as house
from ohmstead.app import rooms  # noqa: F401 - which may have a word to say
from ohmstead.app.commands.audited import audited
from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import opened
from ohmstead.app.settings import Settings, load
from ohmstead.kit.errors import Invalid

Section = Literal[
    "baseCurrency", "defaultTax", "reservations", "plugAndCharge", "features", "idlePeriodDetection", "billing",
    "regional", "adHocCharging", "supplier", "documents",
]  # fmt: skip


def show_settings(*, data_dir: Path | None = None) -> None:
    """Print the settings in force as JSON.

    Parameters
    ----------
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    found = asyncio.run(_show(load({"data_dir": data_dir})))
    print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())


async def _show(settings: Settings) -> house.AllSettings:
    async with opened(settings, print_stderr) as database, database.read() as tx:
        return await house.read(tx)


def set_settings(section: Section, /, *values: str, data_dir: Path | None = None) -> None:
    """Set values of a section, for example `baseCurrency id=2`.

    Parameters
    ----------
    section
        baseCurrency, defaultTax, reservations, plugAndCharge, features, idlePeriodDetection, billing, regional,
        adHocCharging, supplier or documents.
    values
        name=value, by the names that `show` prints.
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    asyncio.run(_set(load({"data_dir": data_dir}), section, dict(_pair(text) for text in values)))


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise SystemExit(f"ohmstead: {text!r} is not of the form name=value")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


async def _set(settings: Settings, section: str, values: dict[str, Any]) -> None:
    try:
        async with audited(settings, "settings set") as done:
            await house.put(done.tx, section, **values)
            done.target, done.changes = f"settings/{section}", {"fields": sorted(values)}
    except Invalid as error:
        told = "; ".join(f"{name}: {' '.join(texts)}" for name, texts in (error.errors or {}).items())
        raise SystemExit(f"ohmstead: {told}") from None
