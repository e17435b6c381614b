"""The flow of a charge: what stations tell of tags, starts, stops and meters becomes authorizations and sessions.

Each function is one transaction. The facts are those of rooms/charging/facts.py; none is ever refused, for a station
that gets an error tells the same again.
"""

from ohmstead.rooms.charging.flow.authorizing import authorize
from ohmstead.rooms.charging.flow.begun import forget_begun
from ohmstead.rooms.charging.flow.closing import close_lost, expire_pending
from ohmstead.rooms.charging.flow.metering import metered
from ohmstead.rooms.charging.flow.starting import charge_started
from ohmstead.rooms.charging.flow.stopping import charge_stopped

__all__ = ["authorize", "charge_started", "charge_stopped", "close_lost", "expire_pending", "forget_begun", "metered"]
