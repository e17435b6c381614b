"""Notifications: what clients are told of this room, each fact with its event and its payload."""

from typing import Any

from ohmstead.kit.notifications import Notification

NOTIFICATIONS: tuple[Notification[Any], ...] = ()
