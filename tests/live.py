"""A whole system for scenarios: API, gateway and load management at work, charge points on real sockets."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ohmstead.app.settings import Settings
from ohmstead.app.system import System
from ohmstead.engines.dlm.planning import Pace
from ohmstead.engines.dlm.rotation import DWELL
from ohmstead.engines.dlm.steadiness import EXACT
from ohmstead.kit.clock import Clock
from ohmstead.rooms.operator.admins import create_token
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.simulator.settings import Settings as Behaviour
from ohmstead.simulator.station import Station
from ohmstead.simulator.station_v16 import StationV16
from ohmstead.simulator.station_v21 import StationV21
from ohmstead.simulator.station_v201 import StationV201
from tests.client import Client
from tests.conftest import served
from tests.given import Given

SPEAKS: dict[str, type[StationV16 | StationV201]] = {"1.6": StationV16, "2.0.1": StationV201, "2.1": StationV21}
SAMPLE_S = 10  # that simulated stations begin with
PASSWORD = "0123456789abcdef"


@dataclass
class Live:
    """The system, a client and makers for it, and where charge points connect."""

    system: System
    api: Client
    given: Given
    ocpp_url: str
    clock: Clock
    _stack: AsyncExitStack
    stations: list[Station] = field(default_factory=list)

    async def charge_point(
        self, identity: str, rating: float = 32, wired: str = "RST", version: str = "1.6",
        configuration: str = "star", power_w: int | None = None, **fields: Any
    ) -> dict[str, Any]:  # fmt: skip
        """A charge point with a password, one EVSE and dynamic smart charging; `wired` is a rotation or a phase, or two
        lines it lies between. With `power_w` it gives a direct current."""
        single = wired.startswith("L")
        protocol = "ocpp 2.0.1" if version == "2.1" else f"ocpp {version}"  # which bears 2.1
        body = {"network": {"id": identity, "protocol": protocol, "password": PASSWORD}} | fields
        made = await self.given.charge_point(**body)
        gives = {"powerOptions": {"maxAmperage": rating}}
        if power_w is not None:
            gives = {"powerOptions": {"maxPower": power_w}, "currentType": "dc"}
        outlet = await self.given.evse(made, **gives)
        line = "split_phase" if "_" in wired and configuration == "star" else "single_phase"
        smart = {
            "mode": "dynamic", "defaultChargePointMaxCurrent": rating,
            "maxVoltage": "230" if single or configuration == "delta" else "400",
            "phases": line if single else "three_phase", "electricalConfiguration": configuration,
            "phaseRotation": None if single else wired,
        } | ({"connectedPhase": wired} if single else {})  # fmt: skip
        await self.given.made(f"/resources/charge-points/v2.0/{made['id']}/smart-charging", smart)
        return made | {"evses": [outlet]}

    async def station(
        self, identity: str, rating: float = 32, wired: str = "RST", version: str = "1.6", **options: Any
    ) -> Station:
        """A simulated station, switched on and accepted."""
        station = SPEAKS[version](
            self.ocpp_url, identity, PASSWORD, phases=1 if wired.startswith("L") else 3, rating_a=rating,
            rotation=wired, clock=self.clock, settings=Behaviour(sample_s=SAMPLE_S, heartbeat_s=60), **options,
        )  # fmt: skip
        await station.start()
        self._stack.push_async_callback(station.stop)
        await station.until(lambda machine: machine.online and machine.accepted)
        self.stations.append(station)
        return station

    async def driver(self, tag: str) -> None:
        """A user with a card."""
        user = await self.given.user()
        await self.given.id_tag(idTagUid=tag, userId=int(user["id"]))

    async def attach(self, circuit: dict[str, Any], charge_point: dict[str, Any]) -> None:
        """Hang a charge point on a circuit."""
        path = f"/actions/circuit/v2.0/{circuit['id']}/attach-charge-point"
        assert (await self.api.post(path, {"chargePointId": charge_point["id"]})).status == 202


@asynccontextmanager
async def live(
    dsn: str, folder: Path, clock: Clock, tuning: Tuning | None = None, **settings: Any
) -> AsyncIterator[Live]:
    """Everything at work over a database that is empty. Without a tuning limits are shared exactly, and soon, so that
    tests can count amperes: how long limits stay is tried by itself (test_steadiness)."""
    limits = {"rate_limit_per_minute": 10**6, "rate_limit_per_day": 10**9, "open_calls_per_minute": 10**6}
    chosen = Settings(data_dir=folder, port=0, ocpp_port=0, **limits, **settings)
    async with AsyncExitStack() as stack:
        exact = Tuning(
            lease=settings.get("limit_lease", 900.0), meter_period=chosen.meter_period, margin=chosen.unmanaged_margin,
            rotation=settings.get("rotation", DWELL), band=EXACT, pace=Pace(),
        )  # fmt: skip
        system = System(chosen, dsn, clock, tuning or exact)
        stack.push_async_callback(system.stop)
        await system.start()
        port = await system.work()
        base = await stack.enter_async_context(served(system.api.app))
        async with system.database.begin() as tx:
            token = await create_token(tx, system.vault, "scenario", ["*"])
        api = Client(base, token)
        stack.push_async_callback(api.close)
        yield Live(system, api, Given(system, api), f"ws://127.0.0.1:{port}/ocpp", clock, stack)
