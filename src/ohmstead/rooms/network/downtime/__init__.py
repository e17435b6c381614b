"""Downtime: when charge points and EVSEs could not be used, and which of that time does not count."""

from ohmstead.rooms.network.downtime.notices import notices
from ohmstead.rooms.network.downtime.operational import operational_since
from ohmstead.rooms.network.downtime.periods import charge_point_periods, evse_periods
from ohmstead.rooms.network.downtime.uptime import uptime_operations
from ohmstead.rooms.network.downtime.watching import DowntimeWatch

__all__ = ["DowntimeWatch", "charge_point_periods", "evse_periods", "notices", "operational_since", "uptime_operations"]
