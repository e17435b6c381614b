"""Tags a station admits by itself while it is offline: its local list, and the cache of what it has learned."""

from ohmstead.rooms.charging.offline_tags import withdrawing  # noqa: F401 - of tags that are accepted no more
from ohmstead.rooms.charging.offline_tags.actions import offline_tags
from ohmstead.rooms.charging.offline_tags.outdated import OutdatedLists

__all__ = ["OutdatedLists", "offline_tags"]
