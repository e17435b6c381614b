"""`ohmstead qr`: the code on the label of an EVSE, by which who has no account charges there."""

import asyncio
import sys
from pathlib import Path

import segno

from ohmstead.app.commands.audited import audited
from ohmstead.app.settings import Settings, load
from ohmstead.rooms.billing.drive.codes import OPEN_TO_ALL, code_of, evses_called

ERRORS = "m"  # a label may be scratched: 15 % of it can be gone
MODULE = 10  # px in the SVG, which scales


def qr(
    evse: str,
    /,
    *,
    svg: Path | None = None,
    url: str | None = None,
    replace: bool = False,
    data_dir: Path | None = None,
) -> None:
    """Print the QR code of an EVSE, and the address that it holds.

    Parameters
    ----------
    evse
        Its physical reference, or its id.
    svg
        Write the code to this file, for the label, and print the address alone.
    url
        Where drivers reach the API (the setting public_url).
    replace
        Make a new code: labels with the one before lead nowhere from then on.
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    settings = load({"data_dir": data_dir})
    base = url or settings.public_url
    if base is None:
        raise SystemExit("ohmstead: say where drivers reach this server, by --url or the setting public_url")
    address = f"{base.rstrip('/')}/drive/{asyncio.run(_code(settings, evse, replace))}"
    made = segno.make_qr(address, error=ERRORS)
    if svg is not None:
        _write(made, svg, evse)
    else:
        made.terminal(out=sys.stdout, compact=True)
    print(address)


def _write(made: segno.QRCode, file: Path, evse: str) -> None:
    try:
        made.save(str(file), kind="svg", scale=MODULE, title=evse)
    except OSError as error:
        raise SystemExit(f"ohmstead: {error.filename}: {error.strerror}") from None


async def _code(settings: Settings, evse: str, replace: bool) -> str:
    async with audited(settings, "qr") as done:
        found = await evses_called(done.tx, evse)
        if len(found) != 1:
            ids = ", ".join(str(row["id"]) for row in found)
            raise SystemExit(f"ohmstead: {evse} means {f'several EVSEs: {ids}' if found else 'no EVSE'}")
        if found[0]["type"] != OPEN_TO_ALL:
            raise SystemExit(f"ohmstead: the charge point of {evse} is {found[0]['type']}, not {OPEN_TO_ALL}")
        if replace:
            done.target, done.changes = f"evses/{found[0]['id']}", {"fields": ["driveCode"]}
        return await code_of(done.tx, found[0]["id"], replace)
