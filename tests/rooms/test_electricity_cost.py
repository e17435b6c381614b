"""What the energy of sessions cost the operator, and what of it came from a source on the spot."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from ohmstead.app.system import System
from ohmstead.engines.pricing.model import Stretch
from ohmstead.rooms.charging.pricing.electricity_cost import Electricity, electricity_of, local_shares
from ohmstead.rooms.charging.sessions import session
from ohmstead.rooms.energy.meters import meter_report
from ohmstead.rooms.network.charge_points import charge_point
from ohmstead.rooms.network.evses import evse
from ohmstead.rooms.operator import settings
from ohmstead.rooms.power.circuits.table import circuit_current
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import T0, Site, later, site, tag

RATES = "/resources/electricity-rates/v2.0"


async def charged(given: Given, minutes: int = 60, wh: int = 11_000, **fields: Any) -> Site:
    """A session from T0 on."""
    here = await site(given, **fields)
    await here.starts(await tag(given))
    await here.stops((await here.only_session())["transaction_id"], later(minutes), 1000 + wh)
    return here


async def electricity(here: Site, *stretches: Stretch) -> Electricity:
    row = await here.only_session()
    whole = Stretch(row["started_at"], row["stopped_at"], round(row["energy_wh"]))
    async with here.system.database.read() as tx:
        return (await electricity_of(tx, {row["id"]: stretches or [whole]}))[row["id"]]


async def rate(given: Given, **fields: Any) -> int:
    return (await given.electricity_rate(**fields))["id"]


async def test_each_part_costs_the_rates_price_of_its_time(api: Client, given: Given) -> None:
    """On the clock where the charge point stands, half an hour beside the full ones of UTC."""
    await given.currency()
    own = await rate(given, defaultPrice=0.3)
    place = (await given.location(timezone="Asia/Kolkata"))["id"]
    here = await charged(given, electricityRateId=own, locationId=place)
    night = {"startsAt": "00:00", "endsAt": "06:00", "price": 0.2}
    assert (await api.put(f"{RATES}/{own}/price-periods/date/2026-11-24", {"periods": [night]})).status == 201
    start = datetime(2026, 11, 24, 0, 7, tzinfo=UTC)  # 05:37 there
    found = await electricity(here, Stretch(start, start + timedelta(hours=1), 11_000))
    exact = Decimal("11") * 23 / 60 * Decimal("0.2") + Decimal("11") * 37 / 60 * Decimal("0.3")
    assert found == Electricity(round(exact, 2), None, None)


async def test_without_a_rate_the_cost_is_not_known(given: Given) -> None:
    await given.currency()
    assert await electricity(await charged(given)) == Electricity()


async def test_it_is_rounded_once_and_half_up(given: Given) -> None:
    await given.currency()
    here = await charged(given, wh=500, electricityRateId=await rate(given, defaultPrice=0.25))
    halves = [Stretch(T0, later(20), 250), Stretch(later(20), later(60), 250)]
    assert (await electricity(here, *halves)).electricity_cost == Decimal("0.13"), "0.125, not twice 0.06"


@pytest.mark.parametrize(
    ("rates", "cost"), [([("CHF", "EUR", 1.1)], "3.63"), ([("EUR", "CHF", 0.5)], "6.60"), ([], None)]
)
async def test_it_is_in_the_currency_of_the_session(
    given: Given, system: System, rates: list[tuple[str, str, float]], cost: str | None
) -> None:
    """The operator has changed the base currency, in which rates are, since the tariff of the session was made."""
    await given.currency()
    franc = (await given.currency(alphabeticCode="CHF"))["id"]
    for base, target, worth in rates:
        await given.made("/resources/currency-rates/v1.0", {"base": base, "target": target, "rate": worth})
    here = await charged(given, electricityRateId=await rate(given, defaultPrice=0.3))
    async with system.database.begin() as tx:
        await settings.put(tx, "baseCurrency", id=franc)
        await tx.run(update(session).values(currency="EUR"))
    found = (await electricity(here)).electricity_cost
    assert found == (None if cost is None else Decimal(cost))


async def metered(given: Given, here: Site, phases: str = "three_phase", sunny: bool = True) -> tuple[int, int]:
    """Hang the charge point below a circuit with a meter: the ids of both."""
    meter = (await given.meter())["id"]
    top = (await given.circuit(electricityMeterId=meter, phases=phases))["id"]
    below = (await given.circuit(parentCircuitId=top, phaseRotation="RST"))["id"] if phases == "three_phase" else top
    wish = {"enabled": True, "type": "solar"} if sunny else None
    details = {"mode": "dynamic", "phases": phases, "phaseRotation": "RST", "electricalConfiguration": "star"}
    async with given.system.database.begin() as tx:
        values = {"smart_charging": details, "personal_smart_charging": wish}
        await tx.run(update(charge_point).where(charge_point.c.id == here.id).values(**values))
        await tx.run(update(evse).where(evse.c.charge_point_id == here.id).values(phases=phases))
    hung = await given.api.post(f"/actions/circuit/v2.0/{below}/attach-charge-point", {"chargePointId": here.id})
    assert hung.status < 300, hung.body
    return top, meter


async def flows(system: System, circuit: int, minute: float, *amps: float | None) -> None:
    """What load management wrote of a minute after T0: A that charge points drew on each line."""
    lines = {f"managed_l{line}": one for line, one in enumerate(amps, 1)}
    async with system.database.begin() as tx:
        await tx.run(
            insert(circuit_current).values(circuit_id=circuit, at=T0 + timedelta(minutes=minute), limit=63, **lines)
        )


async def reports(system: System, meter: int, at: datetime, *amps: float) -> None:
    lines = {f"current_l{line}": one for line, one in enumerate(amps, 1)}
    async with system.database.begin() as tx:
        await tx.run(insert(meter_report).values(meter_id=meter, at=at, received_at=at, **lines))


async def shares(here: Site) -> list[tuple[int, float]] | None:
    """By the minute after T0."""
    row = await here.only_session()
    async with here.system.database.read() as tx:
        found = (await local_shares.merged(tx, [row["id"]])).get(row["id"])
    minute = timedelta(minutes=1)
    return None if found is None else [((one.start - T0) // minute, round(one.share, 4)) for one in found]


async def test_what_does_not_come_in_comes_from_the_spot(given: Given, system: System) -> None:
    here = await charged(given)
    circuit, meter = await metered(given, here)
    for minute in range(0, 50, 10):
        await flows(system, circuit, minute, 10, 10, 10)
    await reports(system, meter, later(0.2), 2, 2, 1)
    await reports(system, meter, later(10.2), 9, 10, 10.5)
    await reports(system, meter, later(20.2), -4, -4, -4)
    await reports(system, meter, later(30.2), 2, 2, 1)
    await reports(system, meter, later(31.9), 8, 8, 8)  # the most around the minute counts
    assert await shares(here) == [(0, 0.825), (10, 0), (20, 1), (30, 0.16)], "in minute 40 the meter was silent"


async def test_without_the_sun_nothing_is_known(given: Given, system: System) -> None:
    here = await charged(given)
    circuit, meter = await metered(given, here, sunny=False)
    await flows(system, circuit, 0, 10, 10, 10)
    await reports(system, meter, later(0.2), 2, 2, 1)
    assert await shares(here) is None


async def test_somebody_elses_sun_shines_on_all_below_the_meter(given: Given, system: System) -> None:
    here = await charged(given)
    circuit, meter = await metered(given, here, sunny=False)
    other = await given.charge_point()
    async with system.database.begin() as tx:
        details = await tx.value(select(charge_point.c.smart_charging).where(charge_point.c.id == here.id))
        values = {"smart_charging": details, "personal_smart_charging": {"enabled": True, "type": "solar"}}
        await tx.run(update(charge_point).where(charge_point.c.id == other["id"]).values(**values))
    hung = {"chargePointId": other["id"]}
    assert (await given.api.post(f"/actions/circuit/v2.0/{circuit}/attach-charge-point", hung)).status < 300
    await flows(system, circuit, 0, 10, 10, 10)
    await reports(system, meter, later(0.2), 0, 0, 0)
    assert await shares(here) == [(0, 1)]


async def test_what_nobody_measured_is_the_grids(given: Given, system: System) -> None:
    here = await charged(given)
    circuit, meter = await metered(given, here)
    await flows(system, circuit, 0, 10, None, 10)
    await flows(system, circuit, 1, 0, 0, 0)
    await flows(system, circuit, 5, 10, 10, 10)
    await reports(system, meter, later(0.5), 0, 0, 0)
    async with system.database.begin() as tx:
        await tx.run(insert(meter_report).values(meter_id=meter, at=later(5.5), received_at=later(5.5), current_l1=0))
    assert await shares(here) == [], "a line of three that was not told is not known"


async def test_a_single_line_needs_no_others(given: Given, system: System) -> None:
    here = await charged(given)
    circuit, meter = await metered(given, here, phases="single_phase")
    await flows(system, circuit, 3, 10, 0, 0)
    await reports(system, meter, later(3.5), 4)
    assert await shares(here) == [(3, 0.58)]


async def test_what_the_sun_gave_costs_nothing_and_is_saved(given: Given, system: System) -> None:
    await given.currency()
    here = await charged(given, wh=6_000, electricityRateId=await rate(given, defaultPrice=0.3))
    circuit, meter = await metered(given, here)
    for minute in range(10):
        await flows(system, circuit, minute, 10, 10, 10)
        await reports(system, meter, later(minute + 0.5), -1, -1, -1)
    assert await electricity(here) == Electricity(Decimal("1.50"), 1000.0, Decimal("0.30"))


async def test_many_sessions_at_once_have_each_its_own(given: Given, system: System) -> None:
    await given.currency()
    shared = await rate(given, defaultPrice=0.3)
    rates = (shared, shared, await rate(given, defaultPrice=1), None)
    sites = [await site(given, electricityRateId=one) for one in rates]
    for number, here in enumerate(sites):
        await here.starts(await tag(given), at=later(60 * number))
    rows = await sites[0].sessions()
    told = {row["id"]: [Stretch(row["started_at"], row["started_at"] + timedelta(hours=1), 1000)] for row in rows}
    async with system.database.read() as tx:
        found = await electricity_of(tx, told | {rows[1]["id"]: []})
    assert {key: one.electricity_cost for key, one in found.items()} == {
        rows[0]["id"]: Decimal("0.30"), rows[2]["id"]: Decimal("1.00"), rows[3]["id"]: None
    }  # fmt: skip
