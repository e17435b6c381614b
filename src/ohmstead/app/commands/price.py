"""`ohmstead price`: what a session costs, worked out anew from its snapshot and its readings, for whoever asks why."""

import asyncio
import sys
from pathlib import Path

from rich.console import Console

from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import opened
from ohmstead.app.price_screen import differences, priced
from ohmstead.app.settings import Settings, load
from ohmstead.kit.db import Row
from ohmstead.rooms.charging.pricing.derived import Derived
from ohmstead.rooms.charging.sessions.priced import derived_of, kept_prices, sessions_of

WIDTH = 140  # characters, where no terminal says


def price(session: int, /, *, data_dir: Path | None = None) -> None:
    """Print the slices, fees and lines of a session's price, and whether they are what is stored.

    Exit status 1: they are not.

    Parameters
    ----------
    session
        Its id.
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    found = asyncio.run(_derived(load({"data_dir": data_dir}), session))
    if found is None:
        raise SystemExit(f"ohmstead: there is no session {session}")
    row, made = found
    console = Console() if sys.stdout.isatty() else Console(width=WIDTH)
    console.print(priced(row, made))
    wrong = differences(row, made)
    if wrong:
        raise SystemExit(f"This is not what is stored: {'; '.join(wrong)}.")
    print("It is not final yet." if row["billing_status"] is None else "This is what is stored.")


async def _derived(settings: Settings, session: int) -> tuple[Row, Derived] | None:
    async with opened(settings, print_stderr) as database, database.read() as tx:
        rows = await sessions_of(tx, [session])
        if not rows:
            return None
        made = (await derived_of(tx, rows))[session]
        kept = (await kept_prices(tx, [session])).get(session)
    return dict(rows[0]) | {"lines": kept.lines if kept else ()}, made
