"""What `with…` flags add to a session: its authorization, its periods, its consumption by the clock, its price."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from msgspec import UNSET
from sqlalchemy import ARRAY, BigInteger, bindparam, select, text

from ohmstead.engines.idle import rules_of
from ohmstead.engines.pricing.model import Stretch
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.errors import Invalid
from ohmstead.kit.operations import RenderContext
from ohmstead.kit.questions import Question
from ohmstead.kit.versions import Include
from ohmstead.kit.views import stamp
from ohmstead.rooms.charging.authorizations import AuthorizationV1, authorization, with_old_methods
from ohmstead.rooms.charging.pricing.marks import marks_of
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.charging.sessions.series import EnergyInterval, EnergySeries
from ohmstead.rooms.operator import settings

price_breakdown: Question[[Tx, list[int]], Mapping[int, list[Any]]] = Question("the fees of billed sessions")
period_prices: Question[[Tx, Mapping[int, list[Stretch]], bool], Mapping[int, list[dict[str, Any]]]] = Question(
    "what the periods of sessions cost, as fields to add to each; with its breakdown or without"
)

# the last reading of each minute is enough for what is told here
_POINTS = Statement(
    text("""
SELECT DISTINCT ON (session.id, date_bin('1 minute', value.at, session.started_at))
       session.id, value.at, value.energy_wh - session.meter_start_wh AS energy_wh
FROM session JOIN meter_value AS value ON value.evse_id = session.evse_id
    AND value.at >= session.started_at AND value.at <= COALESCE(session.stopped_at, CAST(:now AS timestamptz))
    AND (value.session_id = session.id OR value.session_id IS NULL)
WHERE session.id = ANY(CAST(:ids AS bigint[])) AND value.energy_wh IS NOT NULL AND value.anomaly IS NULL
ORDER BY session.id, date_bin('1 minute', value.at, session.started_at), value.at DESC""")
)
_ids = bindparam("ids", type_=ARRAY(BigInteger))
_ENDS = Statement(
    select(session.c.id, session.c.started_at, session.c.stopped_at, session.c.energy_wh).where(
        session.c.id == _ids.any_()
    )
)
_AUTHORIZATIONS = Statement(
    select(session.c.id.label("session_id"), authorization)
    .join(authorization, authorization.c.id == session.c.authorization_id)
    .where(session.c.id == _ids.any_())
)


async def energy_series(tx: Tx, ids: list[int]) -> dict[int, EnergySeries]:
    """How the energy of each session grew, from its start to its end, or to the last reading."""
    points: dict[int, list[tuple[datetime, float]]] = {key: [] for key in ids}
    for row in await tx.all(_POINTS, ids=ids, now=tx.now):
        points[row["id"]].append((row["at"], row["energy_wh"]))
    return {row["id"]: _whole(row, points[row["id"]]) for row in await tx.all(_ENDS, ids=ids)}


def _whole(ends: Row, between: list[tuple[datetime, float]]) -> EnergySeries:
    start, energy = ends["started_at"], ends["energy_wh"]
    end = [(ends["stopped_at"], energy)] if ends["stopped_at"] else []
    return EnergySeries.of([(start, 0.0), *(point for point in between if point[0] > start), *end], energy)


async def _authorizations(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, AuthorizationV1]:
    return {row["session_id"]: AuthorizationV1(**_fields(row)) for row in await tx.all(_AUTHORIZATIONS, ids=ids)}


def _fields(row: Row) -> dict[str, Any]:
    """Of an authorization, in the words of its version 1.0."""
    told = {name: value for name, value in row.items() if name != "id_tag_uid" or value is not None}
    told |= {"created_at": stamp(row["created_at"]), "last_updated_at": stamp(row["updated_at"])}
    return with_old_methods(told)


async def _periods(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    rules, marks = rules_of(None, (await settings.read(tx)).idle_period_detection), await marks_of(tx, ids)
    series = await energy_series(tx, ids)
    found = {key: list(_joined(each.stretches(marks[key], rules))) for key, each in series.items()}
    shown = {key: list(_shown(each)) for key, each in found.items()}
    for prices in await period_prices(tx, found, context.sets("withChargingPeriodsPriceBreakdown")):
        for key, each in prices.items():
            for period, priced in zip(shown[key], each, strict=True):
                period |= priced
    return shown


def _joined(stretches: Iterable[Stretch]) -> Iterator[Stretch]:
    """Those of charging, and of standing idle, that adjoin each other as one."""
    for idle, each in groupby(stretches, key=lambda one: one.idle):
        alike = list(each)
        yield Stretch(alike[0].start, alike[-1].end, sum(one.energy_wh for one in alike), idle)


def _shown(found: list[Stretch]) -> Iterator[dict[str, Any]]:
    for number, period in enumerate(found, 1):
        state = "idle" if period.idle else "charging"
        yield {
            "id": number, "energy": period.energy_wh, "startedAt": stamp(period.start), "stoppedAt": stamp(period.end),
            "state": state, "chargingState": state,
        }  # fmt: skip


async def _by_clock(tx: Tx, ids: list[int], context: RenderContext) -> dict[int, list[dict[str, Any]]]:
    minutes = context.flags.get("clockAlignedInterval", "15")
    if minutes not in ("15", "30", "60"):
        raise Invalid(clockAlignedInterval="The selected clock aligned interval is invalid.")
    series = await energy_series(tx, ids)
    return {key: [_interval(one) for one in each.slices(int(minutes))] for key, each in series.items()}


def _interval(one: EnergyInterval) -> dict[str, Any]:
    energy = round(one.energy_wh, 3)
    consumption = {"total": energy, "grid": energy}
    return {
        "start": stamp(one.start), "end": stamp(one.end), "energyConsumed": round(energy),
        "energyConsumption": consumption,
    }  # fmt: skip


async def _price_breakdown(tx: Tx, ids: list[int], context: RenderContext) -> Mapping[int, Any]:
    """Billing knows; an unbilled session has none."""
    return await price_breakdown.merged(tx, ids)


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
