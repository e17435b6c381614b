"""The commands of OCPP 2.0.1 that have little to do with a transaction."""

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.v16 import core
from ohmstead.simulator.v16 import messages as v16
from ohmstead.simulator.v201 import messages


def change_availability(context: HandlerContext, command: messages.ChangeAvailability) -> Answer:
    number = command.evse.id if command.evse else 0
    return core.change_availability(
        context, v16.ChangeAvailability(connector_id=number, type=command.operational_status)
    )


def cost_updated(context: HandlerContext, command: messages.CostUpdated) -> Answer:
    """There is no display to show it on."""
    return Answer({})


def reset(context: HandlerContext, command: messages.Reset) -> Answer:
    """At once, with the transactions ended; or when there are none any more (B11, B12)."""
    station = context.station
    if command.evse_id is not None:
        return status("Rejected")
    if command.type == "Immediate":
        return status("Accepted", lambda: station.outside.start(station.reset(hard=False)))
    busy = any(connector.transaction for connector in context.connectors)
    return status("Scheduled" if busy else "Accepted", lambda: station.outside.start(_when_idle(context)))


def unlock_connector(context: HandlerContext, command: messages.UnlockConnector) -> Answer:
    """Not while somebody charges who may (F05.FR.02)."""
    if not context.has(command.evse_id) or command.connector_id != 1:
        return status("UnknownConnector")
    busy = context.station.charging.connector(command.evse_id).transaction
    return status("OngoingAuthorizedTransaction" if busy else "Unlocked")


def trigger_message(context: HandlerContext, command: messages.TriggerMessage) -> Answer:
    trigger = context.triggers.get(command.requested_message)
    if trigger is None:
        return status("NotImplemented")
    number = command.evse.id if command.evse else None
    if number is not None and not context.has(number, or_station=True):
        return status("Rejected")
    return status("Accepted", lambda: trigger(number))


async def _when_idle(context: HandlerContext) -> None:
    await context.station.until(lambda station: not any(c.transaction for c in station.hardware.connectors.values()))
    await context.station.reset(hard=False)
