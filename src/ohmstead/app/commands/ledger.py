"""`ohmstead ledger`: the books, added up."""

import asyncio
from pathlib import Path

from ohmstead.app.commands.stderr import print_stderr
from ohmstead.app.database import opened
from ohmstead.app.settings import Settings, load
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.ledger import faults, totals


def check(*, data_dir: Path | None = None) -> None:
    """Print what lies on the accounts of each kind, and a line for each balance that is not the sum of its entries.

    Exit status 1: there is one. Nothing is changed.

    Parameters
    ----------
    data_dir
        Where the embedded database lives (.ohmstead).
    """
    sums, wrong = asyncio.run(_added_up(load({"data_dir": data_dir})))
    for row in sums:
        print(f"{row['currency']} {row['kind']:<14}{row['amount']:>18,f}  accounts: {row['accounts']}")
    if wrong:
        raise SystemExit("\n".join([*wrong, f"The ledger does not add up: {len(wrong)} faults."]))
    print("The ledger adds up.")


async def _added_up(settings: Settings) -> tuple[list[Row], list[str]]:
    async with opened(settings, print_stderr) as database, database.begin() as tx:
        return await totals(tx), await faults(tx)
