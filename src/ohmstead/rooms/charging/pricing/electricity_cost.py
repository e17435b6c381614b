"""Electricity cost of sessions: what their energy cost the operator by the electricity rate of the charge point, and
what sources on the spot saved of that."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from ohmstead.engines.electricity_cost import LocalShare, electricity_cost
from ohmstead.engines.electricity_prices import ElectricityPrices, Price
from ohmstead.engines.pricing.model import Stretch
from ohmstead.kit.db import Row, Statement, Tx
from ohmstead.kit.questions import Question
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.energy.prices import prices_of
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.locations import location
from ohmstead.rooms.operator.currencies import precision_of
from ohmstead.rooms.operator.exchange import exchange
from ohmstead.rooms.operator.settings import base_currency_code

local_shares: Question[[Tx, list[int]], Mapping[int, Sequence[LocalShare]]] = Question(
    "what part of what sessions drew came from sources on the spot, in order of time; nothing of those of which it is"
    " not known that there is such a source"
)

_PLACES = Statement(
    select(session.c.id, charge_point.c.electricity_rate_id, location.c.timezone, session.c.currency)
    .select_from(session)
    .join(charge_point, charge_point.c.id == session.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(session.c.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
)
_INSTANT = timedelta(microseconds=1)
_Exchanged = Callable[[Fraction], Decimal]


class Electricity(Struct, frozen=True):
    """The columns of a session: amounts in its currency, with tax and rounded to it, energy in Wh. None: not known,
    for want of an electricity rate, of a way into the currency, or of a source on the spot."""

    electricity_cost: Decimal | None = None
    local_energy_wh: float | None = None
    estimated_savings: Decimal | None = None


async def electricity_of(tx: Tx, stretches: Mapping[int, Sequence[Stretch]]) -> dict[int, Electricity]:
    """What the energy of sessions cost, by their ids with the stretches that they were priced by."""
    told = {key: each for key, each in stretches.items() if each}
    if not told:
        return {}
    places, shares = await tx.all(_PLACES, ids=list(told)), await local_shares.merged(tx, list(told))
    prices, into = await _prices(tx, places, told), await _exchanges(tx, {row["currency"] for row in places})
    found = {}
    for row in places:
        key, known = row["id"], shares.get(row["id"])
        at = prices.get(row["electricity_rate_id"])
        found[key] = _electricity(told[key], at, ZoneInfo(row["timezone"] or "UTC"), known, into[row["currency"]])
    return found


def _electricity(
    stretches: Sequence[Stretch],
    prices: ElectricityPrices | None,
    zone: ZoneInfo,
    shares: Sequence[LocalShare] | None,
    into: _Exchanged | None,
) -> Electricity:
    start, end = stretches[0].start, stretches[-1].end + _INSTANT
    free = [Price(start, end, Decimal(0))]
    cost = electricity_cost(stretches, prices.billed(start, end, zone) if prices else free, shares or ())
    local = None if shares is None else round(float(cost.local_wh), 3)
    if prices is None or into is None:
        return Electricity(local_energy_wh=local)
    return Electricity(into(cost.grid), local, None if shares is None else into(cost.saved))


async def _prices(
    tx: Tx, places: Sequence[Row], stretches: Mapping[int, Sequence[Stretch]]
) -> dict[int, ElectricityPrices]:
    """Of each rate through all the time that it is asked for."""
    spans: dict[int, tuple[datetime, datetime]] = {}
    for row in places:
        if (rate := row["electricity_rate_id"]) is not None:
            start, end = stretches[row["id"]][0].start, stretches[row["id"]][-1].end + _INSTANT
            known = spans.get(rate, (start, end))
            spans[rate] = min(known[0], start), max(known[1], end)
    found = {rate: await prices_of(tx, rate, *span) for rate, span in spans.items()}
    return {rate: each for rate, each in found.items() if each is not None}


async def _exchanges(tx: Tx, codes: Iterable[str | None]) -> dict[str | None, _Exchanged | None]:
    """How exact amounts of the base currency become rounded ones of each of these (None: of itself); None where no rate
    leads there."""
    base = await base_currency_code(tx)
    return {code: None if base is None else await _into(tx, base, code or base) for code in codes}


async def _into(tx: Tx, base: str, code: str) -> _Exchanged | None:
    change, digits = await exchange(tx, base, code), await precision_of(tx, code)
    if change is None:
        return None
    return lambda exact: digits.amount(change(Decimal(exact.numerator) / Decimal(exact.denominator)))
