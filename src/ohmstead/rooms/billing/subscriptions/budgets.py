"""Budgets: what is in a subscription for each cycle of its allowance, where it may be used, and when."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from msgspec import Struct

from ohmstead.engines.allowance_cycles import Cycle, cycles, renewal_cycles
from ohmstead.kit.db import Row
from ohmstead.rooms.billing.subscriptions.terms import Allowance, Terms

Kind = Literal["combined", "ac", "dc"]
_DAY = timedelta(days=1)


class Chain(Struct, frozen=True):
    """The sessions that go on with each other, and when the first began."""

    links: frozenset[int]
    began_at: datetime


class Budget(Struct, frozen=True):
    """What is in a subscription for a cycle, of one kind or (None) of all; it may be for a chain of sessions alone."""

    account: int
    cycle: Cycle
    allowance_wh: int
    kind: str | None
    chain: frozenset[int] | None = None

    def left(self, uses: Sequence[Row], session_id: int) -> int:
        """What a session may use of it: what no other has, and what it has itself."""
        own = others = 0
        for use in uses:
            if not self._counts(use):
                continue
            if use["session_id"] == session_id:
                own += use["energy_wh"]
            else:
                others += use["energy_wh"]
        return max(0, self.allowance_wh - others, own)

    def _counts(self, use: Row) -> bool:
        return (
            use["subscription_id"] == self.account
            and self.cycle.start <= use["starts_at"] < self.cycle.end
            and (self.kind is None or use["kind"] == self.kind)
            and (self.chain is None or use["session_id"] in self.chain)
        )


class Span(NamedTuple):
    """[start, end) of a session, in which a budget is open to it."""

    budget: Budget
    start: datetime
    end: datetime


def budget_now(row: Row, terms: Terms, kind: Kind, at: datetime) -> Budget:
    """What is in a subscription for the cycle that a moment is in."""
    allowance, own = terms.allowance, (None if kind == "combined" else kind)
    wh = 1000 * (getattr(allowance, kind) or 0)
    if allowance.reset_cycle == "after_each_session":
        return Budget(row["id"], Cycle(at, at), wh, own)
    if allowance.reset_cycle == "as_renewal_cycle":
        return Budget(row["id"], Cycle(row["cycle_started_at"], row["ends_at"]), wh, own)
    cycle = next(cycles(allowance.reset_cycle, row["anchor"], ZoneInfo(row["zone"]), at, at))
    return Budget(row["id"], cycle, wh, own)


def kinds_of(allowance: Allowance) -> tuple[Kind, ...]:
    """Of what an allowance is."""
    return {"none": (), "combined": ("combined",), "separate": ("ac", "dc")}[allowance.type]


def applies(allowance: Allowance, row: Row) -> bool:
    """Whether it may be used where a session is."""
    if allowance.home_chargers_only:
        return row["owner_id"] == row["user_id"]
    if allowance.exclude_roaming and row["roaming_operator_id"] is not None:
        return False
    return _within(row["country"], allowance.included_countries, allowance.excluded_countries) and _within(
        row["partner_id"], allowance.included_partner_charge_points, allowance.excluded_partner_charge_points
    )


def _within(what: object, included: Collection[object], excluded: Collection[object]) -> bool:
    return what not in excluded and (not included or what in included)


def spans_of(row: Row, terms: Terms, chain: Chain | None, now: datetime) -> Iterator[Span]:
    """When the energy of a session may be covered, and by what. The row is of both, and of their place."""
    allowance = terms.allowance
    horizon = row["stopped_at"] or now
    horizon += timedelta(microseconds=1) if row["stopped_at"] else _DAY  # what is told with the end is of it
    kind = None if allowance.type == "combined" else row["current_type"]
    wh = 1000 * (getattr(allowance, kind or "combined") or 0)
    for start, end in _in_force(row, row["began_at"], horizon):
        for cycle in _cycles(row, terms, chain, start, end):
            budget = Budget(row["id"], cycle, wh, kind, chain and chain.links)
            yield Span(budget, max(start, cycle.start), min(end, cycle.end))


def _cycles(row: Row, terms: Terms, chain: Chain | None, start: datetime, end: datetime) -> Iterator[Cycle]:
    reset, zone = terms.allowance.reset_cycle, ZoneInfo(row["zone"])
    if reset == "after_each_session":
        yield Cycle(chain.began_at if chain else row["began_at"], end)
    elif reset == "as_renewal_cycle":
        known = [Cycle(*each) for each in zip(row["starts"] or (), row["ends"] or (), strict=True)]
        known = known or [Cycle(row["started_at"], row["ends_at"])]
        yield from renewal_cycles(known, row["anchor"], terms.renewal_cycle, zone, start, end)
    else:
        yield from cycles(reset, row["anchor"], zone, start, end)


def _in_force(row: Row, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The parts of [start, end) in which a subscription was in force."""
    here, until = max(start, row["started_at"]), min(end, _end_of(row, end))
    for lapse in row["lapses"]:
        first, last = (datetime.fromisoformat(moment) for moment in lapse)
        if here < min(first, until):
            yield here, min(first, until)
        here = max(here, last)
    if here < until:
        yield here, until


def _end_of(row: Row, horizon: datetime) -> datetime:
    match row["status"]:
        case "active":
            return horizon if row["auto_renewal"] else row["ends_at"]
        case "canceled":
            return row["ends_at"]
        case "expired":
            return min(row["status_at"], row["ends_at"])
        case _:
            return row["status_at"]
