"""The commands of OCPP 2.0.1 that begin, end and reserve: request start and stop, reservations."""

from ohmstead.simulator.charging_profile import Purpose
from ohmstead.simulator.charging_profiles import ProfileRefused
from ohmstead.simulator.connector import Connector
from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.v16 import messages as v16
from ohmstead.simulator.v16 import remote
from ohmstead.simulator.v201 import messages
from ohmstead.simulator.v201.profiles import profile_of


def request_start_transaction(context: HandlerContext, command: messages.RequestStartTransaction) -> Answer:
    """Accepted when a connector is free for the token; the transaction begins once a cable is plugged in."""
    tag, connector = command.id_token.id_token, _connector_for(context, command)
    if connector is None:
        return status("Rejected")
    profile = command.charging_profile and profile_of(command.charging_profile, connector.id, context.now())
    if profile:
        try:
            context.station.hardware.profiles.check(profile)
        except ProfileRefused:
            return status("Rejected")
        if profile.purpose is not Purpose.TRANSACTION or profile.transaction_id:  # F01.FR.10, F01.FR.11
            return status("Rejected")
    context.orders[tag] = command.remote_start_id
    return status("Accepted", lambda: context.station.say(remote.begin(context, connector, tag, profile)))


def request_stop_transaction(context: HandlerContext, command: messages.RequestStopTransaction) -> Answer:
    return remote.stop(context, command.transaction_id)


def get_transaction_status(context: HandlerContext, command: messages.GetTransactionStatus) -> Answer:
    """Whether a transaction goes on, and whether anything of any is still to be told (E14)."""
    waits = {"messagesInQueue": len(context.station.uplink.outbox) > 0}
    if command.transaction_id is None:
        return Answer(waits)
    running = {c.transaction.id for c in context.connectors if c.transaction}
    return Answer({"ongoingIndicator": command.transaction_id in running, **waits})


def reserve_now(context: HandlerContext, command: messages.ReserveNow) -> Answer:
    """The whole station cannot be reserved."""
    return remote.reserve_now(
        context,
        v16.ReserveNow(
            connector_id=command.evse_id or 0,
            expiry_date=command.expiry_date_time,
            id_tag=command.id_token.id_token,
            reservation_id=command.id,
            parent_id_tag=command.group_id_token.id_token if command.group_id_token else None,
        ),
    )


def _connector_for(context: HandlerContext, command: messages.RequestStartTransaction) -> Connector | None:
    wanted = v16.RemoteStartTransaction(id_tag=command.id_token.id_token, connector_id=command.evse_id)
    return remote.connector_for(context, wanted)
