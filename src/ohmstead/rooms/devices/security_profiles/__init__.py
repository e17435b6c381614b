"""Security profiles: how charge points secure their connections, how they are brought to do it better, and what cuts
them off."""

from ohmstead.rooms.devices.security_profiles import disconnects as dismissals  # noqa: F401 - subscribes
from ohmstead.rooms.devices.security_profiles.actions import actions
from ohmstead.rooms.devices.security_profiles.addresses import Addresses, addresses
from ohmstead.rooms.devices.security_profiles.upgrade_worker import SecurityRaises

__all__ = ["Addresses", "SecurityRaises", "actions", "addresses"]
