"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Literal

from msgspec import UNSET

from ohmstead.kit.facts import Action
from ohmstead.kit.notifications import Notification, Table
from ohmstead.kit.views import Opt, View
from ohmstead.rooms.operator.contents import Moment
from ohmstead.rooms.power.durable_facts import CircuitChanged, CircuitConsumed


class CircuitNotification(View):
    circuit_id: int
    action: Action
    last_updated_at: Moment


def _circuit(fact: CircuitChanged, at: str) -> CircuitNotification:
    return CircuitNotification(circuit_id=fact.id, action=fact.action, last_updated_at=fact.last_updated_at or at)


class LineConsumption(View):
    phase: Literal["L1", "L2", "L3"]
    consumption: Opt[float] = UNSET
    last_updated_at: Opt[Moment] = UNSET


class ConsumptionNotification(View):
    """In A."""

    notification: Opt[Literal["CircuitConsumptionNotification"]] = UNSET
    circuit_id: Opt[int] = UNSET
    max_current: Opt[float] = UNSET
    min_charge_point_current: Opt[float] = UNSET
    current_consumption: Opt[list[LineConsumption]] = UNSET


def _consumption(fact: CircuitConsumed, at: str) -> ConsumptionNotification:
    told = (
        LineConsumption(
            phase=one["phase"], consumption=one["consumption"], last_updated_at=one.get("lastUpdatedAt", UNSET)
        )
        for one in fact.current_consumption
    )
    return ConsumptionNotification(
        circuit_id=fact.circuit_id,
        max_current=fact.max_current,
        min_charge_point_current=fact.min_charge_point_current,
        current_consumption=list(told),
    )


NOTIFICATIONS: Table = (
    Notification("circuit.changed", CircuitChanged, CircuitNotification, _circuit, "circuit", "circuits"),
    Notification(
        "CircuitConsumptionNotification", CircuitConsumed, ConsumptionNotification, _consumption, "circuit",
        "circuits", key="circuit_id",
    ),
)  # fmt: skip
