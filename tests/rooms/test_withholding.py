"""Limits that hold a charge back: the marks they leave, whoever laid them, and what takes them back."""

from datetime import timedelta
from typing import Literal

import pytest
from sqlalchemy import select, update

from ohmstead.engines.idle import Mark
from ohmstead.rooms.charging.pricing.marks import marks_of
from ohmstead.rooms.charging.profiles import tell_applied
from ohmstead.rooms.charging.session_table import session
from ohmstead.rooms.devices.stations import ChargingProfile, SchedulePeriod
from ohmstead.rooms.operator import settings
from ohmstead.rooms.tariffs.tables import tariff_snapshot
from ohmstead.store.outbox import OutboxReader
from tests.client import Client
from tests.given import Given
from tests.rooms.charges import Gateway, Site, later, site, tag
from tests.rooms.test_charging_profiles import cleared, lay, profile

DAY = timedelta(days=1)


@pytest.fixture
async def here(given: Given, gateway: Gateway) -> Site:
    return await site(given, evses=2)


async def marks(here: Site) -> list[Mark]:
    """Of the only session, once everybody was told."""
    await OutboxReader(here.system.database).drain()
    async with here.system.database.read() as tx:
        keys = [row["id"] for row in await tx.all(select(session.c.id))]
        assert len(keys) == 1
        return (await marks_of(tx, keys))[keys[0]]


async def kinds(here: Site) -> list[str]:
    return [mark.kind for mark in await marks(here)]


async def test_an_operators_limit_withholds_until_it_is_taken_off(
    api: Client, here: Site, given: Given, gateway: Gateway
) -> None:
    await here.starts(await tag(given))
    await lay(api, here, 0, profile(limit=16))
    assert await kinds(here) == []
    await lay(api, here, 0, profile(limit=0.2))
    await lay(api, here, 1, profile("TxDefaultProfile", limit=16))
    assert await kinds(here) == ["withheld"]
    await cleared(api, here, gateway)
    assert await kinds(here) == ["withheld", "given"]
    await lay(api, here, 2, profile("TxDefaultProfile", limit=0))  # of another EVSE
    assert await kinds(here) == ["withheld", "given"]


async def test_what_was_laid_before_a_session_begins_counts_from_its_beginning(
    api: Client, here: Site, given: Given
) -> None:
    await lay(api, here, 0, profile(limit=0) | {"validTo": later(24 * 60).isoformat()})
    await OutboxReader(here.system.database).drain()
    began = here.system.clock.now()
    await here.starts(await tag(given), began)
    assert await marks(here) == [Mark(began, "withheld"), Mark(later(24 * 60), "given")]


async def test_a_schedule_withholds_at_its_times_until_another_takes_its_place(
    api: Client, here: Site, given: Given
) -> None:
    await here.starts(await tag(given))
    start = here.system.clock.now().replace(microsecond=0) + timedelta(hours=1)
    periods = [{"startPeriod": 0, "limit": 0}, {"startPeriod": 3600, "limit": 16}]
    schedule = {"chargingRateUnit": "A", "chargingSchedulePeriod": periods, "startSchedule": start.isoformat()}
    daily = {"chargingProfileKind": "Recurring", "recurrencyKind": "Daily", "chargingSchedule": schedule}
    await lay(api, here, 1, profile("TxDefaultProfile", **daily))
    found = await marks(here)
    assert found[:4] == [
        Mark(start, "withheld"), Mark(start + timedelta(hours=1), "given"), Mark(start + DAY, "withheld"),
        Mark(start + DAY + timedelta(hours=1), "given"),
    ]  # fmt: skip
    assert len(found) == 14
    await lay(api, here, 1, profile("TxDefaultProfile", limit=16))
    assert await marks(here) == []


@pytest.mark.parametrize(("limit", "unit", "phases", "withheld"), [
    (0, "A", None, True), (0.2, "A", None, True), (0.3, "A", None, False), (0.8, "A", 1, True), (0.9, "A", 1, False),
    (199, "W", None, True), (200, "W", None, False), (6, "A", 3, False),
])  # fmt: skip
async def test_load_managements_limit_withholds_below_what_counts_as_charging(
    here: Site, given: Given, limit: float, unit: Literal["A", "W"], phases: int | None, withheld: bool
) -> None:
    """At an EVSE of three phases, by a threshold of 200 W; what comes after its lease is said anew."""
    await here.starts(await tag(given))
    await _steered(here, limit, unit, phases)
    assert await kinds(here) == (["withheld"] if withheld else [])
    await _steered(here, limit, unit, phases)
    await _steered(here, 16, "A", None)
    await _steered(here, 10, "A", None)
    assert await kinds(here) == (["withheld", "given"] if withheld else [])


async def test_what_its_vehicle_leaves_unused_is_released(here: Site, given: Given) -> None:
    await here.starts(await tag(given))
    await _steered(here, 16, "A", None, unused=True)
    await _steered(here, 0, "A", None, unused=True)
    before = here.system.clock.now()
    [mark] = await marks(here)
    assert mark.kind == "released"
    assert before - timedelta(minutes=1) < mark.at < before
    await _steered(here, 0, "A", None)
    await _steered(here, 6, "A", None)
    assert await kinds(here) == ["released", "withheld", "given"]


async def _steered(here: Site, limit: float, unit: Literal["A", "W"], phases: int | None, unused: bool = False) -> None:
    periods = (SchedulePeriod(0, limit, phases), SchedulePeriod(900, 16))
    own = ChargingProfile(
        id=2 * here.evses[0] + 1, stack_level=1, purpose="transaction", kind="absolute", unit=unit, periods=periods
    )
    key = (await here.only_session())["id"]
    async with here.system.database.begin() as tx:
        tell_applied(tx, own, charge_point_id=here.id, evse_id=here.evses[0], session_id=key, unused=unused)


async def test_the_threshold_is_the_tariffs_own_where_it_may_have_one(here: Site, given: Given) -> None:
    await here.starts(await tag(given))
    async with here.system.database.begin() as tx:
        content = {"tariff": {"pricing": {"averagePowerIdleThreshold": 1.5}}}
        new = tariff_snapshot.insert().values(
            hash="a", tariff_id=1, content=content, created_at=tx.now, updated_at=tx.now
        )
        key = await tx.value(new.returning(tariff_snapshot.c.id))
        await tx.run(update(session).values(tariff_snapshot_id=key))
    await _steered(here, 1_400, "W", None)
    assert await kinds(here) == ["withheld"]
    async with here.system.database.begin() as tx:
        await settings.put(tx, "idlePeriodDetection", allowCustomPowerThresholdPerTariff=False)
    await _steered(here, 1_400, "W", None)
    assert await kinds(here) == ["withheld", "given"]
