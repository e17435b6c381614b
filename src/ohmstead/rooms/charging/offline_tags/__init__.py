"""Tags a station admits by itself while it is offline: its local list, and the cache of what it has learned."""

from ohmstead.rooms.charging.offline_tags import sending  # noqa: F401 - registers its operation
from ohmstead.rooms.charging.offline_tags.actions import offline_tags

__all__ = ["offline_tags"]
