"""Reservations: an EVSE kept free for a user for a while."""

from ohmstead.rooms.charging.reservations import outages  # noqa: F401 - subscribes
from ohmstead.rooms.charging.reservations.cancel import cancel_actions
from ohmstead.rooms.charging.reservations.holding import (
    expire,
    holder_of,
    is_held,
    reservation_released,
    reservation_used,
)
from ohmstead.rooms.charging.reservations.queueing import ReservationQueue
from ohmstead.rooms.charging.reservations.releasing import ReservationRelease, release, release_one
from ohmstead.rooms.charging.reservations.reserve import again_for, command_of, forget, note, reserve_actions
from ohmstead.rooms.charging.reservations.resource import reservations

__all__ = [
    "ReservationQueue",
    "ReservationRelease",
    "again_for",
    "cancel_actions",
    "command_of",
    "expire",
    "forget",
    "holder_of",
    "is_held",
    "note",
    "release",
    "release_one",
    "reservation_released",
    "reservation_used",
    "reservations",
    "reserve_actions",
]
