"""States of cars that matter to their share: how full the battery is, and whether the car has stopped by itself."""

from datetime import datetime

from ohmstead.engines.dlm.priority import soc_priority
from ohmstead.kit.db import Row
from ohmstead.rooms.power.management.snapshot import Outlet

IDLE_S = 300.0  # s a car must have stopped by itself to count as idle


def soc_weight(soc: float | None, circuit: Row) -> float:
    """The priority of the battery's state of charge by the circuit's thresholds."""
    set_ = circuit["soc_priorities"] or {}
    return soc_priority(
        soc,
        upper_threshold=set_.get("upperThresholdPercent"),
        high=set_.get("highSoCPriority", 1.0),
        lower_threshold=set_.get("lowerThresholdPercent"),
        low=set_.get("lowSoCPriority", 1.0),
    )


def is_idle(outlet: Outlet, now: datetime) -> bool:
    since = outlet.status_since
    return outlet.hardware_status == "suspendedEV" and since is not None and (now - since).total_seconds() >= IDLE_S
