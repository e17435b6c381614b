"""A circuit that a service elsewhere balances, through the whole system: its limits reach the cars; ours go on."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import falcon.asgi
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import SystemClock
from ohmstead.kit.db import Row
from ohmstead.kit.facts import outbox
from ohmstead.rooms.power.integrations import HTTP
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.store.outbox import OutboxReader
from tests.conftest import served
from tests.live import live
from tests.scenarios.cable import Cable
from tests.scenarios.places import fleet, place
from tests.scenarios.waiting import happens

SPEED = 25.0  # simulated s a second
CABLE_A = 40.0
VALID_FOR = timedelta(seconds=120)
SOON_S = 120.0


class Service:
    """Leaves each EVSE the same, or, once it is dead, says nothing that anybody could use."""

    def __init__(self, clock: SystemClock) -> None:
        self._clock = clock
        self.amps, self.dead, self.told = 8.0, False, list[dict[str, Any]]()

    @property
    def sessions(self) -> set[int]:
        """Those it was told of last."""
        return {evse["session"]["id"] for evse in self.told[-1]["evses"] if evse["session"]}

    async def on_post(self, req: Any, resp: Any) -> None:
        told = json.loads(await req.stream.read())
        self.told.append(told)
        limits = [{"evseId": one["evseId"], "maxCurrent": self.amps} for one in told["evses"]]
        resp.media = {"validUntil": (self._clock.now() + VALID_FOR).isoformat(), "evses": limits}
        if self.dead:
            resp.status = 503


async def test_its_limits_reach_the_cars_and_when_it_is_dead_ours_go_on(
    system: System, tmp_path: Path, monkeypatch: Any
) -> None:
    clock, told = SystemClock(SPEED), list[Row]()
    usual = OutboxReader._told

    async def hear(reader: OutboxReader, tx: Any, row: Row) -> bool:
        told.append(row)
        return await usual(reader, tx, row)

    monkeypatch.setattr(OutboxReader, "_told", hear)
    service, app = Service(clock), falcon.asgi.App()
    app.add_route("/limits", service)
    async with (
        served(app) as base,
        live(
            system.dsn,
            tmp_path,
            clock,
            Tuning(tick=5.0, band=EXACT),
            load_balancer_url=f"{base}/limits",
            private_hosts="127.0.0.1",
        ) as site,  # fmt: skip
    ):
        circuit = await site.given.circuit(maxCurrent=CABLE_A, loadBalancingIntegration={"id": HTTP})
        one, two = await place(site, "ONE", circuit=circuit), await place(site, "TWO", circuit=circuit)
        cable = Cable(CABLE_A, one, two)
        watching = asyncio.create_task(cable.watch(clock))
        card = await fleet(site)
        for each in (one, two):
            await each.charges(card)

        def offered(amps: float) -> Any:
            return lambda: one.station.offered(1) == two.station.offered(1) == amps

        assert await happens(clock, offered(8), SOON_S), (one.station.offered(1), two.station.offered(1))
        assert await happens(clock, lambda: len(service.sessions) == 2, SOON_S), service.told[-1]
        sessions = service.sessions
        service.amps = 100.0  # far more than the cable
        assert await happens(clock, offered(CABLE_A / 2), SOON_S), (one.station.offered(1), two.station.offered(1))
        service.amps = 6.0
        assert await happens(clock, offered(6), SOON_S)
        service.dead = True
        asked = len(service.told)
        assert await happens(clock, offered(CABLE_A / 2), SOON_S + VALID_FOR.total_seconds())
        assert len(service.told) > asked, "it was asked on"
        watching.cancel()
        assert cable.violations == []
        async with site.system.database.read() as tx:
            told += await tx.all(select(outbox))

    consumed = [row["payload"] for row in told if row["topic"] == "circuit.consumption"]
    assert {fact["circuitId"] for fact in consumed} == {circuit["id"]}
    assert max(line["consumption"] for fact in consumed for line in fact["currentConsumption"]) >= 6
    applied = [row["payload"] for row in told if row["topic"] == "chargingProfile.applied"]
    assert {fact["evseId"] for fact in applied} == {one.evse, two.evse}
    assert {fact["sessionId"] for fact in applied if fact["chargingProfile"]["purpose"] == "TxProfile"} >= sessions
