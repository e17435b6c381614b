"""Presence: what charge points say of themselves, taken in. Each function takes what many say in one transaction, of
each charge point one fact; the gateway gathers them."""

from ohmstead.rooms.devices.presence.boots import booted
from ohmstead.rooms.devices.presence.connections import connected, disconnect_forsaken, disconnected, heard
from ohmstead.rooms.devices.presence.handshake_policy import AdmittedChargePoint, ConnectionAttempt, Refusal, admit
from ohmstead.rooms.devices.presence.long_gone import tell_long_gone
from ohmstead.rooms.devices.presence.quirk_propagation import quirks_now
from ohmstead.rooms.devices.presence.repeats import StatusDeduplicator
from ohmstead.rooms.devices.presence.statuses import can_charge, status_changed

__all__ = [
    "AdmittedChargePoint",
    "ConnectionAttempt",
    "Refusal",
    "StatusDeduplicator",
    "admit",
    "booted",
    "can_charge",
    "connected",
    "disconnect_forsaken",
    "disconnected",
    "heard",
    "quirks_now",
    "status_changed",
    "tell_long_gone",
]
