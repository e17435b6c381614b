"""Covered energy of sessions: what upper rooms say is paid for already, and what they are told was used of it."""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, to_builtins

from ohmstead.engines.pricing import Covered, SessionPrice, Use
from ohmstead.kit.db import Row, Tx
from ohmstead.kit.questions import Question


class Cover(Struct):
    """What of a session may be covered: less what others used of it."""

    windows: tuple[Covered, ...]


Asked = tuple[Cover | None, Sequence[Use]]

covers: Question[[Tx, Sequence[Row], bool], Mapping[int, Cover]] = Question(
    "what energy of sessions is covered (rows with the columns `reading.NEEDED`); where it is said, what others may use"
    " of it is locked until the transaction's end"
)
used: Question[[Tx, Mapping[int, Asked]], set[int]] = Question(
    "what was used of the covers of sessions, in place of what was used before: of which it is still there"
)


async def covers_of(tx: Tx, rows: Iterable[Row], lock: bool = False) -> dict[int, Cover]:
    """Of those that have something to pay and somebody who pays it."""
    asked = [row for row in rows if row["user_id"] is not None and row["tariff_snapshot_id"] is not None]
    return await covers.merged(tx, asked, lock) if asked else {}


async def take(tx: Tx, rows: Iterable[Row], found: Mapping[int, Cover], prices: Mapping[int, SessionPrice]) -> set[int]:
    """Use what the prices of sessions took; those of which it was not there any more, because another was faster."""
    told: dict[int, Asked] = {}
    for row in rows:
        key, price = row["id"], prices.get(row["id"])
        if key in found or row["non_billable_energy_wh"]:
            told[key] = found.get(key), price.covered if price else ()
    if not told:
        return set()
    return set(told) - {key for answer in await used(tx, told) for key in answer}


def as_used(cover: Cover | None, price: SessionPrice | None) -> list[dict[str, object]]:
    """As JSON has it: where the price covered something, and how much; the same price is made by it again."""
    taken = {(each.account, each.cycle): each.energy_wh for each in price.covered} if price else {}
    return [
        to_builtins(Covered(each.start, each.end, each.account, each.cycle, taken[each.account, each.cycle]))
        for each in (cover.windows if cover else ())
        if (each.account, each.cycle) in taken
    ]
