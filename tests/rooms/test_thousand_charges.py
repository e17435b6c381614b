"""A thousand charges, told as badly as stations tell them: each is one session, and each Wh is counted once."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy import select, text

from ohmstead.app import fact_intake as gateway
from ohmstead.app.admitted import StationDefaults
from ohmstead.app.fact_intake import FactIntake
from ohmstead.app.system import System
from ohmstead.ocpp.v16.version import OCPP_1_6
from ohmstead.ocpp.v201.version import OCPP_2_0_1
from ohmstead.ocpp.versions import Arrival
from ohmstead.rooms.charging.sessions import session
from tests.given import Given
from tests.rooms.charges import Site, site
from tests.rooms.told_days import CHARGES, Charge, Told, call_v16, call_v201, days

USUAL = StationDefaults(heartbeat_interval_s=300, call_timeout_s=60, boot_timeout_s=30)

STATIONS = 20  # half of each version, all at once
LARGE_AND_SLOW = (
    HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example,
    HealthCheck.function_scoped_fixture,
)  # fmt: skip
EXAMPLES = 1000 // (STATIONS * CHARGES)


@dataclass
class Teller:
    """One station: turns what is told into calls, and calls into facts, one after the other as on a line."""

    site: Site
    rooms: FactIntake
    later: bool  # speaks 2.0.1
    numbers: dict[Charge, int] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)

    async def tells(self, messages: list[Told]) -> None:
        self.numbers.clear()
        self.places.clear()
        for told in messages:
            if told.what == "cable" and not self.later:
                continue
            answer = await self._calls(*self._call(told))
            if told.what == "start":
                number = self.numbers.setdefault(told.charge, getattr(answer, "transaction_id", 0))
                assert number == getattr(answer, "transaction_id", 0), "told again, the number is the same"

    def _call(self, told: Told) -> tuple[str, dict[str, Any]]:
        if self.later:
            return call_v201(told, told.charge in self.numbers)
        return call_v16(told, -1 if told.charge.offline else self.numbers.get(told.charge, -1))

    async def _calls(self, action: str, payload: dict[str, Any]) -> Any:
        version, now = OCPP_2_0_1 if self.later else OCPP_1_6, self.site.system.clock.now()
        request, odd = version.request(action).read(msgspec.Raw(msgspec.json.encode(payload)), now)
        assert odd == ()
        return await version.answer(action)(
            request, Arrival(self.site.id, now, self.rooms, self.site.system.clock, self.places)
        )


@pytest.fixture
async def tellers(given: Given, system: System, monkeypatch: pytest.MonkeyPatch) -> list[Teller]:
    monkeypatch.setattr(gateway, "GATHER_S", 0.0)
    monkeypatch.setattr(gateway, "SOON_S", 0.0)
    rooms = FactIntake(system.database, system.clock, USUAL)
    place = (await given.location())["id"]
    sites = [await site(given, evses=2, locationId=place) for _ in range(STATIONS)]
    return [Teller(here, rooms, later=number % 2 == 1) for number, here in enumerate(sites)]


@drawn(st.lists(days(), min_size=STATIONS, max_size=STATIONS))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=LARGE_AND_SLOW)
async def test_however_a_day_is_told_each_charge_is_one_session_and_each_wh_is_billed_once(
    system: System, tellers: list[Teller], told: list[tuple[list[Charge], list[Told]]]
) -> None:
    async with system.database.begin() as tx:
        await tx.run(text("TRUNCATE session, meter_value CASCADE"))
    await asyncio.gather(*(one.tells(messages) for one, (_, messages) in zip(tellers, told, strict=True)))
    async with system.database.read() as tx:
        rows = await tx.all(select(session))
    billed = sorted(
        (row["station_id"], str(row["id_tag"]), row["status"], row["energy_wh"], row["anomalies"]) for row in rows
    )
    metered = sorted(
        (one.site.id, charge.name, "finished", charge.wh, 0)
        for one, (charges, _) in zip(tellers, told, strict=True)
        for charge in charges
    )
    assert billed == metered
    assert len(billed) == STATIONS * CHARGES
