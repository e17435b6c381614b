"""Displays: what stations that can show messages are told of prices, where the tariff has texts for that."""

from ohmstead.rooms.charging.displays.costs import CostDisplay
from ohmstead.rooms.charging.displays.default_prices import DefaultPrices
from ohmstead.rooms.charging.displays.table import shows_messages
from ohmstead.rooms.charging.displays.texts import end_taken, with_price
from ohmstead.rooms.charging.displays.user_prices import UserPrices

__all__ = ["CostDisplay", "DefaultPrices", "UserPrices", "end_taken", "shows_messages", "with_price"]
