"""Control: sessions started and stopped through the API."""

from ohmstead.rooms.charging.control import stopping  # noqa: F401 - registers its operation
from ohmstead.rooms.charging.control.autostart import Autostart
from ohmstead.rooms.charging.control.contradictions import Contradictions
from ohmstead.rooms.charging.control.ordered_stops import OrderedStops, stop_for
from ohmstead.rooms.charging.control.orders import Hold, Refusal, first_profile, hold_needed, may_start
from ohmstead.rooms.charging.control.remote import start
from ohmstead.rooms.charging.control.silences import SilentSessionProbe
from ohmstead.rooms.charging.control.starting import at_charge_point, at_evse

__all__ = [
    "Autostart",
    "Contradictions",
    "Hold",
    "OrderedStops",
    "Refusal",
    "SilentSessionProbe",
    "at_charge_point",
    "at_evse",
    "first_profile",
    "hold_needed",
    "may_start",
    "start",
    "stop_for",
]
