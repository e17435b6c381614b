"""Charging profiles from the wire of OCPP 1.6 (7.8) in the station's own terms."""

from datetime import datetime

from ohmstead.simulator.charging_profile import Profile, Purpose
from ohmstead.simulator.profile_wire import read
from ohmstead.simulator.v16 import messages

PURPOSES = {
    "ChargePointMaxProfile": Purpose.STATION,
    "TxDefaultProfile": Purpose.DEFAULT,
    "TxProfile": Purpose.TRANSACTION,
}


def profile_of(wire: messages.ChargingProfile, connector: int, now: datetime) -> Profile:
    """The profile that a message sets for a connector, installed `now`."""
    purpose = PURPOSES[wire.charging_profile_purpose]
    return read(wire, wire.charging_profile_id, wire.charging_schedule, purpose, connector, now)
