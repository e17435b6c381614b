"""The commands of OCPP 1.6 that begin, end and reserve: remote start and stop, reservations."""

from dataclasses import replace

from ohmstead.simulator.charging_profile import Profile, Purpose
from ohmstead.simulator.charging_profiles import ProfileRefused
from ohmstead.simulator.connector import Connector, Reservation, State
from ohmstead.simulator.handler_context import Answer, HandlerContext, status
from ohmstead.simulator.moments import utc
from ohmstead.simulator.v16 import messages
from ohmstead.simulator.v16.profiles import profile_of

OCCUPIED = {State.FAULTED: "Faulted", State.UNAVAILABLE: "Unavailable"}


def remote_start_transaction(context: HandlerContext, command: messages.RemoteStartTransaction) -> Answer:
    """Accepted when a connector is free for the tag; the transaction begins once a cable is plugged in."""
    connector = connector_for(context, command)
    if connector is None:
        return status("Rejected")
    profile = None
    if command.charging_profile:
        profile = profile_of(command.charging_profile, connector.id, context.now())
        if not _acceptable(context, profile):
            return status("Rejected")
    return status("Accepted", lambda: context.station.say(begin(context, connector, command.id_tag, profile)))


def remote_stop_transaction(context: HandlerContext, command: messages.RemoteStopTransaction) -> Answer:
    """It may end by itself while the answer is on its way."""
    return stop(context, command.transaction_id)


def stop(context: HandlerContext, transaction_id: int | str) -> Answer:
    """End the transaction of this id, if it runs."""
    running = next((t for c in context.connectors if (t := c.transaction) and t.id == transaction_id), None)
    if running is None:
        return status("Rejected")

    def end() -> None:
        if context.station.charging.connector(running.connector).transaction is running:
            context.station.charging.end(running.connector, "Remote")

    return status("Accepted", end)


def reserve_now(context: HandlerContext, command: messages.ReserveNow) -> Answer:
    """Of a connector that is free, or reserved under the same id; the whole station cannot be reserved."""
    if not context.has(command.connector_id):
        return status("Rejected")
    connector = context.station.charging.connector(command.connector_id)
    again = connector.reservation is not None and connector.reservation.id == command.reservation_id
    if connector.state is not State.AVAILABLE and not (connector.state is State.RESERVED and again):
        return status(OCCUPIED.get(connector.state, "Occupied"))
    expiry = utc(command.expiry_date)
    with context.station.charging.change():
        connector.reservation = Reservation(command.reservation_id, command.id_tag, expiry, command.parent_id_tag)
    return status("Accepted")


def cancel_reservation(context: HandlerContext, command: messages.CancelReservation) -> Answer:
    for connector in context.connectors:
        if connector.reservation and connector.reservation.id == command.reservation_id:
            with context.station.charging.change():
                connector.reservation = None
            return status("Accepted")
    return status("Rejected")


def connector_for(context: HandlerContext, command: messages.RemoteStartTransaction) -> Connector | None:
    """The connector named, or without a name the first that is free, one with a cable in it before the others."""
    free = [c for c in context.connectors if context.station.charging.free(c.id, command.id_tag)]
    if command.connector_id is not None:
        free = [connector for connector in free if connector.id == command.connector_id]
    return min(free, key=lambda connector: connector.vehicle is None, default=None)


def _acceptable(context: HandlerContext, profile: Profile) -> bool:
    """Only a profile for the transaction to come may travel with its start (1.6, 5.11)."""
    try:
        context.station.hardware.profiles.check(profile)
    except ProfileRefused:
        return False
    return profile.purpose is Purpose.TRANSACTION


async def begin(context: HandlerContext, connector: Connector, tag: str, profile: Profile | None) -> None:
    station, group = context.station, None
    if station.settings.authorizes_remote:
        verdict = await station.authorization.verdict(tag)
        if not verdict.accepted:
            return
        group = verdict.group
    if station.charging.free(connector.id, tag, group):
        # the transaction's id is not known yet, whatever the message says
        station.charging.permit(connector.id, tag, group, replace(profile, transaction_id=None) if profile else None)
