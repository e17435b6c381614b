"""Node services: what makes a process one node of several, put together: membership, post, relay, bridge, loads."""

import asyncio
import socket
from contextlib import suppress

import msgspec

from ohmstead.app.nodes.membership import Membership
from ohmstead.app.nodes.message_bus import MessageBus
from ohmstead.app.nodes.messages import CapacityQuery, ExplanationQuery
from ohmstead.app.nodes.relay import Relay
from ohmstead.app.nodes.signal_forwarder import Bridge
from ohmstead.app.settings import Settings, SettingsError
from ohmstead.kit.clock import Clock
from ohmstead.ocpp.registry import Registry
from ohmstead.rooms.devices.presence.nodes import NameTaken
from ohmstead.rooms.devices.stations import StationError
from ohmstead.rooms.power.management.explanation.ask import Kind, explanations
from ohmstead.rooms.power.management.explanation.views import Told
from ohmstead.rooms.power.management.manager import LoadManagement
from ohmstead.rooms.power.management.start_admission import admission, look
from ohmstead.rooms.power.management.tuning import Tuning
from ohmstead.store.engine import PostgresDatabase

ROOM_WITHIN_S = 2.0  # for another node to say whether its circuits have room; without an answer they do
EXPLAINED_WITHIN_S = 5.0  # by another node


class NodeServices:
    """Joined with `join`, left with `leave`; `members.run`, `post.run` and `relay.run` go on in between."""

    def __init__(
        self,
        members: Membership,
        registry: Registry,
        database: PostgresDatabase,
        clock: Clock,
        tuning: Tuning,
        call_timeout_s: float,
    ) -> None:
        self.members, self._database, self._clock = members, database, clock
        self.messages = MessageBus(database, members)
        self.relay = Relay(registry, database, members, self.messages, call_timeout_s)
        self.load_management = LoadManagement(database, self.relay, clock, tuning, members)
        self._bridge = Bridge(members, self.messages, self.relay, self.load_management)
        self.messages.answers(CapacityQuery, self._has_room)
        self.messages.answers(ExplanationQuery, self._explain)
        members.changed.connect(self._changed)
        members.buried.connect(self.relay.drop_all)

    async def join(self) -> None:
        """Enter, and learn where the stations are. SettingsError where a living node has our name."""
        try:
            await self.members.join()
        except NameTaken:
            raise SettingsError(
                f"node_name {self.members.name!r} belongs to a node that is running; give this one another"
            ) from None
        self._bridge.open()
        await self.relay.look()

    async def leave(self) -> None:
        """Go in good order."""
        self._bridge.close()
        admission.open_afar(None)
        explanations.open_afar(None)
        await self.messages.stop()
        await self.members.leave()

    def _changed(self, _: set[int]) -> None:
        admission.open_afar(self._ask_for_room if self.members.others else None)
        explanations.open_afar(self._ask_why if self.members.others else None)
        self.relay.wake()
        self.load_management.rearrange()

    async def _ask_for_room(self, node_id: int, charge_point_id: int, evse_id: int) -> bool:
        with suppress(StationError, TimeoutError):
            async with asyncio.timeout(ROOM_WITHIN_S):
                answer = await self.messages.ask(
                    node_id, lambda number: CapacityQuery(number, charge_point_id, evse_id)
                )
            return msgspec.json.decode(answer, type=bool)
        return True

    async def _has_room(self, asked: CapacityQuery) -> bool:
        async with self._database.read() as tx:
            here = await look(tx, self.load_management, asked.charge_point_id, asked.evse_id)
        return here.site is None or here.site.has_room(asked.evse_id, self._clock.now())

    async def _ask_why(self, node_id: int, kind: Kind, id: int) -> Told | None:
        with suppress(StationError, TimeoutError):
            async with asyncio.timeout(EXPLAINED_WITHIN_S):
                answer = await self.messages.ask(node_id, lambda number: ExplanationQuery(number, kind, id))
            return msgspec.json.decode(answer)
        return None

    async def _explain(self, asked: ExplanationQuery) -> Told | None:
        return explanations.here(asked.kind, asked.id, self._clock.now())


def name_of(settings: Settings) -> str:
    """What a node is called that was given no name: two on one machine have different ports."""
    port = settings.ocpp_port if settings.takes_stations else settings.port
    return settings.node_name or f"{socket.gethostname()}:{port}"
