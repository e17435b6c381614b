"""Habits: how the line to one charge point is treated. Its model says so, and may say otherwise while it is open."""

from msgspec import Struct

from ohmstead.ocpp.units import AS_LABELLED, Units

CALL_TIMEOUT_S = 60.0
"""Stations take long: 30 s is known to be too short."""


class ConnectionSettings(Struct, frozen=True, kw_only=True):
    """`assume_version` ("1.6", "2.0.1") is taken for a station that offers no subprotocol, or none that we know.

    `ping_interval_s` overrides the listener's, 0 sends no pings; `silence_limit_s` is how long it may send nothing
    before its connection counts as dead (three heartbeat intervals are usual), None for ever. `boot_timeout_s` is how
    long its boot is waited for before it is asked for one (None: never), `waits_for_boot` lets commands wait as long.
    `units` says what its numbers are, `password_as_hex` how a new password is written to it.
    """

    assume_version: str | None = None
    call_timeout_s: float = CALL_TIMEOUT_S
    ping_interval_s: float | None = None
    silence_limit_s: float | None = None
    boot_timeout_s: float | None = None
    waits_for_boot: bool = False
    units: Units = AS_LABELLED
    password_as_hex: bool = False


USUAL = ConnectionSettings()
