"""A place to charge: a charge point in the API and its station on the line, with what scenarios ask of the two."""

import json
from dataclasses import dataclass, field
from typing import Any

from ohmstead.simulator.connector import Transaction
from ohmstead.simulator.station import Station
from ohmstead.simulator.vehicle import Vehicle
from tests.client import Answer, Client
from tests.live import Live
from tests.scenarios.waiting import shows, until


@dataclass
class Ear:
    """Hears what goes over a station's line: a station's `trace`."""

    heard: list[tuple[str, list[Any]]] = field(default_factory=list)

    def __call__(self, direction: str, text: str) -> None:
        self.heard.append((direction, json.loads(text)))

    def calls(self, direction: str, action: str) -> list[list[Any]]:
        """The calls of an action that came in ("<"), went out (">") or should have gone out ("x")."""
        return [frame for way, frame in self.heard if way == direction and frame[0] == 2 and frame[2] == action]

    def commands(self, action: str) -> list[dict[str, Any]]:
        """The payloads of the commands that came in."""
        return [frame[3] for frame in self.calls("<", action)]

    def answered(self, action: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """The calls of an action that were answered: what was said, and the answer."""
        said = {frame[1]: frame[3] for frame in self.calls(">", action)}
        return [(said[f[1]], f[2]) for way, f in self.heard if way == "<" and f[0] == 3 and f[1] in said]


@dataclass
class Place:
    """Station and charge point with its only EVSE; what is asked goes through the API."""

    api: Client
    station: Station
    ear: Ear
    point: int
    evse: int

    async def start(self, **order: Any) -> Answer:
        return await self.api.post(f"/actions/evse/v1.0/{self.evse}/start", order)

    async def stop(self, session: dict[str, Any], **body: Any) -> Answer:
        return await self.api.post(f"/actions/charge-point/v1.0/{self.point}/stop/{session['id']}", body)

    async def is_online(self) -> None:
        """Wait until station and API agree that it is there."""
        await until(self.station, lambda station: station.online)
        await shows(self.api, self._status, lambda data: data["networkStatus"] == "available")

    async def is_gone(self) -> None:
        """Wait until the API knows that it is away."""
        await shows(self.api, self._status, lambda data: data["networkStatus"] == "temporarily unavailable")

    async def says(self, hardware_status: str) -> None:
        """Wait until the API shows this state of the EVSE."""
        await shows(self.api, self._status, lambda data: data["evses"][0]["hardwareStatus"] == hardware_status)

    async def session(self, status: str, *, count: int = 1) -> dict[str, Any]:
        """The newest session, once it has this status; there are `count` in all."""
        path, query = "/resources/sessions/v1.0", f"filter[chargePointId]={self.point}"
        found = await shows(self.api, path, lambda data: len(data) >= count and newest(data)["status"] == status, query)
        assert len(found) == count, found
        return newest(found)

    async def grows(self, session: dict[str, Any]) -> dict[str, Any]:
        """The session, once the API shows more energy than it did."""
        return await shows(self.api, f"/resources/sessions/v1.0/{session['id']}",
                           lambda data: data["energy"] > session["energy"])  # fmt: skip

    async def charges(self, tag: str) -> tuple[dict[str, Any], Transaction]:
        """Plug a car in and hold a card to the reader; the session, once it has energy, and the transaction."""
        self.station.plug(1, Vehicle(3, 32, soc=10))
        assert await self.station.present_tag(1, tag)
        session = await self.grows(await self.session("active", count=await self._known() + 1))
        return session, self.running

    @property
    def running(self) -> Transaction:
        """The station's transaction."""
        found = self.station.transaction(1)
        assert found is not None
        return found

    @property
    def _status(self) -> str:
        return f"/resources/charge-points/v1.0/{self.point}/status"

    async def _known(self) -> int:
        """How many sessions there are that do not run."""
        every = (await self.api.get("/resources/sessions/v1.0", f"filter[chargePointId]={self.point}")).data
        return sum(one["status"] != "active" for one in every)


async def fleet(site: Live, uid: str = "FLEET") -> str:
    """A card that may charge anywhere at once."""
    options = {"sessionsAllowed": "multiple_simultaneous_sessions_remotely_and_idtags"}
    user = await site.given.user(options=options)
    await site.given.id_tag(idTagUid=uid, userId=int(user["id"]))
    return uid


def newest(sessions: list[dict[str, Any]]) -> dict[str, Any]:
    return max(sessions, key=lambda one: int(one["id"]))


def drawn(transaction: Transaction) -> int:
    """Wh by the station's register."""
    assert transaction.meter_stop_wh is not None
    return transaction.meter_stop_wh - transaction.meter_start_wh


async def place(
    site: Live,
    identity: str,
    rating: float = 32,
    circuit: dict[str, Any] | None = None,
    version: str = "1.6",
    **options: Any,
) -> Place:
    """A new one, online; on the circuit if there is one."""
    made, ear = await site.charge_point(identity, rating, version=version), Ear()
    if circuit:
        await site.attach(circuit, made)
    station = await site.station(identity, rating, version=version, trace=ear, **options)
    found = Place(site.api, station, ear, made["id"], int(made["evses"][0]["id"]))
    await found.is_online()
    await found.says("available")
    return found
