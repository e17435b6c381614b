"""Limits: what ends a charge that nobody stops: its tariff's time and energy, and the hours of its location."""

from ohmstead.rooms.charging.limits.tariff_limits import TariffLimits
from ohmstead.rooms.charging.limits.working_hours import ClosingHours

__all__ = ["ClosingHours", "TariffLimits"]
