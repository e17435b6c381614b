"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from ohmstead.kit.notifications import Table

NOTIFICATIONS: Table = ()
