"""Reservations: an EVSE kept free for a user for a while."""

from ohmstead.rooms.charging.reservations import outages  # noqa: F401 - subscribes
from ohmstead.rooms.charging.reservations.canceling import cancelings
from ohmstead.rooms.charging.reservations.holding import (
    expire,
    holder_of,
    is_held,
    let_go,
    used,
)
from ohmstead.rooms.charging.reservations.queueing import ReservationQueue
from ohmstead.rooms.charging.reservations.reserving import again_for, reservings
from ohmstead.rooms.charging.reservations.resource import reservations

__all__ = [
    "ReservationQueue",
    "again_for",
    "cancelings",
    "expire",
    "holder_of",
    "is_held",
    "let_go",
    "reservations",
    "reservings",
    "used",
]
