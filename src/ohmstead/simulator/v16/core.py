"""The commands of OCPP 1.6's core and remote trigger profiles that have nothing to do with a transaction."""

from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.v16 import messages


def change_availability(context: HandlerContext, command: messages.ChangeAvailability) -> Answer:
    """A connector in a transaction keeps it, and becomes unavailable after it; one that was reserved is so no more."""
    if not context.has(command.connector_id, or_station=True):
        return status("Rejected")
    operative = command.type == "Operative"
    concerned = [connector for connector in context.connectors if command.connector_id in (0, connector.id)]

    def switch() -> None:
        with context.station.charging.change():
            if command.connector_id == 0:
                context.station.hardware.operative = operative
            for connector in concerned:
                connector.operative = operative
                if not operative:
                    context.station.charging.end_reservation(connector, "Removed")

    busy = not operative and any(connector.transaction for connector in concerned)
    return status("Scheduled" if busy else "Accepted", switch)


def change_configuration(context: HandlerContext, command: messages.ChangeConfiguration) -> Answer:
    """A new password or security profile is used on a new connection, and that is made at once (security whitepaper,
    A01 and A05)."""
    station, word = context.station, context.configuration.write(command.key, command.value)
    if word == "Accepted" and command.key == "AuthorizationKey":
        return status(word, lambda: station.outside.start(station.uplink.line.close()))
    if word == "Accepted" and command.key == "SecurityProfile":
        return status(word, lambda: station.outside.start(station.reconnect(station.safe.address(int(command.value)))))
    return status(word)


def get_configuration(context: HandlerContext, command: messages.GetConfiguration) -> Answer:
    return Answer(context.configuration.read(command.key))


def data_transfer(context: HandlerContext, command: messages.DataTransfer) -> Answer:
    """This station's vendor has agreed on nothing with anybody."""
    return status("UnknownVendorId")


def reset(context: HandlerContext, command: messages.Reset) -> Answer:
    station = context.station
    return status("Accepted", lambda: station.outside.start(station.reset(hard=command.type == "Hard")))


def unlock_connector(context: HandlerContext, command: messages.UnlockConnector) -> Answer:
    """The lock opens; a transaction ends by it, the cable stays in until somebody pulls it."""
    if not context.has(command.connector_id):
        return status("NotSupported")
    if context.station.charging.connector(command.connector_id).transaction:
        context.station.charging.end(command.connector_id, "UnlockCommand")
    return status("Unlocked")


def trigger_message(context: HandlerContext, command: messages.TriggerMessage) -> Answer:
    trigger = context.triggers.get(command.requested_message)
    if trigger is None:
        return status("NotImplemented")
    if command.connector_id is not None and not context.has(command.connector_id, or_station=True):
        return status("Rejected")
    return status("Accepted", lambda: trigger(command.connector_id))
