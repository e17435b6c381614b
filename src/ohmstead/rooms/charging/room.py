"""The room of charging: what it exports."""

from ohmstead.rooms.charging import control
from ohmstead.rooms.charging.authorizations import authorizations
from ohmstead.rooms.charging.control import Silences
from ohmstead.rooms.charging.id_tags import id_tags
from ohmstead.rooms.charging.offline_tags import offline_tags
from ohmstead.rooms.charging.profiles import ProfileAccounts, clearings, layings, readings
from ohmstead.rooms.charging.reservations import ReservationQueue, cancelings, reservations, reservings
from ohmstead.rooms.charging.sessions import (
    consumption,
    questions,  # noqa: F401 - it answers lower rooms
)
from ohmstead.rooms.charging.sessions.resource import sessions

OPERATIONS = (
    id_tags,
    authorizations,
    reservings,
    cancelings,
    reservations,
    layings,
    clearings,
    readings,
    offline_tags,
    sessions,
    consumption.reads,
    control.at_charge_point,
    control.at_evse,
)
BACKGROUND = (ProfileAccounts, ReservationQueue, Silences)
