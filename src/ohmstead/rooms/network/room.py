"""The room of the network, what stands where: what it exports, and imports for what it adds to others."""

from ohmstead.rooms.network import (
    charge_point_templates,
    charge_points_v1,  # noqa: F401 - an older version of them
    downtime,
    erasure,  # noqa: F401 - of deleted users
    location_partners,  # noqa: F401 - what locations are a partner's
    models,
    parking_occupancy,
    private_data,  # noqa: F401 - what is exported of users
    required_plans,  # noqa: F401 - of subscriptions
    status,
    tariff_groups,
)
from ohmstead.rooms.network.charge_points import (
    charge_points,
    claims,
    ownership,
    shared_partners,
    shares,
    smart_charging,
)
from ohmstead.rooms.network.downtime import DowntimeWatch
from ohmstead.rooms.network.evses import connectors, every_evse, evses, move_actions
from ohmstead.rooms.network.locations import locations
from ohmstead.rooms.network.models import vendor_error_codes, vendors
from ohmstead.rooms.network.parking_spaces import parking_spaces
from ohmstead.rooms.network.zones import zones

OPERATIONS = (
    locations,
    zones,
    charge_points,
    charge_point_templates.templates,
    charge_point_templates.written_templates,
    charge_point_templates.template_evses,
    status.operations,
    vendors.vendors,
    vendors.cp_vendors,
    models.models,
    models.cp_models,
    vendor_error_codes.vendor_error_codes,
    shares.shares,
    shared_partners.shared_partners,
    shared_partners.sharing,
    ownership.ownership_actions,
    claims.claims,
    smart_charging.operations,
    evses,
    connectors,
    every_evse,
    move_actions,
    tariff_groups.actions,
    downtime.notices,
    downtime.charge_point_periods,
    downtime.evse_periods,
    downtime.uptime_operations,
    parking_spaces,
    parking_occupancy.occupancy_actions,
)
BACKGROUND = (DowntimeWatch,)
