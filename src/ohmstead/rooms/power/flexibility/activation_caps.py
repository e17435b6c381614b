"""Activations in load management: what was asked of assets, as caps on what is steered there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, DateTime, any_, bindparam, or_, select

from ohmstead.engines.dlm.activations import Period, holding
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.rooms.power.flexibility.places import flowed
from ohmstead.rooms.power.flexibility.requests import stored
from ohmstead.rooms.power.flexibility.table import activation_request, flexibility_asset
from ohmstead.rooms.power.management.caps import Limit, Members, Seen, cap_sources

Flowed = tuple[float, datetime]
"""Wh that flowed from the start of a period up to a moment."""

_asset, _request = flexibility_asset.c, activation_request.c
_now = bindparam("now", type_=DateTime(timezone=True))


def _one_of(name: str) -> object:
    return any_(bindparam(name, type_=ARRAY(BigInteger)))


_ASKED = Statement(
    select(*_asset["id", "dlm_circuit_id", "charge_point_id", "evse_id", "ends_at"], _request.periods)
    .join(activation_request, _request.asset_id == _asset.id)
    .where(_asset.status == "enabled", or_(_asset.ends_at.is_(None), _asset.ends_at > _now), _request.ends_at > _now)
    .where(
        or_(
            _asset.dlm_circuit_id == _one_of("circuits"),
            _asset.charge_point_id == _one_of("charge_points"),
            _asset.evse_id == _one_of("evses"),
        )
    )
    .order_by(_asset.id, _request.id)
)


@dataclass(frozen=True, slots=True)
class ActivationCap:
    """Of one asset: its requests, the oldest first, and what flowed in those of their periods that say an energy."""

    source: str
    circuit_id: int | None
    charge_point_id: int | None
    evse_id: int | None
    ends_at: datetime | None
    requests: Sequence[Sequence[Period]]
    known: Mapping[Period, Flowed]
    of_all: bool = False

    def at(self, now: datetime, seen: Seen) -> Limit | None:
        """What the period that holds leaves; an energy is reckoned anew at each look."""
        period = holding(self.requests, now)
        if period is None or (self.ends_at is not None and now >= self.ends_at):
            return None
        before, since = self.known.get(period, (0.0, period.start))
        return Limit(watts=period.watts(now, before + seen.energy_wh(since)))


@cap_sources.load
async def activations(tx: Tx, there: Members) -> list[ActivationCap]:
    """What is asked, or will be, of the assets of a tree."""
    asked = await tx.all(
        _ASKED, now=tx.now, circuits=list(there.circuits), charge_points=list(there.charge_points),
        evses=list(there.evses),
    )  # fmt: skip
    by_asset: dict[int, list[Row]] = {}
    for row in asked:
        by_asset.setdefault(row["id"], []).append(row)
    return [await _cap(tx, rows) for rows in by_asset.values()]


async def _cap(tx: Tx, rows: list[Row]) -> ActivationCap:
    asset, asked = rows[0], [stored(row["periods"]) for row in rows]
    budgets = [one for periods in asked for one in periods if one.energy is not None and one.start <= tx.now < one.end]
    known = await flowed(tx, asset["id"], {one.start for one in budgets}) if budgets else {}
    return ActivationCap(
        f"flexibility asset {asset['id']}", asset["dlm_circuit_id"], asset["charge_point_id"], asset["evse_id"],
        asset["ends_at"], asked, {one: known[one.start] for one in budgets},
    )  # fmt: skip
