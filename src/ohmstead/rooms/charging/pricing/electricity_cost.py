"""Electricity cost of sessions: what their energy cost the operator by the electricity rate of the charge point, and
what sources on the spot saved of that."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import BigInteger, bindparam, select

from ohmstead.engines.electricity_cost import LocalShare, electricity_cost
from ohmstead.engines.electricity_prices import Price
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

_PLACE = Statement(
    select(charge_point.c.electricity_rate_id, location.c.timezone, session.c.currency)
    .select_from(session)
    .join(charge_point, charge_point.c.id == session.c.charge_point_id)
    .outerjoin(location, location.c.id == charge_point.c.location_id)
    .where(session.c.id == bindparam("key", type_=BigInteger))
)
_INSTANT = timedelta(microseconds=1)


class Electricity(Struct, frozen=True):
    """The columns of a session: amounts in its currency, with tax and rounded to it, energy in Wh. None: not known,
    for want of an electricity rate, of a way into the currency, or of a source on the spot."""

    electricity_cost: Decimal | None = None
    local_energy_wh: float | None = None
    estimated_savings: Decimal | None = None


async def electricity_of(tx: Tx, row: Row, stretches: Sequence[Stretch]) -> Electricity:
    """What the energy of a session cost; `row` has at least its id, `stretches` are those it was priced by."""
    shares = (await local_shares.merged(tx, [row["id"]])).get(row["id"])
    place = await tx.one(_PLACE, key=row["id"])
    if place is None or not stretches:
        return Electricity()
    base = await base_currency_code(tx)
    prices = await _prices(tx, place, stretches)
    cost = electricity_cost(stretches, prices or _free(stretches), shares or ())
    local = None if shares is None else round(float(cost.local_wh), 3)
    amounts = await _amounts(tx, base, place["currency"], (cost.grid, cost.saved)) if prices and base else None
    if amounts is None:
        return Electricity(local_energy_wh=local)
    return Electricity(amounts[0], local, None if shares is None else amounts[1])


async def _prices(tx: Tx, place: Row, stretches: Sequence[Stretch]) -> list[Price]:
    """Those of the session; none where its charge point has no rate."""
    rate_id, zone = place["electricity_rate_id"], ZoneInfo(place["timezone"] or "UTC")
    start, end = stretches[0].start, stretches[-1].end + _INSTANT
    found = await prices_of(tx, rate_id, start, end) if rate_id is not None else None
    return [] if found is None else found.billed(start, end, zone)


def _free(stretches: Sequence[Stretch]) -> list[Price]:
    return [Price(stretches[0].start, stretches[-1].end, Decimal(0))]


async def _amounts(tx: Tx, base: str, into: str | None, exact: Iterable[Fraction]) -> list[Decimal] | None:
    """Amounts of the base currency in that of a session, each rounded once; None where no rate leads there."""
    code = into or base
    change, digits = await exchange(tx, base, code), await precision_of(tx, code)
    if change is None:
        return None
    return [digits.amount(change(Decimal(one.numerator) / Decimal(one.denominator))) for one in exact]
