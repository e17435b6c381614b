"""Derived: what sessions cost by their snapshots, readings and marks, from the start on. Final prices are made so, and
whatever is asked of a price afterwards."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from ohmstead.engines.idle import IdleRules, rules_of, stretches
from ohmstead.engines.pricing import Covered, price_of
from ohmstead.engines.pricing.model import SessionPrice, Stretch
from ohmstead.kit.db import Row, Tx
from ohmstead.rooms.charging.pricing.reading import Course, courses
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.snapshot_terms import SnapshotTerms, terms_of_snapshots


class Derived(Struct):
    """A session's course as it was charging and idle, and what that costs; without a tariff it has no price."""

    row: Row
    course: Course
    rules: IdleRules
    stretches: list[Stretch]
    tariff: SnapshotTerms | None
    covered: Sequence[Covered] = ()

    def price(self, cut_at: Sequence[datetime] = ()) -> SessionPrice | None:
        """What it costs, its periods cut at moments beside the borders of its prices."""
        if self.tariff is None:
            return None
        terms, start = self.tariff.terms, self.row["started_at"]
        return price_of(terms, start, self.stretches, cut_at, covered=self.covered, **self.course.extending)


async def derived(
    tx: Tx,
    sessions: Sequence[Row],
    rules: Mapping[int, IdleRules] | None = None,
    covered: Mapping[int, Sequence[Covered]] | None = None,
) -> dict[int, Derived]:
    """Of each session, a row with the columns `reading.NEEDED`. `rules` of what is idle where they are not those in
    force now; `covered` is what of their energy is not charged."""
    found = await courses(tx, sessions)
    snapshots = {row["tariff_snapshot_id"] for row in sessions} - {None}
    tariffs = await terms_of_snapshots(tx, snapshots) if snapshots else {}
    detection = (await settings.read(tx)).idle_period_detection
    made: dict[int, Derived] = {}
    for row in sessions:
        tariff, course = tariffs.get(row["tariff_snapshot_id"]), found[row["id"]]
        idle = (rules or {}).get(row["id"]) or rules_of(tariff and tariff.content, detection)
        end = row["stopped_at"] or (course.reads[-1].at if course.reads else row["started_at"])
        told = stretches(row["started_at"], end, course.reads, course.marks, idle)
        made[row["id"]] = Derived(row, course, idle, told, tariff, (covered or {}).get(row["id"], ()))
    return made
