"""Presence: what charge points say of themselves, taken in. Each function takes what many say in one transaction, of
each charge point one fact; the gateway gathers them."""

from ohmstead.rooms.network.presence.admission import Entry, Knock, Refusal, admit
from ohmstead.rooms.network.presence.boots import booted
from ohmstead.rooms.network.presence.connections import connected, disconnect_forsaken, disconnected, heard
from ohmstead.rooms.network.presence.heeding import quirks_now
from ohmstead.rooms.network.presence.repeats import Repeats
from ohmstead.rooms.network.presence.statuses import can_charge, status_changed

__all__ = [
    "Entry",
    "Knock",
    "Refusal",
    "Repeats",
    "admit",
    "booted",
    "can_charge",
    "connected",
    "disconnect_forsaken",
    "disconnected",
    "heard",
    "quirks_now",
    "status_changed",
]
