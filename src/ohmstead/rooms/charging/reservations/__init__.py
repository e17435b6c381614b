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
from ohmstead.rooms.charging.reservations.reserve import again_for, reserve_actions
from ohmstead.rooms.charging.reservations.resource import reservations

__all__ = [
    "ReservationQueue",
    "again_for",
    "cancel_actions",
    "expire",
    "holder_of",
    "is_held",
    "reservation_released",
    "reservation_used",
    "reservations",
    "reserve_actions",
]
