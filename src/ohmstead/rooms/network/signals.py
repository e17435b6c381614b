"""What charge points do, told inside the process at once: for load management, which cannot wait for the outbox."""

from ohmstead.kit.signals import Signal

presence_changed = Signal()
"""(charge_point_id): it came, or it went."""

station_booted = Signal()
"""(charge_point_id): the station with this id says that it has started."""

outside_limit_changed = Signal()
"""(charge_point_id): somebody else limits the station with this id, or does so no longer."""

evse_status_changed = Signal()
"""(charge_point_id, evse_id): an EVSE of it is in another hardware state."""
