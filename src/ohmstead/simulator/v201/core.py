"""The commands of OCPP 2.0.1 that have little to do with a transaction."""

from ohmstead.simulator.desk import Answer, Desk, status
from ohmstead.simulator.v16 import core
from ohmstead.simulator.v16 import messages as v16
from ohmstead.simulator.v201 import messages


def change_availability(desk: Desk, command: messages.ChangeAvailability) -> Answer:
    number = command.evse.id if command.evse else 0
    return core.change_availability(desk, v16.ChangeAvailability(connector_id=number, type=command.operational_status))


def cost_updated(desk: Desk, command: messages.CostUpdated) -> Answer:
    """There is no display to show it on."""
    return Answer({})


def reset(desk: Desk, command: messages.Reset) -> Answer:
    """At once, with the transactions ended; or when there are none any more (B11, B12)."""
    station = desk.station
    if command.evse_id is not None:
        return status("Rejected")
    if command.type == "Immediate":
        return status("Accepted", lambda: station.outside.start(station.reset(hard=False)))
    busy = any(connector.transaction for connector in desk.connectors)
    return status("Scheduled" if busy else "Accepted", lambda: station.outside.start(_when_idle(desk)))


def unlock_connector(desk: Desk, command: messages.UnlockConnector) -> Answer:
    """Not while somebody charges who may (F05.FR.02)."""
    if not desk.has(command.evse_id) or command.connector_id != 1:
        return status("UnknownConnector")
    busy = desk.station.charging.connector(command.evse_id).transaction
    return status("OngoingAuthorizedTransaction" if busy else "Unlocked")


def trigger_message(desk: Desk, command: messages.TriggerMessage) -> Answer:
    trigger = desk.triggers.get(command.requested_message)
    if trigger is None:
        return status("NotImplemented")
    number = command.evse.id if command.evse else None
    if number is not None and not desk.has(number, or_station=True):
        return status("Rejected")
    return status("Accepted", lambda: trigger(number))


async def _when_idle(desk: Desk) -> None:
    await desk.station.until(lambda station: not any(c.transaction for c in station.hardware.connectors.values()))
    await desk.station.reset(hard=False)
