"""What `with…` flags add to a session: its authorization, its periods, its consumption by the clock, its price."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from msgspec import UNSET
from sqlalchemy import ARRAY, BigInteger, bindparam, select

from ohmstead.engines.electricity_cost import LocalShare, local_energy
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.versions import Include
from ohmstead.kit.views import stamp
from ohmstead.rooms.charging.authorizations import AuthorizationV1, authorization, with_old_methods
from ohmstead.rooms.charging.pricing.derived import Derived
from ohmstead.rooms.charging.pricing.electricity_cost import local_shares
from ohmstead.rooms.charging.pricing.reading import Course, courses
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.priced import (
    breakdowns,
    charging_periods,
    costs_between,
    derived_of,
    sessions_of,
)
from ohmstead.rooms.charging.sessions.series import EnergyInterval, EnergySeries

_ids = bindparam("ids", type_=ARRAY(BigInteger))
_AUTHORIZATIONS = Statement(
    select(session.c.id.label("session_id"), authorization)
    .join(authorization, authorization.c.id == session.c.authorization_id)
    .where(session.c.id == _ids.any_())
)


async def energy_series(tx: Tx, ids: list[int]) -> dict[int, EnergySeries]:
    """How the energy of each session grew, from its start to its end, or to the last reading."""
    rows = await sessions_of(tx, ids)
    found = await courses(tx, rows)
    return {row["id"]: _series(row, found[row["id"]]) for row in rows}


def _series(row: Row, course: Course) -> EnergySeries:
    points = [(row["started_at"], 0.0), *((read.at, read.energy_wh) for read in course.reads)]
    return EnergySeries.of(points, row["energy_wh"])


async def _authorizations(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, AuthorizationV1]:
    return {row["session_id"]: AuthorizationV1(**_fields(row)) for row in await tx.all(_AUTHORIZATIONS, ids=ids)}


def _fields(row: Row) -> dict[str, Any]:
    """Of an authorization, in the words of its version 1.0."""
    told = {name: value for name, value in row.items() if name != "id_tag_uid" or value is not None}
    told |= {"created_at": stamp(row["created_at"]), "last_updated_at": stamp(row["updated_at"])}
    return with_old_methods(told)


async def _periods(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    return await charging_periods(tx, ids, context.sets("withChargingPeriodsPriceBreakdown"))


async def _by_clock(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    minutes = context.flags.get("clockAlignedInterval", "15")
    if minutes not in ("15", "30", "60"):
        raise Invalid(clockAlignedInterval="The selected clock aligned interval is invalid.")
    found, shares = await derived_of(tx, await sessions_of(tx, ids)), await local_shares.merged(tx, ids)
    return {key: _intervals(made, int(minutes), shares.get(key)) for key, made in found.items()}


def _intervals(made: Derived, minutes: int, shares: Sequence[LocalShare] | None) -> list[dict[str, Any]]:
    slices = _series(made.row, made.course).slices(minutes)
    local = [None if shares is None else local_energy(made.stretches, shares, one.start, one.end) for one in slices]
    shown = [_interval(one, each) for one, each in zip(slices, local, strict=True)]
    if slices and (costs := costs_between(made, [slices[0].start, *(one.end for one in slices)])):
        for interval, cost in zip(shown, costs, strict=True):
            interval["totalCost"] = cost
    return shown


def _interval(one: EnergyInterval, local_wh: Fraction | None) -> dict[str, Any]:
    energy = round(one.energy_wh, 3)
    local = 0.0 if local_wh is None else min(energy, round(float(local_wh), 3))
    consumption = {"total": energy, "grid": round(energy - local, 3)} | ({} if local_wh is None else {"local": local})
    return {
        "start": stamp(one.start), "end": stamp(one.end), "energyConsumed": round(energy),
        "energyConsumption": consumption,
    }  # fmt: skip


async def _price_breakdown(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    return await breakdowns(tx, ids)


_EXTERNAL = Statement(select(session.c.id, session.c.external_app_data).where(session.c.id == _ids.any_()))


async def _external_app_data(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, Any]:
    return dict(await tx.all(_EXTERNAL, ids=ids))


INCLUDES = (
    Include("authorization", _authorizations, flag="withAuthorization", empty=UNSET),
    Include("chargingPeriods", _periods, flag="withChargingPeriods"),
    Include("clockAlignedEnergyConsumption", _by_clock, flag="withClockAlignedEnergyConsumption"),
    Include("priceBreakdown", _price_breakdown, flag="withPriceBreakdown", empty=UNSET),
    Include("externalAppData", _external_app_data),
)
