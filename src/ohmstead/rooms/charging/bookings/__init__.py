"""Bookings: an EVSE for a user at a later time, asked for by booking requests and reserved shortly before it."""

from ohmstead.rooms.charging.bookings.requests import asking, booking_request, booking_requests
from ohmstead.rooms.charging.bookings.reserving import BookingReservation
from ohmstead.rooms.charging.bookings.resource import bookings
from ohmstead.rooms.charging.bookings.using import booking_used, may_be_used

__all__ = [
    "BookingReservation",
    "asking",
    "booking_request",
    "booking_requests",
    "booking_used",
    "bookings",
    "may_be_used",
]
