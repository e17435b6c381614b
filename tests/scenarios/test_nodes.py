"""Several nodes on one database: an API, two gateways and workers, each a process of its own, some of them killed."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from ohmstead.app.system import System
from ohmstead.engines.dlm.steadiness import Band
from ohmstead.kit.clock import SystemClock
from ohmstead.rooms.devices.presence.nodes import node
from ohmstead.rooms.operator.admins import create_token
from ohmstead.rooms.power.management.table import circuit_tree
from ohmstead.simulator.line import Patience
from ohmstead.simulator.vehicle import Vehicle
from tests.client import Answer, Client
from tests.conftest import Cleaner
from tests.given import Given
from tests.live import Live
from tests.scenarios.cable import Cable
from tests.scenarios.places import Place, fleet, place
from tests.scenarios.server import Server
from tests.scenarios.waiting import becomes, happens, shows, until
from tests.stations.charger import plugged

NEVER = Patience(back_off_s=86_400, back_off_at_most_s=86_400)
NOTICED_WITHIN_S = 16.0
AT_ONCE_S = 3.0
TAKEN_OVER_WITHIN_S, SETTLED_WITHIN_S = 15.0, 10.0


class House:
    """One API node, gateways `b` and `c`, and as many workers as a test starts. The tests share the three: each has
    charge points of its own names, and what it starts besides goes with its stack."""

    def __init__(self, system: System, folder: Path, token: str) -> None:
        self.system, self._folder = system, folder
        self._count = 0
        self.a, self.b, self.c = self.node("api"), self.node("gateway"), self.node("gateway")
        self.api = Client(self.a.api_url, token)
        self.stack = AsyncExitStack()

    def node(self, role: str) -> Server:
        self._count += 1
        return Server(self._folder / f"{role}{self._count}", role, self.system.dsn)

    async def start(self, *nodes: Server) -> None:
        for one in nodes:
            self.stack.push_async_callback(one.stop)
        await asyncio.gather(*(one.start() for one in nodes))

    def at(self, gateway: Server) -> Live:
        """Charge points that connect there; the API is that of the API node."""
        return Live(self.system, self.api, Given(self.system, self.api), gateway.ocpp_url, SystemClock(), self.stack)

    async def owners(self) -> dict[int, int]:
        """Which living node steers which tree."""
        async with self.system.database.read() as tx:
            living = select(circuit_tree).where(circuit_tree.c.node_id.in_(select(node.c.id)))
            return {row["circuit_id"]: row["node_id"] for row in await tx.all(living)}


@pytest.fixture(scope="module")
async def built(
    running: tuple[System, str], cleaner: Cleaner, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    system = running[0]
    async with system.database.begin() as tx:
        token = await create_token(tx, system.vault, "nodes", ["*"])
    made = House(system, tmp_path_factory.mktemp("nodes"), token)
    async with made.stack:
        await made.start(made.a, made.b, made.c)
        yield made
    await made.api.close()
    await cleaner.clean()
    system.authenticator.forget()


@pytest.fixture
async def house(built: House) -> AsyncIterator[House]:
    """As it was built, whatever the test before did to it."""
    for one in (built.a, built.b, built.c):
        if not one.runs:
            await one.start()
    shared, built.stack = built.stack, AsyncExitStack()
    async with built.stack:
        yield built
    built.stack = shared


async def timed(answer: Awaitable[Answer]) -> tuple[Answer, float]:
    began = time.monotonic()
    return await answer, time.monotonic() - began


def reset(one: Place) -> Awaitable[Answer]:
    return one.api.post(f"/actions/charge-point/v1.0/{one.point}/reset/soft")


def trigger(one: Place) -> Awaitable[Answer]:
    return one.api.post(f"/actions/charge-point/v1.0/{one.point}/trigger-message", {"type": "Heartbeat"})


async def test_commands_find_the_station_and_its_answer_comes_back(house: House) -> None:
    await house.start(house.node("worker"))
    here, there = await place(house.at(house.b), "B1"), await place(house.at(house.c), "C1", version="2.0.1")
    card = await fleet(house.at(house.b), "HERE")
    for one in (here, there):
        one.station.settings.sample_s = 1
        one.station.rhythm()
        session, _ = await one.charges(card)
        assert (await one.stop(session)).status == 202
        await one.session("finished")

    path = f"/actions/charge-point/v1.0/{here.point}/send-custom-ocpp"
    asked = {"action": "GetConfiguration", "payload": {"key": ["HeartbeatInterval"]}}
    answer = await house.api.post(path, asked)
    assert answer.status == 202, answer.body
    assert answer.body["response"]["configurationKey"][0]["key"] == "HeartbeatInterval"
    answer = await house.api.post(path, {"action": "Nonsense", "payload": {}})
    assert (answer.status, "NotImplemented" in answer.body["message"]) == (406, True), answer.body
    answer = await house.api.post(path, {"action": "Reset", "payload": {"type": "Gently"}})
    assert (answer.status, list(answer.body["errors"])) == (422, ["payload"])

    configurations = f"/resources/charge-points/v2.0/{here.point}/configurations"  # read by the worker after the boot
    await shows(house.api, configurations, lambda data: "HeartbeatInterval" in {one["key"]["name"] for one in data})


async def test_quirks_reach_the_line_that_another_node_holds(house: House) -> None:
    """The worker hears of the change, the gateway treats its charge point so."""
    await house.start(house.node("worker"))
    here = house.at(house.b)
    point = await here.charge_point("ODD")
    model = await here.given.model()
    path = f"/resources/charge-points/v2.0/{point['id']}"
    assert (await house.api.patch(path, {"modelId": model["id"]})).status == 200

    async with plugged(here) as charger:
        await charger.boots()
        path = f"/resources/charge-point-models/v1.0/{model['id']}"
        assert (await house.api.patch(path, {"quirks": {"passwordAsHex": True}})).status == 200

        async def written() -> str:
            """A new password, as it goes over the line."""
            action = f"/actions/charge-point/v2.0/{point['id']}/set-configuration"
            answer = await house.api.post(action, {"name": "AuthorizationKey", "value": "a new password, long"})
            assert answer.status == 202, answer.body
            return [told["value"] for name, told in charger.heard if name == "ChangeConfiguration"][-1]

        await becomes(written, lambda value: value == b"a new password, long".hex())


async def test_a_station_moves_to_another_gateway_and_back(house: House) -> None:
    moving = await place(house.at(house.b), "MOVES", patience=NEVER)
    for told, gateway in enumerate((house.c, house.b), 1):
        left = moving.station
        moving.station = await house.at(gateway).station("MOVES", trace=moving.ear, patience=NEVER)
        await until(left, lambda station: not station.online)
        await moving.is_online()
        assert (await trigger(moving)).status == 202
        assert len(moving.ear.commands("TriggerMessage")) == told
    assert (await reset(moving)).body["success"]


async def test_a_gateway_is_killed(house: House) -> None:
    lost, kept = await place(house.at(house.b), "LOST", patience=NEVER), await place(house.at(house.c), "KEPT")
    assert (await trigger(lost)).status == 202
    lost.station.faults.silent = True
    asking = asyncio.create_task(timed(trigger(lost)))
    await until(lost.station, lambda _: len(lost.ear.commands("TriggerMessage")) == 2)

    await house.b.kill()
    answer, took = await asking
    assert (answer.status, answer.body["message"]) == (406, "The charge point is not connected.")
    assert took < NOTICED_WITHIN_S
    await lost.is_gone()
    answer, took = await timed(trigger(lost))
    assert answer.status == 406
    assert took < AT_ONCE_S
    assert kept.station.online
    assert (await trigger(kept)).status == 202

    again = house.node("gateway")
    await house.start(again)
    lost.station = await house.at(again).station("LOST", trace=lost.ear)
    await lost.is_online()
    assert (await trigger(lost)).status == 202


async def test_a_gateway_that_hung_lets_its_stations_come_again(house: House) -> None:
    one = await place(house.at(house.b), "HUNG", patience=Patience(back_off_s=0.5, back_off_at_most_s=1))
    house.b.send(signal.SIGSTOP)
    await one.is_gone()
    assert one.station.online  # by all that it can see
    house.b.send(signal.SIGCONT)
    await until(one.station, lambda station: not station.online)
    await one.is_online()
    assert (await trigger(one)).status == 202


async def test_a_node_that_comes_back_under_its_name_frees_its_stations_at_once(house: House) -> None:
    lost = await place(house.at(house.b), "FREED", patience=NEVER)
    await house.b.kill()
    began = time.monotonic()
    await house.b.start()
    answer = await house.api.get(f"/resources/charge-points/v1.0/{lost.point}/status")
    assert answer.data["networkStatus"] == "temporarily unavailable"
    assert time.monotonic() - began < NOTICED_WITHIN_S - 4


async def test_a_limit_holds_over_two_gateways_while_workers_come_and_go(house: House) -> None:
    first = house.node("worker")
    await house.start(first)
    circuit = await house.at(house.b).given.circuit(maxCurrent=20, minChargePointCurrent=12)  # room for one
    one = await place(house.at(house.b), "ONE", circuit=circuit)
    two = await place(house.at(house.c), "TWO", circuit=circuit)
    cable = Cable(20, one, two)
    watching = asyncio.create_task(cable.watch(SystemClock()))
    for each in (one, two):
        each.station.settings.sample_s = 1
        each.station.rhythm()
    card = await fleet(house.at(house.b))
    session, _ = await one.charges(card)
    two.station.plug(1, Vehicle(3, 32, soc=10))
    assert await happens(one.station.clock, lambda: one.station.offered(1) == 20, 60), one.station.offered(1)
    refused = (await two.start()).body
    assert (refused["success"], "The circuit has no room" in refused["message"]) == (False, True), refused
    await limited(house, circuit, minChargePointCurrent=None)
    begun = await two.start()  # whose tree the worker steers, which may not have heard of it yet
    assert begun.body["success"], begun.body
    [order] = two.ear.commands("RemoteStartTransaction")
    [nothing] = order["chargingProfile"]["chargingSchedule"]["chargingSchedulePeriod"]
    assert nothing["limit"] == 0
    assert await happens(one.station.clock, lambda: offers(one, two) == (10, 10), 60), offers(one, two)
    why = f"/internal/circuits/v1.0/{circuit['id']}/explanation"  # the worker knows, and is asked by the API's node
    told = await shows(house.api, why, lambda data: all(each["offered"] == 10 for each in data["evses"]))
    assert [(each["state"], each["binding"]["phase"]) for each in told["evses"]] == [("line", "L1")] * 2
    [owner] = (await house.owners()).values()

    second = house.node("worker")
    await house.start(second)
    await first.kill()
    killed_at = time.monotonic()
    await becomes(house.owners, lambda owners: bool(owners) and owner not in owners.values())
    assert time.monotonic() - killed_at < TAKEN_OVER_WITHIN_S
    cable.excused = True  # what is out is more than what an operator leaves now
    await limited(house, circuit, maxCurrent=16)
    assert await happens(one.station.clock, lambda: shares(offers(one, two), 16), 60), offers(one, two)
    assert time.monotonic() - killed_at < TAKEN_OVER_WITHIN_S + SETTLED_WITHIN_S
    cable.limit, cable.excused = 20, False
    await limited(house, circuit, maxCurrent=20)
    assert (await one.stop(session)).status == 202
    assert await happens(one.station.clock, lambda: offers(one, two)[1] == 20, 60), offers(one, two)
    watching.cancel()
    assert cable.looks > 50
    assert cable.violations == []


async def limited(house: House, circuit: dict[str, Any], **limits: float | None) -> None:
    answer = await house.api.patch(f"/resources/circuits/v2.0/{circuit['id']}", limits)
    assert answer.status == 200, answer.body


def shares(amps: tuple[float, ...], limit: float) -> bool:
    """Whether each has its fair part of a limit, as nearly as limits are followed where two share, and none is lost."""
    fair, near = limit / len(amps), Band().among(len(amps))
    return limit - near.step < sum(amps) <= limit and all(abs(one - fair) <= near.around(fair) for one in amps)


def offers(one: Place, other: Place) -> tuple[float, float]:
    return one.station.offered(1), other.station.offered(1)


async def test_a_second_node_uses_the_database_of_the_first(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        first, second = Server(folder), Server(folder, "gateway")
        for one in (first, second):
            stack.push_async_callback(one.stop)
            await one.start()
        api = Client(first.api_url, first.token)
        stack.push_async_callback(api.close)
        inside = cast(System, None)
        there = await place(Live(inside, api, Given(inside, api), second.ocpp_url, SystemClock(), stack), "THERE")
        assert (await trigger(there)).status == 202
        assert await there.api.text("/health") == '{"status":"ready","chargePoints":0}'
        await second.stop()
        await there.is_gone()
