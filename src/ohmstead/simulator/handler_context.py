"""Where commands are carried out: the station, its configuration, and what each command answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from ohmstead.simulator.configuration import Configuration
from ohmstead.simulator.connector import Connector
from ohmstead.simulator.machine import Machine
from ohmstead.simulator.upkeep import Progress

Work = Callable[[], Any]


class Answer(NamedTuple):
    """The payload to answer with, and the work that begins once it is sent."""

    payload: dict[str, Any]
    then: Work | None = None


def status(word: str, then: Work | None = None) -> Answer:
    return Answer({"status": word}, then)


@dataclass
class HandlerContext:
    """`triggers` are the messages that TriggerMessage may ask for, by name; each takes the connector asked about.
    `orders` are the starts asked for from afar, their tags with the numbers that 2.0.1 gives them. `started` takes the
    name of firmware that is about to run; `progress` is that of uploads and updates, by the message that tells it.
    `post` says what must not be lost; `report` tells a security event."""

    station: Machine
    configuration: Configuration
    triggers: Mapping[str, Callable[[int | None], None]]
    orders: dict[str, int] = field(default_factory=dict)
    started: Callable[[str], None] = lambda name: None
    post: Callable[[str, dict[str, Any]], None] = lambda action, payload: None
    progress: dict[str, Progress] = field(default_factory=dict)
    security_log: list[tuple[datetime, str]] = field(default_factory=list)
    report: Callable[[str], None] = lambda event: None

    @property
    def connectors(self) -> list[Connector]:
        return [*self.station.hardware.connectors.values()]

    def now(self) -> datetime:
        """What the station believes the time to be."""
        return self.station.charging.time()

    def has(self, connector: int, *, or_station: bool = False) -> bool:
        """Whether there is such a connector; 0 counts as the station where that is meant."""
        return connector in self.station.hardware.connectors or (or_station and connector == 0)
