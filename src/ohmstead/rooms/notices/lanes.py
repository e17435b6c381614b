"""Lanes: what is loaded for one subscriber, of each entity in its order and one at a time."""

from collections import deque
from collections.abc import Iterable

from msgspec import Struct

from ohmstead.rooms.notices.transport import Message

LANE_MOST = 50  # of one entity, so that those of a slow one do not fill the memory that is there for all


class Delivery(Struct, frozen=True, kw_only=True):
    """A message to be delivered, and how often it was tried."""

    fact_id: int
    attempts: int
    message: Message

    @property
    def id(self) -> int:
        return self.message.delivery_id

    @property
    def entity(self) -> str:
        return self.message.entity

    @property
    def order(self) -> tuple[int, int]:
        return self.fact_id, self.id


class Lanes:
    """What was loaded, until it is known for sure that what became of it is written.

    A delivery is in a lane, then in flight, then settled (`went` or `failed`) and in the end `written`. A lane whose
    head failed is let go as a whole: it is loaded again when its head falls due. Until that is written it is `held`.
    """

    def __init__(self) -> None:
        self.ids: set[int] = set()
        self.full: set[str] = set()  # entities of which enough is loaded
        self._lanes: dict[str, deque[Delivery]] = {}
        self._ready: dict[str, None] = {}  # in turn
        self._in_flight: set[str] = set()
        self._held: dict[str, int] = {}  # by entity the delivery that failed
        self._failed_meanwhile: set[str] = set()

    def begin_load(self) -> tuple[list[int], list[str]]:
        """What must not be loaded: deliveries that are, and entities that have enough or are held."""
        self._failed_meanwhile = set()
        return [*self.ids], [*self._held, *self.full]

    def take(self, loaded: Iterable[Delivery]) -> None:
        """What was loaded, in its order; not what turned out meanwhile to have to wait, nor too much of one entity."""
        for one in loaded:
            lane = self._lanes.get(one.entity, deque())
            if one.entity in self._failed_meanwhile or len(lane) >= LANE_MOST:
                continue
            self.ids.add(one.id)
            self._lanes[one.entity] = lane
            if lane and one.order < lane[-1].order:  # was told late, or is sent again
                lane = self._lanes[one.entity] = deque(sorted((*lane, one), key=lambda each: each.order))
            else:
                lane.append(one)
            self._offer(one.entity)

    def _offer(self, entity: str) -> None:
        lane = self._lanes.get(entity, ())
        (self.full.add if len(lane) > LANE_MOST // 2 else self.full.discard)(entity)
        if not lane:
            self._lanes.pop(entity, None)
        elif entity not in self._in_flight:
            self._ready.setdefault(entity)

    def next(self) -> Delivery | None:
        """What may be sent now; its lane waits until it is settled, the other lanes come first then."""
        if not self._ready:
            return None
        entity = next(iter(self._ready))
        del self._ready[entity]
        self._in_flight.add(entity)
        return self._lanes[entity].popleft()

    def went(self, one: Delivery) -> None:
        """It need not be sent any more: its lane goes on."""
        self._in_flight.discard(one.entity)
        self._offer(one.entity)

    def failed(self, one: Delivery) -> None:
        """It is to be sent later, and its lane after it."""
        self._in_flight.discard(one.entity)
        self._held[one.entity] = one.id
        self._failed_meanwhile.add(one.entity)
        self.ids.difference_update(later.id for later in self._lanes.pop(one.entity, ()))
        self.full.discard(one.entity)

    def let_go(self) -> None:
        """Of all that is not in flight."""
        self.ids.difference_update(one.id for lane in self._lanes.values() for one in lane)
        self._lanes.clear()
        self._ready.clear()
        self.full.clear()

    def written(self, one: Delivery) -> None:
        """What became of it is durable."""
        self.ids.discard(one.id)
        if self._held.get(one.entity) == one.id:
            del self._held[one.entity]
